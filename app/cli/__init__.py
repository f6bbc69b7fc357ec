"""The `latentlink` command: the only package that imports both the service and the training side.

Training is imported inside its commands: the service must start without torch, and without waiting for its import.
"""

import faulthandler
import os
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress

from latentlink.extras import how_to_install

_INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line; an error that a user can fix ends in one message and exit code 2, not in a traceback.

    Ctrl-C ends in one line and exit code 130 at any moment, during the imports as well.
    """
    if sys.platform == "win32":
        sys.exit(
            "error: expected Linux or macOS, found Windows; use WSL or Docker; latentlink.Client works here as well"
        )
    # Process 1 of a container ignores a SIGTERM that it does not handle: handle it before the imports, which take a while.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # What a signal ends that can't be handled, such as SIGBUS where a mapped file was cut, says so and where.
    with suppress(OSError, RuntimeError, ValueError):  # no standard error
        faulthandler.enable()
    # Large tensors in huge pages: a training on a million nodes otherwise spends half of its time on page faults.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    # A warning of a library is a line for the user, without a path inside of Python.
    warnings.formatwarning = lambda message, *_: f"warning: {message}\n"
    try:
        _commands()()
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != _INTERRUPTED:  # which Typer makes of a KeyboardInterrupt
            raise
        print("interrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)


def _commands() -> Callable[[], None]:
    """The function that runs a command; without the extra `serve`, the message that names it ends the process."""
    try:
        from latentlink.app.cli.commands import run
    except ModuleNotFoundError as error:
        print(f"error: {how_to_install(error, 'latentlink[serve]')}", file=sys.stderr)
        sys.exit(2)
    return run
