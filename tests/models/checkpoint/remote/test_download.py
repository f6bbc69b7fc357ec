"""An object becomes a file with its digest, or none."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.checkpoint.disk.files import FileEntry
from latentlink.models.checkpoint.remote import download
from latentlink.models.checkpoint.remote.download import Download
from latentlink.models.checkpoint.remote.objects import NoRangesError
from latentlink.models.errors import CheckpointError, RemoteError
from tests.models.checkpoint.remote.storage import Storage

PART = 1000
CONTENT = np.random.default_rng(0).bytes(10 * PART + 7)
ENTRY = FileEntry(bytes=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PART", PART)


@pytest.fixture(scope="module")
def parts() -> Iterator[Executor]:
    """Threads that copy."""
    with ThreadPoolExecutor(3) as pool:
        yield pool


@pytest.fixture
def storage() -> Storage:
    """A storage with the object."""
    storage = Storage()
    storage.write("a", CONTENT)
    return storage


def test_an_object_is_copied_in_parts(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """Eleven reads, the last one of seven bytes; nothing else is left in the directory."""
    Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    assert ((tmp_path / "a").read_bytes(), len(storage.reads)) == (CONTENT, 11)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_copied_is_not_read_again(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """After six answers the storage is away; the next try reads the other parts alone, and one after that none."""
    storage.most = 6
    with pytest.raises(RemoteError, match="expected an answer"):
        Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    storage.most, copied = None, len(storage.reads)
    Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    assert ((tmp_path / "a").read_bytes(), copied, len(storage.reads)) == (CONTENT, 6, 11)
    Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    assert len(storage.reads) == 11


def test_reads_that_bring_other_bytes_are_mended(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """Every seventh read changes a byte, each time to another value, in the second round as well."""
    numbers = count(1)

    def turned(_: str, content: bytes) -> bytes:
        number = next(numbers)
        return content if number % 7 else bytes([content[0] ^ (number // 7)]) + content[1:]

    storage.fault = turned
    Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_an_object_with_another_digest_is_refused(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """Read twice, it is the storage's own content; nothing is left of it."""
    storage.write("a", CONTENT[:-1] + b"?")
    with pytest.raises(CheckpointError, match=r"memory://models/a: expected sha256 .* push the version again"):
        Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    assert (list(tmp_path.iterdir()), len(storage.reads)) == ([], 22)


def test_a_storage_without_parts_is_read_as_a_whole(
    storage: Storage, tmp_path: Path, parts: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that answers a range with the whole object."""

    def refused(*_: object) -> bytes:
        raise NoRangesError

    monkeypatch.setattr(storage, "read_part", refused)
    Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_file_that_others_share_is_not_written_to(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """A damaged link to a served file is replaced: who has mapped the file keeps it as it is."""
    (tmp_path / "served").write_bytes(b"served")
    (tmp_path / "a").hardlink_to(tmp_path / "served")
    Download(storage, "a", tmp_path / "a", ENTRY).run(parts)
    assert ((tmp_path / "served").read_bytes(), (tmp_path / "a").read_bytes()) == (b"served", CONTENT)


def test_a_missing_object_is_named(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """And nothing is copied."""
    with pytest.raises(CheckpointError, match="memory://models/b: expected an object, found none"):
        Download(storage, "b", tmp_path / "b", ENTRY).run(parts)
