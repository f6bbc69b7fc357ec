"""The command line in this process: its exit code, and what it prints."""

import contextlib
import io
import os
import signal
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest
import typer

from latentlink.app.cli import commands, main


class Outcome(NamedTuple):
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str


_once = cache(
    commands.command_line
)  # its commands are made of 400 annotations, which takes longer than most of them run
_made = cache(typer.main.get_command)


def run_command(*arguments: object, folder: Path, one_stream: bool = False) -> Outcome:
    """Run `latentlink` in a folder, without the seconds that a new process takes to import torch.

    Args:
        arguments: of the command line; each is turned into text.
        folder: where relative paths begin.
        one_stream: whether errors go to standard output, in order, as `2>&1` does.
    """
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    err = out if one_stream else io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with (
            patch.dict(os.environ),  # `serve` writes to it for its workers
            patch.object(sys, "argv", ["latentlink", *map(str, arguments)]),
            patch.object(commands, "command_line", _once),
            patch.object(typer.main, "get_command", _made),
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    return Outcome(int(ended.value.code or 0), _text(out), "" if one_stream else _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
