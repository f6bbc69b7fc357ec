"""Publishing: what stands on disk afterwards, and what never does."""

import os
import re
import stat
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from latentlink.models.checkpoint import open_checkpoint, publish
from latentlink.models.checkpoint.disk.locking import add_mode
from latentlink.models.checkpoint.manifest import VERSION_PATTERN
from latentlink.models.checkpoint.publish import _next_version, locked, versions
from latentlink.models.checkpoint.store import current_version
from latentlink.models.errors import CheckpointError, DataError, ReadOnlyError
from latentlink.models.facts.published import Counts
from tests.models.checkpoint.helpers import facts, files, publish_small


def test_current_names_the_new_version(tmp_path: Path) -> None:
    """`CURRENT` is one line with the version's name; beside both there is only the lock."""
    path = publish_small(tmp_path)
    assert re.match(VERSION_PATTERN, path.name)
    assert (tmp_path / "small" / "CURRENT").read_text() == f"{path.name}\n"
    assert {child.name for child in path.parent.iterdir()} == {path.name, "CURRENT", ".lock"}


def test_others_may_read(tmp_path: Path) -> None:
    """Files are 0644 and directories that are made 0755, whatever the umask; one that exists keeps its mode."""
    (tmp_path / "a").mkdir(mode=0o711)
    with _umask(0o077):
        path = publish_small(tmp_path / "a" / "b")
    assert {_mode(file) for file in [*path.iterdir(), path.parent / "CURRENT", path.parent / ".lock"]} == {0o644}
    assert [_mode(directory) for directory in (path, *path.parents[:3])] == [0o755, 0o755, 0o755, 0o711]


def test_a_directory_that_a_dead_publisher_made_is_opened(tmp_path: Path) -> None:
    """One that died between making the model's directory and opening it to others is made good; other bits stay."""
    (tmp_path / "small").mkdir()
    (tmp_path / "small").chmod(0o2700)
    publish_small(tmp_path)
    assert _mode(tmp_path / "small") == 0o2755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_is_anothers_keeps_its_mode(tmp_path: Path) -> None:
    """A directory of another user is written to as it is."""
    (tmp_path / "small").mkdir(mode=0o700)
    os.chown(tmp_path / "small", 12345, 12345)
    publish_small(tmp_path)
    assert _mode(tmp_path / "small") == 0o700


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_versions_grow(tmp_path: Path) -> None:
    """Each publication is later than the one before, and old ones stay."""
    paths = [publish_small(tmp_path) for _ in range(3)]
    assert paths == sorted(set(paths))
    assert all(open_checkpoint(path) for path in paths)


def test_a_clock_that_went_back_still_gives_a_later_version() -> None:
    """One microsecond after the latest, over the end of a year."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert _next_version(["20261231T235959999999Z"], now) == "20270101T000000000000Z"
    assert _next_version([], now) == "20260102T000000000000Z"


def test_what_dead_publishers_left_is_removed(tmp_path: Path) -> None:
    """The next publication removes hidden versions and a hidden `CURRENT`, and no other hidden file."""
    home, others = tmp_path / "small", [".git", ".nfs0001", ".20269999T999999999999Z", ".CURRENT.swp"]
    for name in (*others, ".20260101T000000000000Z"):
        (home / name).mkdir(parents=True)
        (home / name / "x").touch()
    (home / ".CURRENT").touch()
    publish_small(tmp_path)
    assert {child.name for child in home.glob(".*")} == {*others, ".lock"}


@pytest.mark.parametrize(
    "name", ["20269999T999999999999Z", "99991231T235959999999Z", "٢٠٢٦0102T030405000000Z", "20260102T030460000000Z"]
)
def test_a_directory_that_no_version_follows_is_no_version(tmp_path: Path, name: str) -> None:
    """Neither digits of other scripts, nor days outside the calendar, nor its last one keep the next from being made."""
    (tmp_path / "small" / name).mkdir(parents=True)
    assert versions(tmp_path / "small") == []
    assert open_checkpoint(publish_small(tmp_path))


@pytest.mark.parametrize("name", ["default", "Upper", "", "a/b", "..", "-x", "a" * 65, "a\n"])
def test_illegal_names_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written for a name that could not be served."""
    with pytest.raises(DataError, match="name: expected"):
        publish(tmp_path, name, facts(), files())
    assert not list(tmp_path.iterdir())


def test_a_failed_publication_leaves_the_old_one(tmp_path: Path) -> None:
    """An error while writing removes what was written and keeps `CURRENT`."""
    path = publish_small(tmp_path)
    with pytest.raises(AttributeError, match="items"):
        publish(tmp_path, "small", facts(), {**files(), "x.safetensors": None})  # type: ignore[dict-item]
    assert {child.name for child in path.parent.iterdir()} == {path.name, "CURRENT", ".lock"}
    assert (path.parent / "CURRENT").read_text() == f"{path.name}\n"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"counts": Counts.model_construct(nodes=0, edges=3, features=0, dim=2)}, "counts"),
        ({"seed": 10**30}, r"manifest\.json: expected facts that JSON can hold"),
    ],
)
def test_facts_that_no_reader_accepts_are_never_published(
    tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    """Facts out of their range, or beyond JSON's 64 bits, are refused before they are visible."""
    with pytest.raises(CheckpointError, match=message):
        publish(tmp_path, "small", facts().model_copy(update=changed), files())
    assert not (tmp_path / "small" / "CURRENT").exists()


@pytest.mark.parametrize("store", ["file", "/proc/none", "/proc"])
def test_a_store_that_cannot_be_written_is_an_error(tmp_path: Path, store: str) -> None:
    """A file in the way of the directory, or a place for no files, gives a message: no traceback, and no trying for ever."""
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="expected a directory to write to"):
        publish_small(tmp_path / store)


def test_a_text_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk gives a message with the file and the reason."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(CheckpointError, match=r"MODEL_CARD\.md: expected .* found: No space left on device"):
        publish_small(tmp_path)


@pytest.mark.parametrize(
    "make", [lambda lock: lock.symlink_to("../../elsewhere"), os.mkfifo, os.mkdir], ids=["link", "pipe", "directory"]
)
def test_a_lock_that_is_no_regular_file_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A link would empty or make a file elsewhere, and a pipe block for ever."""
    home = tmp_path / "store/small"
    home.mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("kept")
    make(home / ".lock")
    with pytest.raises(ReadOnlyError, match="small: expected a directory to write to, found: "):
        publish_small(tmp_path / "store")
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_publisher_that_waited_for_a_renaming_publishes_under_the_old_name(tmp_path: Path) -> None:
    """The directory that it waited for is gone when it holds the lock: it makes another one."""
    publish_small(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        with locked(tmp_path, "small") as home:
            waiting = pool.submit(publish_small, tmp_path)
            time.sleep(0.3)  # so that it waits
            assert not waiting.done()
            home.rename(tmp_path / ".away")
        version = waiting.result(20)
    assert version.parent == home
    assert current_version(home) == version.name


@pytest.mark.parametrize(("call", "before"), [(1, True), (1, False), (2, False)])
def test_a_directory_that_is_taken_away_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int, before: bool
) -> None:
    """As by a training of this name that fails: made but not opened to others, opened, and opened a second time."""
    calls = list[Path]()

    def add_mode_beside_another(path: Path, mode: int) -> None:
        calls.append(path)
        if (taken := len(calls) == call) and before:
            path.rmdir()
        add_mode(path, mode)
        if taken:
            path.rmdir()

    monkeypatch.setattr(sys.modules[locked.__module__], "add_mode", add_mode_beside_another)
    with locked(tmp_path, "small") as home:
        assert list(home.iterdir()) == [home / ".lock"]
    assert len(calls) > call
