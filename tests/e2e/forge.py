"""Imports once, then forks a child for every line on standard input and runs a job in it; the test kills the child.

Usage: forge.py publish|train|resume|steps STORE [EDGES]. Prints the child's pid, then its wait status. A line of `steps` is
the number of the step at which the child kills itself; one of `resume` is the store.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from latentlink.app.cli import main, training_job
from latentlink.models.checkpoint import publish, tensors
from latentlink.models.checkpoint.publish import versions
from latentlink.models.checkpoint.store import activate, prune
from latentlink.models.training.resume import FileSaver
from tests.models.checkpoint.helpers import facts, files, publish_small

PADDING = {f"padding-{i:02}.txt": "x" * 2**20 for i in range(60)}  # widens the window in which a kill hits


def run_publish(store: Path) -> None:
    """Publish a checkpoint with many large files."""
    publish(store, "small", facts(), {**files(), **PADDING})


def run_train(store: Path, edges: str, *options: str) -> None:
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
        *options,
    ]
    main()


def run_resume(store: Path, edges: str) -> None:
    """Run a longer training that keeps its state as often as it may, and goes on from what is kept."""
    setattr(training_job, "FileSaver", partial(FileSaver, interval=0))  # noqa: B010 - not a name to assign to, for mypy
    run_train(store, edges, "--epochs", "80", "--resume")


def run_steps(store: Path, last: int) -> None:
    """Publish, activate and prune, killed at the step `last`: before a call that renames, syncs or makes, or amid a write."""
    steps = count(1)
    for module, name in ((os, "fsync"), (os, "rename"), (os, "replace"), (os, "mkdir"), (os, "rmdir"), (os, "unlink")):
        setattr(module, name, _fatal(getattr(module, name), steps, last))
    Path.write_text = _torn(Path.write_text, steps, last)  # type: ignore[method-assign]
    Path.write_bytes = _torn(Path.write_bytes, steps, last)  # type: ignore[method-assign]
    tensors.save_file = _fatal(tensors.save_file, steps, last)  # type: ignore[attr-defined]
    publish_small(store)
    activate(store, "small", versions(store / "small")[0])
    prune(store, "small", 1)


def _fatal(call: Callable[..., Any], steps: Iterator[int], last: int) -> Callable[..., Any]:
    def fatal(*args: Any, **kwargs: Any) -> Any:
        if next(steps) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)

    return fatal


def _torn(write: Callable[..., int], steps: Iterator[int], last: int) -> Callable[..., int]:
    def torn(path: Path, content: Any, **kwargs: Any) -> int:
        if next(steps) == last:
            write(path, content[: len(content) // 2], **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
        return write(path, content, **kwargs)

    return torn


def serve(job: Callable[[str], None]) -> None:
    """One child a line, which is given to the job."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                job(line)
            finally:
                os._exit(0)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    kind, store, *rest = sys.argv[1:]
    if kind in ("train", "resume"):
        # Imports happen along the way, for seconds; one run before the fork lets a child start at once.
        with suppress(SystemExit), redirect_stdout(sys.stderr):
            run_train(Path(f"{store}-warm"), *rest)
    if kind == "train":
        serve(lambda _: run_train(Path(store), *rest))
    if kind == "resume":
        serve(lambda line: run_resume(Path(line.strip()), *rest))
    if kind == "steps":
        serve(lambda line: run_steps(Path(store), int(line)))
    serve(lambda _: run_publish(Path(store)))
