"""Starts the process that runs jobs, wherever there are some and no process runs them."""

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from latentlink.app.services.jobs.table import JobTable
from latentlink.models.checkpoint.disk.locking import exclusive

RUNNER = "latentlink.app.cli.predicting.runner"
LOCK = ".runner"


class Supervisor:
    """Of one worker; of several, the lock decides whose runner runs.

    Args:
        table: of jobs.
        checkpoints: directory of checkpoints.
    """

    def __init__(self, table: JobTable, checkpoints: Path) -> None:
        self._table, self._checkpoints = table, checkpoints
        self._runner: subprocess.Popen[bytes] | None = None
        self._looking, self._stopped = threading.Lock(), False

    def look(self) -> None:
        """Start a runner if there are jobs and none runs; blocks on the disk."""
        with self._looking:
            if self._stopped or (self._runner is not None and self._runner.poll() is None):
                return
            self._table.clear()
            if self._table.unfinished() and self._free():
                where = map(str, (self._table.directory, self._checkpoints, self._table.keep_seconds))
                self._runner = subprocess.Popen([sys.executable, "-m", RUNNER, *where])

    def stop(self) -> None:
        """End the runner, whose job the next one goes on with; no look starts another one."""
        with self._looking:
            self._stopped = True
            if self._runner is not None:
                self._runner.terminate()
                self._runner.wait()

    def _free(self) -> bool:
        with suppress(OSError), exclusive(self._table.directory / LOCK, wait=False):
            return True
        return False
