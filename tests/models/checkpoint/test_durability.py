"""What reaches the disk in which order, and who waits for whom: what a power cut or a second publisher would reveal."""

import os
from pathlib import Path
from threading import Thread

import pytest

from latentlink.models.checkpoint.publish import locked, versions
from latentlink.models.checkpoint.store import activate
from tests.models.checkpoint.helpers import files, publish_small

Calls = list[tuple[str, ...]]
FSYNC = os.fsync  # which other tests go without


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every fsync (its path's name, the size it found) and rename (from, to) in order."""
    found: Calls = []
    rename = os.rename

    def note_fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        size = str(path.stat().st_size) if path.is_file() else "directory"
        found.append(("fsync", path.name, size))
        FSYNC(descriptor)

    def note_rename(source: Path, target: Path) -> None:
        found.append(("rename", Path(source).name, Path(target).name))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "rename", note_rename)
    return found


def test_a_version_is_on_the_disk_before_it_is_renamed(tmp_path: Path, calls: Calls) -> None:
    """Each file at its full size, then its directory, the rename, the parent; then the same for `CURRENT`."""
    path = publish_small(tmp_path)
    name = path.name
    whole = sorted(("fsync", file.name, str(file.stat().st_size)) for file in path.iterdir())
    start = len(calls) - len(whole) - 6
    assert {entry[1] for entry in whole} == {*files(), "manifest.json", "manifest.sha256"}
    assert sorted(calls[start : start + len(whole)]) == whole
    assert calls[start + len(whole) :] == [
        ("fsync", f".{name}", "directory"),
        ("rename", f".{name}", name),
        ("fsync", "small", "directory"),
        *_moved_current(name),
    ]


def test_new_directories_are_on_the_disk_first(tmp_path: Path, calls: Calls) -> None:
    """The parent of every level that is made is synced, from the top."""
    publish_small(tmp_path / "a" / "b")
    assert [entry[1] for entry in calls[:3]] == [tmp_path.name, "a", "b"]


def test_current_is_on_the_disk_before_it_is_renamed(tmp_path: Path, calls: Calls) -> None:
    """It is never written in place: the new one is whole before it takes the old one's name."""
    path = publish_small(tmp_path)
    calls.clear()
    activate(tmp_path, "small", path.name)
    assert calls == _moved_current(path.name)


def _moved_current(version: str) -> Calls:
    return [
        ("fsync", ".CURRENT", str(len(version) + 1)),
        ("rename", ".CURRENT", "CURRENT"),
        ("fsync", "small", "directory"),
    ]


def test_a_second_publisher_waits_for_the_first(tmp_path: Path) -> None:
    """It publishes once the lock is let go, and not before."""
    second = Thread(target=publish_small, args=(tmp_path,))
    with locked(tmp_path, "small") as home:
        second.start()
        second.join(0.5)  # a publication takes a tenth of that
        assert second.is_alive()
        assert versions(home) == []
    second.join(30)
    assert len(versions(home)) == 1
