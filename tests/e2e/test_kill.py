"""A SIGKILL at any moment leaves either no new version or a whole one, and `CURRENT` always names a whole one."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.publish import versions
from latentlink.models.checkpoint.store import current_version
from tests.models.checkpoint.helpers import publish_small

KILLS = 50


class Forge:
    """A process that forks a child for every job."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def start(self, line: object = "go") -> int:
        """Start a job; the pid of its process."""
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)
        return int(self._line())

    def wait(self) -> int:
        """The wait status of the job."""
        return int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@contextmanager
def _forge(*arguments: str) -> Iterator[Forge]:
    command = [sys.executable, "-m", "tests.e2e.forge", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Forge(process)
        assert process.stdin is not None
        process.stdin.close()


def _assert_whole(home: Path) -> None:
    """Every version opens, and `CURRENT`, once it is there, names one of them."""
    present = versions(home) if home.exists() else []
    for version in present:
        open_checkpoint(home / version)
    if (home / "CURRENT").exists():
        assert current_version(home) in present


def test_a_kill_while_publishing_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Fifty kills, 0–100 ms after the first file appears."""
    rng, home, killed = random.Random(0), tmp_path / "small", 0
    with _forge("publish", str(tmp_path)) as forge:
        for _ in range(KILLS):
            left = _hidden(home)
            child = forge.start()
            _wait_for_first_file(home, left)
            time.sleep(rng.uniform(0, 0.1))
            _kill(child)
            killed += forge.wait() == signal.SIGKILL
            _assert_whole(home)
            for version in versions(home):  # verified once is enough
                _thin_out(home / version)
    assert killed > KILLS / 4  # else the window was missed and the test proves nothing


def test_a_kill_at_any_moment_of_training_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Fifty kills at random moments between the start and the end of `latentlink train`."""
    rng, home, killed = random.Random(1), tmp_path / "store" / "small", 0
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\n" + "".join(f"n{i},n{(i * 7 + 3) % 50}\n" for i in range(50)))
    with _forge("train", str(tmp_path / "store"), str(edges)) as forge:
        forge.start()
        started = time.monotonic()
        forge.wait()
        assert current_version(home)
        duration = time.monotonic() - started
        for _ in range(KILLS):
            child = forge.start()
            time.sleep(rng.uniform(0, duration))
            _kill(child)
            killed += forge.wait() == signal.SIGKILL
            _assert_whole(home)
    assert killed > KILLS / 4


def test_a_training_that_is_killed_and_resumed_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """Every file of the checkpoint, and the manifest but for the version and its time, after several kills."""
    rng, kills = random.Random(2), 0
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\n" + "".join(f"n{i},n{(i * 7 + 3) % 50}\n" for i in range(50)))
    with _forge("resume", str(tmp_path / "store"), str(edges)) as forge:
        forge.start(tmp_path / "whole")
        assert forge.wait() == 0
        home = tmp_path / "killed" / "small"
        while not (home / "CURRENT").exists():
            before = _state_time(home)
            child = forge.start(tmp_path / "killed")
            _wait_until(lambda: _state_time(home) != before or (home / "CURRENT").exists())  # noqa: B023
            time.sleep(rng.uniform(0, 0.1) if kills > 2 else 0)
            _kill(child)
            kills += forge.wait() == signal.SIGKILL
    assert kills > 2  # else the test proves nothing
    assert _facts(home) == _facts(tmp_path / "whole" / "small")
    assert not (home / ".resume").exists()


def _state_time(home: Path) -> int:
    try:
        return (home / ".resume/state.safetensors").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "nothing was kept within 60 s"
        time.sleep(0.001)


def _facts(home: Path) -> dict[str, object]:
    """What a version says, without its name and time; the card names its version nowhere."""
    manifest = json.loads((home / current_version(home) / "manifest.json").read_text())
    return {key: value for key, value in manifest.items() if key not in ("version", "created_at")}


def test_a_kill_at_every_step_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Before each rename, sync and removal and amid each write of publishing, activating and pruning; the next one works."""
    store, before = tmp_path / "store", tmp_path / "before"
    old, *_ = [publish_small(before) for _ in range(3)]
    with _forge("steps", str(store)) as forge:
        for step in count(1):
            shutil.copytree(before, store)
            forge.start(step)
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


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(child, signal.SIGKILL)


def _hidden(home: Path) -> set[str]:
    """Names of the directories that are being written, or were when their writer died."""
    return {path.name for path in home.iterdir() if path.name.startswith(".2")} if home.exists() else set()


def _wait_for_first_file(home: Path, left: set[str]) -> None:
    """Until a directory that is not one of those left by dead writers holds a file, or has been published."""
    before = set(versions(home)) if home.exists() else set()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if home.exists() and set(versions(home)) - before:
            return
        for name in _hidden(home) - left:
            with suppress(FileNotFoundError):  # published this very moment
                if any((home / name).iterdir()):
                    return
        time.sleep(0.0005)
    raise AssertionError("no file appeared within 30 s")


def _thin_out(version: Path) -> None:
    """Drop a verified version, so that the disk does not fill."""
    if current_version(version.parent) != version.name:
        for file in version.iterdir():
            file.unlink()
        version.rmdir()
