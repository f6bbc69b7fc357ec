"""Copies of versions: several at once, and those that are damaged here."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest

from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.checkpoint.publish import LOCK
from latentlink.models.checkpoint.remote.pull import PARTIAL, drop_unfinished, pull
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.errors import DataError, RemoteError
from tests.models.checkpoint.remote.storage import Storage, files_of, published


@pytest.fixture
def storage() -> Storage:
    """An empty storage."""
    return Storage()


@pytest.fixture(scope="module")
def parts() -> Iterator[Executor]:
    """Threads that copy."""
    with ThreadPoolExecutor(3) as pool:
        yield pool


def pushed(storage: Storage, folder: Path, seed: int = 0) -> Path:
    """A version on the disk and in the storage."""
    path = published(folder, seed)
    RemoteStore(storage).push(path)
    storage.reads.clear()
    return path


def test_of_two_pulls_at_once_one_copies_each_version(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """The second one begins amid the first, of the same or another version: both are whole, and no object is read twice."""
    versions = [pushed(storage, tmp_path / "published", seed) for seed in range(2)]
    for others in ([versions[0]] * 3, versions):
        root, amid = tmp_path / f"copies{len(others)}", threading.Event()

        def slow(key: str, content: bytes, *, amid: threading.Event = amid) -> bytes:
            if key.endswith("nodes.safetensors"):
                amid.set()
                threading.Event().wait(0.2)  # in which the others meet what this one has begun
            return content

        storage.fault = slow
        storage.reads.clear()
        with ThreadPoolExecutor(len(others)) as pool:
            first = pool.submit(pull, storage, root, "small", others[0].name, parts)
            assert amid.wait(10)
            later = [pool.submit(pull, storage, root, "small", other.name, parts) for other in others[1:]]
            found = [one.result() for one in (first, *later)]
        assert [files_of(path) for path in found] == [files_of(path) for path in others]
        assert len(storage.reads) == len(set(storage.reads))
        assert list((root / PARTIAL).iterdir()) == []


def test_a_mirror_leaves_what_another_process_copies(tmp_path: Path) -> None:
    """It removes unfinished copies of models that are gone, but for one whose lock is held."""
    for name in ("gone", "held", "kept"):
        (tmp_path / PARTIAL / name / "20260102T030405000000Z").mkdir(parents=True)
    with exclusive(tmp_path / PARTIAL / "held" / LOCK):
        drop_unfinished(tmp_path, ["kept"])
    assert {path.name for path in (tmp_path / PARTIAL).iterdir()} == {"held", "kept"}
    assert (tmp_path / PARTIAL / "held" / "20260102T030405000000Z").exists()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _turned(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize("damage", [_cut, _turned, Path.unlink])
@pytest.mark.parametrize("file", ["embeddings.safetensors", "manifest.json"])
def test_a_damaged_version_is_mended_by_what_is_damaged_of_it(
    storage: Storage, tmp_path: Path, parts: Executor, damage: Callable[[Path], None], file: str
) -> None:
    """Beside the manifest only files with wrong digests are read, of a whole version nothing; nothing else is left."""
    path = pushed(storage, tmp_path / "published")
    copy = pull(storage, tmp_path / "copies", "small", path.name, parts)
    storage.reads.clear()
    assert pull(storage, tmp_path / "copies", "small", path.name, parts) == copy
    assert storage.reads == []
    damage(copy / file)
    pull(storage, tmp_path / "copies", "small", path.name, parts)
    assert files_of(copy) == files_of(path)
    assert {one.rpartition("/")[2] for one in storage.reads} >= {file, "manifest.json"}
    assert (file == "manifest.json") or set(storage.reads) == {
        f"small/{path.name}/{one}" for one in (file, "manifest.json", "manifest.sha256")
    }
    assert [one.name for one in copy.parent.iterdir() if one.name != LOCK] == [path.name]


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_file_is_taken_from_whichever_version_has_it_whole(
    storage: Storage, tmp_path: Path, parts: Executor, damaged: int
) -> None:
    """Two versions have it, of which one is damaged, the older or the newer: it is not copied."""
    paths, root = [pushed(storage, tmp_path / "published", seed) for seed in range(3)], tmp_path / "copies"
    copies = [pull(storage, root, "small", path.name, parts) for path in paths[:2]]
    shared = copies[damaged] / "nodes.safetensors"
    shared.unlink()  # a link to the other one
    shared.write_bytes(b"")
    storage.reads.clear()
    assert files_of(pull(storage, root, "small", paths[2].name, parts)) == files_of(paths[2])
    assert f"small/{paths[2].name}/nodes.safetensors" not in storage.reads


def test_who_has_mapped_a_damaged_version_keeps_it(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """Files are replaced, not written to."""
    path = pushed(storage, tmp_path / "published")
    file = pull(storage, tmp_path / "copies", "small", path.name, parts) / "embeddings.safetensors"
    _turned(file)
    with file.open("rb") as mapped:
        damaged = file.read_bytes()
        pull(storage, tmp_path / "copies", "small", path.name, parts)
        assert (mapped.read() == damaged, file.read_bytes() == damaged) == (True, False)


def test_a_storage_that_is_away_is_asked_once(
    storage: Storage, tmp_path: Path, parts: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manifest is read again where it is damaged, not where there is no answer, for which the library waits minutes."""
    path, asked = pushed(storage, tmp_path / "published"), list[str]()

    def unanswered(key: str, _: object = None) -> NoReturn:
        asked.append(key)
        raise RemoteError(key)

    monkeypatch.setattr(storage, "read", unanswered)
    with pytest.raises(RemoteError):
        pull(storage, tmp_path / "copies", "small", path.name, parts)
    assert asked == [f"small/{path.name}/manifest.json"]


def test_another_version_of_the_same_name_is_not_replaced(storage: Storage, tmp_path: Path, parts: Executor) -> None:
    """One that was published here, with another manifest, stays, however damaged."""
    path = pushed(storage, tmp_path / "published")
    other = published(tmp_path / "copies", 1)
    other.rename(other.with_name(path.name))
    (other.with_name(path.name) / "embeddings.safetensors").unlink()
    before = files_of(tmp_path / "copies")
    with pytest.raises(DataError, match=r"found another one; move it elsewhere"):
        pull(storage, tmp_path / "copies", "small", path.name, parts)
    assert files_of(tmp_path / "copies") == before
