"""`latentlink train` in several processes, as `torchrun` starts it: rank 0 is the command, and the others help it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import typer

from latentlink.app.cli.config_file import ConfiguredCommand
from latentlink.models.errors import DataError
from latentlink.models.training.launch import read_launch

if TYPE_CHECKING:
    from latentlink.models.training.distributed.leading import Leader


class LaunchedCommand(ConfiguredCommand):
    """A command that rank 0 alone reads and runs; the other ranks do as it tells them, until it ends."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> typer.Context:
        """Read the command line, and have the leader of the other ranks as the context's object, if there are any.

        Raises:
            typer.Exit: a rank that helped has done so.
            DataError: the processes don't find each other.
        """
        launch = read_launch(os.environ)
        if launch.size == 1:
            return cast(typer.Context, super().make_context(info_name, args, parent, **extra))
        if launch.rank:
            from latentlink.models.training.distributed.following import follow

            follow(launch)
            raise typer.Exit
        from latentlink.models.training.distributed.group import Group
        from latentlink.models.training.distributed.leading import Leader

        with _no_handler():
            leader = Leader(Group(launch))
        try:
            context = super().make_context(info_name, args, parent, obj=leader, **extra)
        except BaseException:
            leader.end()
            raise
        context.call_on_close(leader.end)
        return cast(typer.Context, context)


@contextmanager
def _no_handler() -> Iterator[None]:
    """Let a SIGTERM end the process at once: torch waits for other ranks where Python handles no signal."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def leader_of(context: typer.Context) -> "Leader | None":
    """Who leads the other ranks, None where there are none."""
    return cast("Leader | None", context.obj)


def require_one_process(command: str) -> None:
    """Refuse several processes.

    Raises:
        DataError: there are some.
    """
    if (size := read_launch(os.environ).size) > 1:
        raise DataError(
            f"WORLD_SIZE: expected 1 for `latentlink {command}`, which runs in one process, found {size}; start it without "
            "torchrun"
        )
