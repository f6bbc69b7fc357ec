"""The table of jobs."""

from pathlib import Path

import pytest

from latentlink.app.errors import UnknownJobError
from latentlink.app.services.jobs.table import JobTable


class Clock:
    """Seconds that are set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_what_a_dead_runner_left_comes_first(tmp_path: Path) -> None:
    """Then those that wait, in the order in which they came; none that have ended."""
    clock = Clock()
    table = JobTable(tmp_path, 100, clock)
    jobs = []
    for question in "abc":
        jobs.append(table.submit("key", "small", "v", question))
        clock.now += 1
    first = table.claim()
    again = table.claim()
    assert (first, again) == (jobs[0], table.get(jobs[0].id, "key"))
    table.finish(jobs[0].id, 5)
    second = table.claim()
    assert second is not None
    assert second.question == "b"
    assert table.get(jobs[0].id, "key").state == "succeeded"
    table.finish(jobs[1].id, 0, "expected")
    table.finish(jobs[2].id, 0, "expected")
    assert (table.claim(), table.unfinished()) == (None, False)


def test_a_job_that_failed_can_be_asked_for_again(tmp_path: Path) -> None:
    """It waits again, without the error."""
    table = JobTable(tmp_path, 100)
    job = table.submit("key", "small", "v", "a")
    table.finish(job.id, 0, "expected")
    assert table.get(job.id, "key").error == "expected"
    again = table.submit("key", "small", "v", "a")
    assert (again.id, again.state, again.error) == (job.id, "queued", None)


def test_jobs_expire_with_their_files(tmp_path: Path) -> None:
    """Once their time has passed since their end; files without a job are removed."""
    clock = Clock()
    table = JobTable(tmp_path, 100, clock)
    job = table.submit("key", "small", "v", "a")
    for name in (job.id, "left"):
        table.folder(name).mkdir()
    clock.now += 1000
    table.clear()
    assert table.folder(job.id).is_dir()
    assert not table.folder("left").exists()
    table.finish(job.id, 5)
    clock.now += 99
    assert table.get(job.id, "key").found == 5
    clock.now += 2
    with pytest.raises(UnknownJobError, match="expected the id of a job of this key"):
        table.get(job.id, "key")
    table.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["jobs.sqlite3"]


def test_a_job_whose_runners_die_fails(tmp_path: Path) -> None:
    """After three that died without a note on how far it is, so that no service starts runners for ever."""
    table = JobTable(tmp_path, 100)
    job = table.submit("key", "small", "v", "a")
    for _ in range(2):
        assert table.claim() is not None
    table.advance(job.id, 0.5, 3, None)
    for _ in range(3):
        assert table.claim() is not None
    assert table.claim() is None
    failed = table.get(job.id, "key")
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.startswith("its process ended 3 times")


def test_a_note_on_a_deleted_job_says_so(tmp_path: Path) -> None:
    """So that its runner stops."""
    table = JobTable(tmp_path, 100)
    job = table.submit("key", "small", "v", "a")
    assert table.advance(job.id, 0.5, 3, 1.5)
    noted = table.get(job.id, "key")
    assert (noted.share, noted.found, noted.seconds_left) == (0.5, 3, 1.5)
    table.delete(job.id, "key")
    assert not table.advance(job.id, 0.75, 4, 0.5)
