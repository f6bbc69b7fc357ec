"""The commands, and what becomes of their errors."""

import sys

import typer

from app.cli.checkpoints import activate, inspect, install, prune
from app.cli.features import reconstruct, sample
from app.cli.serve import serve
from app.cli.train import train
from models.errors import LatentlinkError


def run() -> None:
    """Run the command that the command line names."""
    cli = typer.Typer(
        help="Link prediction behind HTTP: train a graph autoencoder, serve its edge probabilities.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for command in (train, serve, inspect, activate, prune, install, reconstruct, sample):
        cli.command()(command)
    try:
        cli()
    except LatentlinkError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(2)
