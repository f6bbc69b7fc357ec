"""Imports once, then forks a child for every line on standard input and runs a job in it; the test kills the child.

Usage: forge.py STORE EDGES, for the training that imports. A line is the name of a job and its arguments, as a JSON list. Prints
the child's pid, then its wait status.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from latentlink.app.cli import main
from latentlink.app.cli.predicting import predict as predicting
from latentlink.app.cli.predicting import runner
from latentlink.app.cli.training import run as training_job
from latentlink.app.services.link_lists.saving import State
from latentlink.models.checkpoint import tensors
from latentlink.models.checkpoint.moving import prune, rename
from latentlink.models.checkpoint.publish import versions
from latentlink.models.checkpoint.store import activate
from latentlink.models.training.resume import FileSaver
from tests.models.checkpoint.helpers import publish_small


def run_train(store: str, edges: str, *options: str) -> None:
    """Run `latentlink train` to its end."""
    given = ("--edges", edges, "--name", "small", "--checkpoints", store, "--epochs", "20", "--dim", "8", *options)
    sys.argv = ["latentlink", "train", *given]
    main()


def run_resume(store: str, edges: str) -> None:
    """Run a training that keeps its state as often as it may, and goes on from what is kept."""
    setattr(training_job, "FileSaver", partial(FileSaver, interval=0))  # noqa: B010 - not a name to assign to, for mypy
    run_train(store, edges, "--resume", "--epochs", "80")  # long enough to be killed several times


def run_predict(store: str, out: str, limit: int) -> None:
    """Run a prediction that keeps its state after each step, and goes on from what is kept."""
    setattr(predicting, "State", partial(State, every=0))  # noqa: B010 - not a name to assign to, for mypy
    options = ("--top", str(limit), "--out", out, "--include", "degrees", "--resume", "--checkpoints", store)
    sys.argv = ["latentlink", "predict", "small", *options]
    main()


def run_jobs(checkpoints: str, jobs: str) -> None:
    """Run the jobs of a directory, with a state after each step."""
    setattr(runner, "State", partial(State, every=0))  # noqa: B010 - not a name to assign to, for mypy
    setattr(runner, "NOTED", 0)  # noqa: B010
    runner.main(jobs, checkpoints, "86400")


def run_steps(store: str, last: int) -> None:
    """Publish, activate and prune, killed at the step `last`."""
    home = Path(store)
    _die_at(last)
    publish_small(home)
    activate(home, "small", versions(home / "small")[0])
    prune(home, "small", 1)


def run_rename(store: str, last: int) -> None:
    """Rename a model, killed at the step `last`."""
    _die_at(last)
    rename(Path(store), "small", "large")


def _die_at(last: int) -> None:
    """Be killed at the step `last`: before a call that renames, syncs, links, makes or removes, or amid a write."""
    steps = count(1)
    for name in ("fsync", "rename", "replace", "link", "mkdir", "rmdir", "unlink"):
        setattr(os, name, _fatal(getattr(os, name), steps, last))
    Path.write_text = _torn(Path.write_text, steps, last)  # type: ignore[method-assign]
    Path.write_bytes = _torn(Path.write_bytes, steps, last)  # type: ignore[method-assign]
    tensors.save_file = _torn(tensors.save_file, steps, last, path_at=1)  # type: ignore[attr-defined]


def _fatal(call: Callable[..., Any], steps: Iterator[int], last: int) -> Callable[..., Any]:
    def fatal(*args: Any, **kwargs: Any) -> Any:
        if next(steps) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)

    return fatal


def _torn(write: Callable[..., Any], steps: Iterator[int], last: int, path_at: int = 0) -> Callable[..., Any]:
    def torn(*args: Any, **kwargs: Any) -> Any:
        written, path = write(*args, **kwargs), args[path_at]
        if next(steps) == last:
            os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        return written

    return torn


JOBS: dict[str, Callable[..., None]] = {
    "train": run_train,
    "resume": run_resume,
    "predict": run_predict,
    "jobs": run_jobs,
    "steps": run_steps,
    "rename": run_rename,
}

if __name__ == "__main__":
    # Imports happen along the way, for seconds; one run before the fork lets a child start at once.
    with suppress(SystemExit), redirect_stdout(sys.stderr):
        run_train(*sys.argv[1:])
    for line in sys.stdin:
        job, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                JOBS[job](*arguments)
            finally:
                os._exit(0)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)
