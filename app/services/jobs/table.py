"""The table of jobs: an SQLite file in the directory of jobs, beside a folder for each job that has files."""

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from latentlink.app.errors import OverloadedError, UnknownJobError

State = Literal["queued", "running", "succeeded", "failed"]
WAITING = 16
"""Jobs that may wait."""
_TRIES = 3  # of runners that die without a note on how far they are

_COLUMNS = "id, owner, model, version, question, state, share, found, seconds_left, error, created, ended"
_TABLE = """CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, question TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued', share REAL NOT NULL DEFAULT 0, found INTEGER NOT NULL DEFAULT 0,
    seconds_left REAL, error TEXT, created REAL NOT NULL, ended REAL, tries INTEGER NOT NULL DEFAULT 0)"""


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        id: its name, which follows from owner, model, version and question.
        owner: the name of the key that asked; empty where no keys are configured.
        model: name of the model.
        version: of the model, which it stays with.
        question: the body of the request, as JSON.
        state: how far it is.
        share: of the work, in [0, 1].
        found: links.
        seconds_left: until its end, while it runs and as far as is known.
        error: why it failed.
        created: seconds since 1970.
        ended: likewise, or None.
    """

    id: str
    owner: str
    model: str
    version: str
    question: str
    state: State
    share: float
    found: int
    seconds_left: float | None
    error: str | None
    created: float
    ended: float | None


class JobTable:
    """Jobs in a directory; every call opens the file, and blocks while another process writes to it.

    Args:
        directory: made if absent.
        keep_seconds: how long a job that has ended is kept.
        clock: returns seconds since 1970.
    """

    def __init__(self, directory: Path, keep_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self.directory, self.keep_seconds, self._clock = directory, keep_seconds, clock

    def submit(self, owner: str, model: str, version: str, question: str) -> Job:
        """The job of a question: the one that is there already, unless it failed, or a new one.

        Raises:
            OverloadedError: as many as may are waiting.
        """
        name = hashlib.sha256("\0".join((owner, model, version, question)).encode()).hexdigest()[:32]
        with self._opened() as table:
            table.execute("BEGIN IMMEDIATE")
            self._expire(table)
            if table.execute("SELECT 1 FROM jobs WHERE id = ? AND state != 'failed'", (name,)).fetchone() is None:
                [waiting] = table.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()
                if waiting >= WAITING:
                    raise OverloadedError(f"jobs: expected fewer than {WAITING} that wait, found as many; try again")
                table.execute(
                    "INSERT OR REPLACE INTO jobs (id, owner, model, version, question, created) VALUES (?, ?, ?, ?, ?, ?)",
                    (name, owner, model, version, question, self._clock()),
                )
            [job] = _jobs(table, "WHERE id = ?", name)
            return job

    def get(self, name: str, owner: str) -> Job:
        """A job of an owner.

        Raises:
            UnknownJobError: there is none, or it is another owner's.
        """
        found = [job for job in self.all(owner) if job.id == name]
        if not found:
            raise UnknownJobError(
                f"job: expected the id of a job of this key, found {name[:80]!r}; GET /v1/jobs lists them"
            )
        return found[0]

    def all(self, owner: str) -> list[Job]:
        """The jobs of an owner, the newest first."""
        with self._opened() as table:
            jobs = _jobs(table, "WHERE owner = ? ORDER BY created DESC, id", owner)
        return [job for job in jobs if job.ended is None or job.ended + self.keep_seconds > self._clock()]

    def delete(self, name: str, owner: str) -> None:
        """Forget a job, which ends if it runs, and its files; raises as `get`."""
        self.get(name, owner)
        with self._opened() as table:
            table.execute("DELETE FROM jobs WHERE id = ?", (name,))
        self.clear()

    def unfinished(self) -> bool:
        """Whether a job waits, or is running, or was when its runner died."""
        with self._opened() as table:
            return bool(_jobs(table, "WHERE ended IS NULL LIMIT 1"))

    def claim(self) -> Job | None:
        """The next job, for the only runner: the one that a dead runner has left, or the one that waits longest."""
        with self._opened() as table:
            table.execute(
                "UPDATE jobs SET state = 'failed', ended = ?, error = ? WHERE ended IS NULL AND tries >= ?",
                (
                    self._clock(),
                    f"its process ended {_TRIES} times; ask for fewer links, or give it more memory",
                    _TRIES,
                ),
            )
            jobs = _jobs(table, "WHERE ended IS NULL ORDER BY state = 'queued', created LIMIT 1")
            for job in jobs:
                table.execute("UPDATE jobs SET state = 'running', tries = tries + 1 WHERE id = ?", (job.id,))
        return jobs[0] if jobs else None

    def advance(self, name: str, share: float, found: int, seconds_left: float | None) -> bool:
        """Note how far a job is; whether it is still there."""
        with self._opened() as table:
            query = "UPDATE jobs SET share = ?, found = ?, seconds_left = ?, tries = 0 WHERE id = ?"
            return table.execute(query, (share, found, seconds_left, name)).rowcount == 1

    def finish(self, name: str, found: int, error: str | None = None) -> None:
        """End a job: it has succeeded, unless there is an error."""
        state, share = ("succeeded", 1.0) if error is None else ("failed", None)
        with self._opened() as table:
            table.execute(
                "UPDATE jobs SET state = ?, share = coalesce(?, share), found = ?, seconds_left = NULL, error = ?, ended = ? "
                "WHERE id = ?",
                (state, share, found, error, self._clock(), name),
            )

    def clear(self) -> None:
        """Forget the jobs whose time has passed, and remove the files of those that are no longer there."""
        with self._opened() as table:
            self._expire(table)
            names = {name for (name,) in table.execute("SELECT id FROM jobs")}
        for folder in self.directory.iterdir():
            if folder.is_dir() and folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)  # the runner may be writing there, and clears it itself

    def folder(self, name: str) -> Path:
        """Where the files of a job are."""
        return self.directory / name

    def _expire(self, table: sqlite3.Connection) -> None:
        table.execute("DELETE FROM jobs WHERE ended < ?", (self._clock() - self.keep_seconds,))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.directory / "jobs.sqlite3", timeout=10, isolation_level=None)) as table:
            table.execute(_TABLE)
            yield table
            if table.in_transaction:
                table.commit()


def _jobs(table: sqlite3.Connection, condition: str, *values: str) -> list[Job]:
    return [Job(*row) for row in table.execute(f"SELECT {_COLUMNS} FROM jobs {condition}", values)]
