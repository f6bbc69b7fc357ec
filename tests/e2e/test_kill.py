"""A SIGKILL at any moment leaves either no new version or a whole one, and `CURRENT` always names a whole one."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from latentlink.app.services.jobs.table import JobTable
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.moving import prune
from latentlink.models.checkpoint.publish import versions
from latentlink.models.checkpoint.store import current_version, model_names
from tests.models.checkpoint.helpers import publish_small
from tests.support import Small, eventually

pytestmark = pytest.mark.slow

KILLS = 20


class Forge:
    """A process that forks a child for every job."""

    def __init__(self, process: "subprocess.Popen[str]", edges: Path) -> None:
        self.process, self.edges = process, str(edges)

    def start(self, job: str, store: Path, *arguments: object) -> int:
        """Start a job on a store; the pid of its process."""
        assert self.process.stdin is not None
        print(json.dumps([job, str(store), *arguments]), file=self.process.stdin, flush=True)
        return int(self._line())

    def wait(self) -> int:
        """The wait status of the job."""
        return int(self._line())

    def kill(self, child: int) -> bool:
        """Kill the job's process; whether it had not ended by itself."""
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self.wait() == signal.SIGKILL

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """One for all tests of this file, with a list of edges to train on."""
    folder = tmp_path_factory.mktemp("forge")
    edges = folder / "edges.csv"
    edges.write_text("source,target\n" + "".join(f"n{i},n{(i * 7 + 3) % 50}\n" for i in range(50)))
    command = [sys.executable, "-m", "tests.e2e.forge", str(folder / "store"), str(edges)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Forge(process, edges)
        assert process.stdin is not None
        process.stdin.close()


def _assert_whole(home: Path) -> None:
    """Every version opens, and `CURRENT`, once it is there, names one of them."""
    present = versions(home) if home.exists() else []
    for version in present:
        open_checkpoint(home / version)
    if (home / "CURRENT").exists():
        assert current_version(home) in present


def test_a_kill_at_any_moment_of_training_leaves_nothing_half_written(forge: Forge, tmp_path: Path) -> None:
    """Twenty kills at random moments between the start and the end of `latentlink train`."""
    rng, home, killed = random.Random(1), tmp_path / "small", 0
    forge.start("train", tmp_path, forge.edges)
    started = time.monotonic()
    forge.wait()
    duration = time.monotonic() - started
    assert current_version(home)
    for _ in range(KILLS):
        child = forge.start("train", tmp_path, forge.edges)
        time.sleep(rng.uniform(0, duration))
        killed += forge.kill(child)
        _assert_whole(home)
    assert killed > KILLS / 4  # else the test proves nothing


def test_a_training_that_is_killed_and_resumed_ends_with_the_same_bytes(forge: Forge, tmp_path: Path) -> None:
    """Every file of the checkpoint, and the manifest but for the version and its time, after several kills."""
    rng, kills, killed, home = random.Random(2), 0, False, tmp_path / "killed/small"
    forge.start("resume", tmp_path / "whole", forge.edges)
    assert forge.wait() == 0
    while not (home / "CURRENT").exists():
        before = _state_time(home)
        child = forge.start("resume", tmp_path / "killed", forge.edges)
        eventually(lambda: _state_time(home) != before or (home / "CURRENT").exists(), 60)  # noqa: B023
        time.sleep(rng.uniform(0, 0.1) if kills > 2 else 0)
        kills += (killed := forge.kill(child))
    assert kills > 2  # else the test proves nothing
    assert _facts(home) == _facts(tmp_path / "whole/small")
    assert killed or not (home / ".resume").exists()  # the last kill may come between CURRENT and the removal


def test_a_prediction_that_is_killed_and_resumed_ends_with_the_same_bytes(forge: Forge, tmp_path: Path) -> None:
    """Twenty kills at random moments: the file is absent or whole, and in the end that of an uninterrupted search."""
    rng, killed, out = random.Random(3), 0, tmp_path / "links.csv"
    Small.random(5_000, 8).publish(tmp_path / "store")
    started = time.monotonic()
    forge.start("predict", tmp_path / "store", str(tmp_path / "whole.csv"), 4_000)
    assert forge.wait() == 0
    duration, whole = time.monotonic() - started, (tmp_path / "whole.csv").read_bytes()
    for kills in range(100):
        child = forge.start("predict", tmp_path / "store", str(out), 4_000)
        time.sleep(rng.uniform(0, duration / 2))
        killed += forge.kill(child)
        assert not out.exists() or out.read_bytes() == whole
        if killed >= KILLS and out.exists():
            break
        if kills % 5 == 4:  # from the beginning
            (tmp_path / ".links.csv.resume").unlink(missing_ok=True)
            out.unlink(missing_ok=True)
    forge.start("predict", tmp_path / "store", str(out), 4_000)
    assert forge.wait() == 0
    assert (killed >= KILLS, out.read_bytes() == whole) == (True, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["links.csv", "store", "whole.csv"]


def test_a_job_that_is_killed_ends_with_the_same_bytes(forge: Forge, tmp_path: Path) -> None:
    """Twenty kills of its runner at random moments; the next one goes on."""
    rng, killed = random.Random(4), 0
    version = Small.random(5_000, 8).publish(tmp_path / "store")
    tables = [JobTable(tmp_path / name, 86_400) for name in ("whole", "killed")]
    whole, job = (table.submit("", "small", version, '{"limit":4000}') for table in tables)
    started = time.monotonic()
    forge.start("jobs", tmp_path / "store", str(tables[0].directory))
    assert forge.wait() == 0
    duration = time.monotonic() - started
    expected = {path.name: path.read_bytes() for path in tables[0].folder(whole.id).iterdir()}
    while killed < KILLS:
        child = forge.start("jobs", tmp_path / "store", str(tables[1].directory))
        time.sleep(rng.uniform(0, duration / 2))
        killed += forge.kill(child)
        tables[1].advance(job.id, 0, 0, None)  # kills before any note would end it
        if tables[1].get(job.id, "").state == "succeeded":  # from the beginning
            tables[1].delete(job.id, "")
            tables[1].submit("", "small", version, '{"limit":4000}')
    forge.start("jobs", tmp_path / "store", str(tables[1].directory))
    assert forge.wait() == 0
    assert tables[1].get(job.id, "").state == "succeeded"
    assert {path.name: path.read_bytes() for path in tables[1].folder(job.id).iterdir()} == expected
    assert sorted(expected) == ["links.arrow", "links.csv", "links.ndjson", "links.parquet"]


def _state_time(home: Path) -> int:
    try:
        return (home / ".resume/state.safetensors").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _facts(home: Path) -> dict[str, object]:
    """What a version says, without its name and time; the card names its version nowhere."""
    manifest = json.loads((home / current_version(home) / "manifest.json").read_text())
    return {key: value for key, value in manifest.items() if key not in ("version", "created_at")}


def test_a_kill_at_every_step_leaves_nothing_half_written(forge: Forge, tmp_path: Path) -> None:
    """Before each rename, sync and removal and amid each write of publishing, activating and pruning; the next one works."""
    store, before = tmp_path / "store", tmp_path / "before"
    old, *_ = [publish_small(before) for _ in range(3)]
    for step in count(1):
        shutil.copytree(before, store)
        forge.start("steps", store, step)
        if forge.wait() != signal.SIGKILL:
            break
        assert current_version(store / "small")
        _assert_whole(store / "small")
        publish_small(store)
        _assert_whole(store / "small")
        shutil.rmtree(store)
    assert step > 40  # 7 files are written and synced, 2 versions of 7 files removed, and 5 renames made
    assert versions(store / "small")[0] == current_version(store / "small") == old.name
    assert len(versions(store / "small")) == 2


def test_a_kill_at_every_step_of_a_renaming_leaves_whole_models(forge: Forge, tmp_path: Path) -> None:
    """The old name, both or the new one, and after the next command on each nothing beside it; the rest is renamed as usual."""
    store, before, found = tmp_path / "store", tmp_path / "before", set()
    for _ in range(2):
        publish_small(before)
    for step in count(1):
        shutil.copytree(before, store)
        forge.start("rename", store, step)
        if forge.wait() != signal.SIGKILL:
            break
        found.add(tuple(model_names(store)))
        for name in model_names(store):
            _assert_whole(store / name)
            prune(store, name, keep=2)
        assert [str(path.relative_to(store)) for path in store.rglob(".*") if path.name != ".lock"] == []
        assert {home.name for home in store.iterdir()} == set(model_names(store))
        shutil.rmtree(store)
    assert found == {("small",), ("large", "small"), ("large",)}
    assert model_names(store) == ["large"]
