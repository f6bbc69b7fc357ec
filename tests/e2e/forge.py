"""Imports once, then forks a child for every line on standard input and runs a job in it; the test kills the child.

Usage: forge.py publish|train STORE [EDGES]. Prints the child's pid, then its wait status.
"""

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path

from app.cli import main
from models.checkpoint import publish
from tests.models.checkpoint.helpers import facts, files

PADDING = {f"padding-{i:02}.txt": "x" * 2**20 for i in range(60)}  # widens the window in which a kill hits


def run_publish(store: Path) -> None:
    """Publish a checkpoint with many large files."""
    publish(store, "small", facts(), {**files(), **PADDING})


def run_train(store: Path, edges: str) -> None:
    """Run `latentlink train` to its end."""
    sys.argv = [
        "latentlink",
        "train",
        "--edges",
        edges,
        "--name",
        "small",
        "--checkpoints",
        str(store),
        "--epochs",
        "20",
    ]
    main()


def serve(job: Callable[[], None]) -> None:
    """One child a line."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                job()
            finally:
                os._exit(0)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    kind, store, *rest = sys.argv[1:]
    if kind == "train":
        # Imports happen along the way, for seconds; one run before the fork lets a child start at once.
        with suppress(SystemExit), redirect_stdout(sys.stderr):
            run_train(Path(f"{store}-warm"), *rest)
        serve(lambda: run_train(Path(store), *rest))
    serve(lambda: run_publish(Path(store)))
