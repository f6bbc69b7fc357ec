"""The `latentlink` command: the top floor, the only package that ties the service and the learning side together.

Training is imported when it is asked for: the service must start without torch, and without waiting for it.
"""

import sys

import typer

from app.cli.checkpoints import activate, inspect, install, prune
from app.cli.serve import serve
from app.cli.train import train
from models.errors import LatentlinkError


def main() -> None:
    """Run the command line; what a user can mend ends with one message and exit code 2, never with a traceback."""
    cli = typer.Typer(
        help="Link prediction behind HTTP: train a graph autoencoder, serve its edge probabilities.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for command in (train, serve, inspect, activate, prune, install):
        cli.command()(command)
    try:
        cli()
    except LatentlinkError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(2)
