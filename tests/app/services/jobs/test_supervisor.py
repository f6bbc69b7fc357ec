"""The process that runs jobs."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from latentlink.app.services.jobs.supervisor import LOCK, Supervisor
from latentlink.app.services.jobs.table import JobTable
from latentlink.models.checkpoint.disk.locking import exclusive


class Process:
    """A runner that has not ended."""

    started = 0

    def __init__(self, command: list[str]) -> None:
        Process.started += 1
        self.command, self.ended = command, False

    def poll(self) -> int | None:
        """Its exit code."""
        return 0 if self.ended else None

    def terminate(self) -> None:
        """End it."""
        self.ended = True

    def wait(self) -> None:
        """Nothing to wait for."""


def test_one_runner_runs_where_there_are_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None without jobs, none while another process holds the lock, one at a time, and none after the end."""
    monkeypatch.setattr(subprocess, "Popen", Process)
    table = JobTable(tmp_path, 100)
    supervisor, started = Supervisor(table, Path("checkpoints")), list[int]()

    def look() -> None:
        supervisor.look()
        started.append(Process.started)

    look()
    table.submit("key", "small", "v", "a")
    with exclusive(tmp_path / LOCK):
        look()
    look()
    look()
    runner: Any = supervisor._runner
    assert runner.command[-3:] == [str(tmp_path), "checkpoints", "100"]
    runner.ended = True  # without the job, which is asked for again
    look()
    supervisor.stop()
    assert supervisor._runner is not None
    assert supervisor._runner.poll() == 0
    look()
    assert started == [0, 0, 1, 1, 2, 2]
