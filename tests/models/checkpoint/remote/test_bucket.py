"""Objects at real URLs: what the environment must have, and what messages say."""

from pathlib import Path

import pytest
from obstore.store import MemoryStore

from latentlink.models.checkpoint.remote import bucket as module
from latentlink.models.checkpoint.remote.bucket import Bucket, open_bucket
from latentlink.models.errors import CheckpointError, DataError, RemoteError


def test_a_url_of_files_reads_a_directory(tmp_path: Path) -> None:
    """The objects below it are its files."""
    (tmp_path / "small").mkdir()
    (tmp_path / "small/CURRENT").write_text("content")
    bucket = open_bucket(f"file://{tmp_path}")
    found = bucket.read("small/CURRENT")
    assert found is not None
    assert (found.content, bucket.read("small/CURRENT", found) is found) == (b"content", True)
    sizes = {key: one.size for key, one in bucket.stored("small").items()}
    assert (bucket.folders(), sizes, bucket.read("large/CURRENT")) == (["small"], {"CURRENT": 7}, None)


def test_a_directory_that_is_missing_is_named_or_made(tmp_path: Path) -> None:
    """Whoever serves copies of it starts without it, as without a storage that is away."""
    with pytest.raises(DataError, match=f"^file://{tmp_path}/away: expected a directory, found: "):
        open_bucket(f"file://{tmp_path}/away")
    assert open_bucket(f"file://{tmp_path}/away", make=True).folders() == []


def test_a_configuration_that_lacks_something_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure needs the name of an account."""
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(DataError, match=r"^az://container/x: expected .*Account must be specified$"):
        open_bucket("az://container/x")


def test_to_remove_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    """Another writer was faster, or a request that was repeated had come through; what is there goes in any case."""
    for name in "abc":
        (tmp_path / name).touch()
    open_bucket(f"file://{tmp_path}").remove(["x", "a", "y", "b"])
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_an_object_that_is_no_small_one_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the memory by a manifest of gigabytes."""
    monkeypatch.setattr(module, "_LARGEST", 10)
    bucket = Bucket(MemoryStore(), "memory://models")
    bucket.write("a", b"x" * 11)
    with pytest.raises(CheckpointError, match="memory://models/a: expected at most 10 bytes, found 11"):
        bucket.read("a")


def test_a_name_that_is_none_of_an_object_is_an_error_of_the_storage() -> None:
    """The library refuses to leave the prefix."""
    with pytest.raises(RemoteError, match=r"memory://models/../x: expected an object to read, found: "):
        Bucket(MemoryStore(), "memory://models").read("../x")
