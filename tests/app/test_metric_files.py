"""Shared metrics on a disk without room."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict

from latentlink.app.metric_files import AllocatedDict

Full = Callable[[bool], None]


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    """Fills the disk, or frees it."""
    allocate, state = os.posix_fallocate, {"full": False}

    def allocating(descriptor: int, start: int, size: int) -> None:
        if state["full"]:
            raise OSError(28, "No space left on device")
        allocate(descriptor, start, size)

    monkeypatch.setattr(os, "posix_fallocate", allocating)
    return lambda full: state.update(full=full)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a worker."""
    return tmp_path / "counter_1.db"


def _opened(path: Path) -> "closing[AllocatedDict]":
    return closing(AllocatedDict(str(path)))


def _read(path: Path) -> dict[str, float]:
    """What other workers read."""
    read = MmapedDict.read_all_values_from_file(path)  # type: ignore[no-untyped-call]
    return {key: value for key, value, _, _ in read}


def test_a_file_has_no_holes(path: Path) -> None:
    """When it is made and when it has grown, so that no write to it needs room on the disk."""
    keys = [f"{at}{'x' * 1000}" for at in range(200)]
    with _opened(path) as numbers:
        for at, key in enumerate(keys):
            numbers.write_value(key, at, 0.0)
            assert path.stat().st_blocks * 512 >= path.stat().st_size
        numbers.write_value("y" * 10**6, 1.0, 0.0)
        assert path.stat().st_blocks * 512 >= path.stat().st_size > 10**6
    assert _read(path) == {**{key: at for at, key in enumerate(keys)}, "y" * 10**6: 1.0}


def test_what_has_no_place_is_written_once_there_is_room(path: Path, full: Full) -> None:
    """Until then it reads as 0, and what has a place goes on."""
    long = "x" * 70_000
    with _opened(path) as numbers:
        numbers.write_value("old", 1.0, 0.0)
        full(True)
        assert numbers.read_value(long) == (0.0, 0.0)
        numbers.write_value(long, 5.0, 0.0)
        numbers.write_value("old", 2.0, 0.0)
        assert _read(path) == {"old": 2.0}
        full(False)
        numbers.write_value(long, 6.0, 0.0)
        assert _read(path) == {"old": 2.0, long: 6.0}


def test_a_worker_that_starts_on_a_full_disk_goes_on(path: Path, full: Full) -> None:
    """Without a file, which others could not read."""
    full(True)
    with _opened(path) as numbers:
        numbers.write_value("a", 1.0, 0.0)
        assert numbers.read_value("a") == (0.0, 0.0)
    assert list(path.parent.iterdir()) == []


def test_a_file_that_is_there_is_gone_on_with(path: Path) -> None:
    """As the library does for a process id that comes again."""
    for found in (0.0, 1.0):
        with _opened(path) as numbers:
            assert numbers.read_value("a")[0] == found
            numbers.write_value("a", found + 1, 0.0)
