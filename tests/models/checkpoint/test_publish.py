"""Publishing: what stands on disk afterwards, and what never does."""

import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.checkpoint import open_checkpoint, publish
from models.checkpoint import publish as publish_function
from models.checkpoint.manifest import VERSION_PATTERN
from models.checkpoint.publish import _next_version, locked
from models.errors import CheckpointError, DataError
from tests.models.checkpoint.helpers import facts, files, publish_small


def test_current_names_the_new_version(tmp_path: Path) -> None:
    """`CURRENT` is one line with the version's name."""
    path = publish_small(tmp_path)
    assert re.match(VERSION_PATTERN, path.name)
    assert (tmp_path / "small" / "CURRENT").read_text() == f"{path.name}\n"


def test_nothing_is_left_beside_the_version(tmp_path: Path) -> None:
    """No temporary file or directory outlives a publication."""
    path = publish_small(tmp_path)
    assert {child.name for child in path.parent.iterdir()} == {path.name, "CURRENT", ".lock"}


def test_others_may_read(tmp_path: Path) -> None:
    """Directories are 0755 and files 0644, whatever the umask."""
    before = os.umask(0o077)
    try:
        path = publish_small(tmp_path)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in [*path.iterdir(), path.parent / "CURRENT"]}
    assert modes == {0o644}
    assert {stat.S_IMODE(directory.stat().st_mode) for directory in (path, path.parent)} == {0o755}


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
    """The next publication cleans up."""
    home = tmp_path / "small"
    (home / ".20260101T000000000000Z").mkdir(parents=True)
    (home / ".20260101T000000000000Z" / "x").touch()
    (home / ".CURRENT").touch()
    publish_small(tmp_path)
    assert sorted(child.name for child in home.glob(".*")) == [".lock"]


@pytest.mark.parametrize("name", ["default", "Upper", "", "a/b", "..", "-x", "a" * 65, "a\n"])
def test_illegal_names_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written for a name that could not be served."""
    with pytest.raises(DataError, match="name: expected"):
        publish_function(tmp_path, name, facts(), files())
    assert not list(tmp_path.iterdir())


def test_a_failed_publication_leaves_the_old_one(tmp_path: Path) -> None:
    """An error while writing removes what was written and keeps `CURRENT`."""
    path = publish_small(tmp_path)
    with pytest.raises(KeyError, match="float128"):
        publish(tmp_path, "small", facts(), {**files(), "x.safetensors": _Unwritable()})  # type: ignore[dict-item]
    assert {child.name for child in path.parent.iterdir()} == {path.name, "CURRENT", ".lock"}
    assert (path.parent / "CURRENT").read_text() == f"{path.name}\n"


class _Unwritable(dict[str, object]):
    """Tensors that can't be written."""

    def items(self) -> object:  # type: ignore[override]
        raise KeyError("float128")


def test_facts_that_are_no_manifest_are_never_published(tmp_path: Path) -> None:
    """What a reader would refuse is refused before it is visible."""
    with pytest.raises(CheckpointError, match="counts"):
        publish(tmp_path, "small", facts(counts={"nodes": 0}), files())
    assert not (tmp_path / "small" / "CURRENT").exists()


def test_a_store_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A file in the way of the directory gives a message, not a traceback."""
    (tmp_path / "store").touch()
    with pytest.raises(CheckpointError, match="expected a directory to write to"):
        publish_small(tmp_path / "store")


def test_one_publisher_at_a_time(tmp_path: Path) -> None:
    """While a name is locked its lock can't be taken again, and afterwards it can."""
    import fcntl

    with locked(tmp_path, "small") as home, (home / ".lock").open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (home / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
