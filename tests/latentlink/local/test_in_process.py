"""The service in this process: its thread, its end, notebooks and forks."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from latentlink import Model, load
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.comparison.compare import compare
from tests.support import Small, eventually

ALONE = """
import sys
for package in ("torch", "torch_geometric", "scipy", "sklearn", "duckdb", "arro3", "networkx", "pandas"):
    sys.modules[package] = None  # importing it fails from here on
import latentlink
model = latentlink.load("small", sys.argv[1])
assert model.predict_proba([("a", "b")]).shape == (1,)
model.activate(model.info()["version"])  # in another thread, which must not keep the process from ending either
print(model.split_.test.shape if model._checkpoint.read_split() else "no split")
"""


def _threads() -> int:
    return sum(thread.name == "latentlink" for thread in threading.enumerate())


def test_a_model_works_without_the_learning_stack_and_the_process_ends(checkpoints: Path) -> None:
    """No torch, scipy or pandas; nobody closes the model, and the interpreter does not wait for it."""
    command = [sys.executable, "-W", "error", "-c", ALONE, str(checkpoints)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "no split\n", "")


def test_threads_ask_at_once(model: Model) -> None:
    """Each gets its own answer."""
    pairs = [("a", f"n{row}") for row in range(33, 60)]
    with ThreadPoolExecutor(8) as threads:
        together = [*threads.map(lambda pair: model.score(*pair).logit, pairs)]
    assert together == model.scores(pairs).logit.tolist()


def test_a_running_loop_is_no_obstacle(model: Model) -> None:
    """A notebook has one in the thread of its cells."""

    async def ask() -> float:
        return model.score("a", "b").probability

    assert asyncio.run(ask()) == model.score("a", "b").probability


def test_a_child_of_a_fork_answers(model: Model) -> None:
    """From a service of its own: threads are not forked."""
    expected = model.score("a", "b").probability
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from 3.12 on Python warns of threads before a fork
        child = os.fork()
    if child == 0:
        try:
            os._exit(0 if model.score("a", "b").probability == expected else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert model.score("a", "b").probability == expected


def test_a_closed_model_has_no_thread_and_no_answers(checkpoints: Path) -> None:
    """The thread has ended when `close` returns."""
    before = _threads()
    model = load("small", checkpoints)
    assert _threads() == before + 1
    model.close()
    assert _threads() == before
    with pytest.raises(RuntimeError, match="closed"):
        model.info()


def test_a_model_that_nobody_holds_is_closed(checkpoints: Path) -> None:
    """As a notebook forgets one when a cell runs again."""
    before = _threads()
    model = load("small", checkpoints)
    del model
    gc.collect()
    eventually(lambda: _threads() == before)


def test_the_settings_of_the_process_stay(checkpoints: Path) -> None:
    """A service sets the interpreter's switch interval and the threads of BLAS; a model in somebody's program does not."""
    before = sys.getswitchinterval()
    with load("small", checkpoints):
        assert sys.getswitchinterval() == before


def test_keys_of_the_environment_are_not_asked_for(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of a service."""
    monkeypatch.setenv("LATENTLINK_API_KEYS", "secret")
    monkeypatch.setenv("LATENTLINK_MAX_K", "10")
    with load("small", checkpoints) as model:
        assert len(model.neighbors("a", k=11)) == 11


def test_versions_are_compared_in_process(small: Small, tmp_path: Path) -> None:
    """By the same function as the command, read as the client reads an answer."""
    old, new = small.publish(tmp_path), small.renewed().publish(tmp_path)
    with load("small", tmp_path) as model:
        found = model.compare(old)
    assert found == compare(*(open_checkpoint(tmp_path / "small" / version) for version in (new, old))).document()
