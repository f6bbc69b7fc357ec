"""All commands, and their exit on an error: one message, exit code 2."""

import errno
import os
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from latentlink.app.cli.check import check
from latentlink.app.cli.config_file import Command, ConfiguredCommand
from latentlink.app.cli.console import say
from latentlink.app.cli.evaluate import evaluate
from latentlink.app.cli.export import export
from latentlink.app.cli.features import reconstruct, sample
from latentlink.app.cli.keys import list_keys, new_key
from latentlink.app.cli.predicting.predict import predict
from latentlink.app.cli.publish import publish
from latentlink.app.cli.serve import serve
from latentlink.app.cli.stores.checkpoints import activate, inspect, install, list_models, prune, rename
from latentlink.app.cli.stores.compare import compare
from latentlink.app.cli.stores.remote import pull, push
from latentlink.app.cli.training.options import old_option
from latentlink.app.cli.training.processes import LaunchedCommand
from latentlink.app.cli.training.train import train
from latentlink.app.cli.training.tune import tune
from latentlink.extras import how_to_install
from latentlink.models.errors import LatentlinkError


def _show_version(requested: bool) -> None:
    if requested:
        typer.echo(version("latentlink"))
        raise typer.Exit


def command_line() -> typer.Typer:
    """All commands with their options; the reference documentation is generated from them."""
    cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
    cli.callback()(_latentlink)
    renamed = {"token_normalize_func": old_option}
    cli.command(cls=LaunchedCommand, context_settings=renamed)(train)
    cli.command(cls=ConfiguredCommand, context_settings=renamed)(tune)
    cli.command(cls=Command)(check)
    cli.command()(publish)
    cli.command()(evaluate)
    cli.command()(predict)
    cli.command()(serve)
    cli.command("new-key")(new_key)
    cli.command("list-keys")(list_keys)
    cli.command("list")(list_models)
    for command in (inspect, compare, activate, rename, prune, install, push, pull, export, reconstruct, sample):
        cli.command()(command)
    return cli


def run() -> None:
    """Run the command that the command line names."""
    try:
        command_line()()
    except LatentlinkError as error:
        _end(str(error))
    except ModuleNotFoundError as error:  # what the commands import late is of training
        _end(how_to_install(error, "latentlink[train]"))
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:  # errors of files name the file
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python tries to write the rest at exit
        _end("standard output: expected room to write to, found a full disk")


def _latentlink(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Link prediction behind HTTP: train a graph autoencoder, serve its edge probabilities."""


def _end(message: str) -> NoReturn:
    say(f"error: {message}", fg="red", err=True)
    sys.exit(2)
