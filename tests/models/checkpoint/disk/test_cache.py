"""Copies of mapped files: one for each digest, verified, and independent of the store."""

import os
import threading
from pathlib import Path

import pytest

from latentlink.models.checkpoint import Cache, open_checkpoint
from latentlink.models.checkpoint.disk.files import digest_file
from latentlink.models.errors import CheckpointError, ReadOnlyError
from tests.models.checkpoint.helpers import MU, publish_small

MAPPED = [f"{name}.safetensors" for name in ("embeddings", "graph", "nodes", "weights")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole checkpoint."""
    return publish_small(tmp_path / "store")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty one, in the directory `cache`."""
    return Cache(tmp_path / "cache")


def _copies(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache").iterdir()} - {".lock"}


def test_a_version_is_mapped_by_copies_named_by_digest(tmp_path: Path, path: Path, cache: Cache) -> None:
    """Of what is mapped alone; each file of its own, readable by nobody else."""
    checkpoint = open_checkpoint(path, opener=cache.open)
    assert _copies(tmp_path) == {checkpoint.manifest.files[name].sha256 for name in MAPPED}
    copy = tmp_path / "cache" / checkpoint.manifest.files["embeddings.safetensors"].sha256
    assert copy.read_bytes() == (path / "embeddings.safetensors").read_bytes()
    assert copy.stat().st_ino != (path / "embeddings.safetensors").stat().st_ino
    assert (copy.stat().st_nlink, copy.stat().st_mode & 0o777) == (1, 0o400)


def test_a_truncated_file_of_the_store_harms_no_copy(path: Path, cache: Cache) -> None:
    """What is mapped stays readable, and the version can be opened again."""
    checkpoint = open_checkpoint(path, opener=cache.open)
    os.truncate(path / "embeddings.safetensors", 0)
    assert checkpoint.mu.tobytes() == MU.tobytes()
    assert open_checkpoint(path, opener=cache.open).mu.tobytes() == MU.tobytes()


def test_a_copy_is_made_once(tmp_path: Path, path: Path, cache: Cache) -> None:
    """A second process opens the first one's."""
    open_checkpoint(path, opener=cache.open)
    before = {one.name: one.stat().st_ino for one in (tmp_path / "cache").iterdir()}
    open_checkpoint(path, opener=Cache(tmp_path / "cache").open)
    assert {one.name: one.stat().st_ino for one in (tmp_path / "cache").iterdir()} == before


def test_a_damaged_copy_is_made_again(tmp_path: Path, path: Path, cache: Cache) -> None:
    """As a machine leaves it that loses its power while it copies."""
    checkpoint = open_checkpoint(path, opener=cache.open)
    copy = tmp_path / "cache" / checkpoint.manifest.files["embeddings.safetensors"].sha256
    copy.unlink()
    copy.write_bytes(b"damaged")
    assert open_checkpoint(path, opener=cache.open).mu.tobytes() == MU.tobytes()


def test_a_damaged_file_is_an_error_and_leaves_no_copy(tmp_path: Path, path: Path, cache: Cache) -> None:
    """The error names the file of the store."""
    entry = digest_file(path / "embeddings.safetensors")
    content = bytearray((path / "embeddings.safetensors").read_bytes())
    content[-1] ^= 1
    (path / "embeddings.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{path.name}/embeddings\.safetensors: expected sha256 {entry.sha256}"):
        open_checkpoint(path, opener=cache.open)
    assert _copies(tmp_path) == set()


def test_a_full_disk_is_an_error_and_leaves_no_copy(
    tmp_path: Path, path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version isn't opened: a copy that was asked for is never silently left out."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("latentlink.models.checkpoint.disk.cache._copy_content", full)
    with pytest.raises(CheckpointError, match="cache: expected a directory for copies to write to, found: No space"):
        open_checkpoint(path, opener=cache.open)
    assert _copies(tmp_path) == set()


def test_copies_that_nobody_needs_are_removed(tmp_path: Path, path: Path, cache: Cache) -> None:
    """With what a killed process left unfinished, and nothing that is not the cache's own; what is mapped stays readable."""
    checkpoint = open_checkpoint(path, opener=cache.open)
    (tmp_path / "cache" / f".{64 * 'a'}").touch()
    (tmp_path / "cache" / "notes.txt").touch()
    kept = checkpoint.manifest.files["nodes.safetensors"].sha256
    cache.keep_only({kept})
    assert _copies(tmp_path) == {kept, "notes.txt"}
    assert checkpoint.mu.tobytes() == MU.tobytes()


def test_a_copy_that_is_removed_while_it_is_opened_is_made_again(path: Path, cache: Cache) -> None:
    """Two processes with other versions open don't make each other fail."""
    done = threading.Event()

    def remove() -> None:
        while not done.is_set():
            cache.keep_only(())

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for _ in range(20):
            assert open_checkpoint(path, opener=cache.open).mu.tobytes() == MU.tobytes()
    finally:
        done.set()
        remover.join()


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    """At the start, before anything is served; it is named."""
    (tmp_path / "file").touch()
    with pytest.raises(
        ReadOnlyError, match=r"file: expected a directory for copies to write to, found: the file .*file$"
    ):
        Cache(tmp_path / "file")
