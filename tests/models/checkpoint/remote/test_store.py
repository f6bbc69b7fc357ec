"""Publishing to object storage: the order of writes, other writers, and what a directory of checkpoints does alike."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from unittest.mock import Mock

import pytest

from latentlink.models.checkpoint import moving, store
from latentlink.models.checkpoint.listing import listed
from latentlink.models.checkpoint.remote import store as module
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.errors import CheckpointError, ConflictError, DataError, RemoteError
from tests.models.checkpoint.helpers import publish_small
from tests.models.checkpoint.remote.storage import Storage, files_of


@pytest.fixture
def storage() -> Storage:
    """An empty storage."""
    return Storage()


def current(storage: Storage) -> str | None:
    """The version that `CURRENT` names."""
    found = storage.read("small/CURRENT")
    return found and found.content.decode().strip()


def objects(storage: Storage) -> dict[str, bytes]:
    """Every object."""
    found = ((key, storage.read(key)) for key in sorted(f"small/{key}" for key in storage.stored("small")))
    return {key: one.content for key, one in found if one is not None}


def test_what_is_pushed_is_what_is_on_the_disk(storage: Storage, tmp_path: Path) -> None:
    """The same keys with the same content, `CURRENT` among them."""
    RemoteStore(storage).push(publish_small(tmp_path))
    assert objects(storage) == files_of(tmp_path)


def test_the_manifest_comes_after_the_files_and_current_last(storage: Storage, tmp_path: Path) -> None:
    """In this order a reader that finds `CURRENT` finds the manifest, and who finds the manifest finds the files."""
    version = publish_small(tmp_path).name
    RemoteStore(storage).push(tmp_path / "small" / version)
    last = storage.writes[-3:]
    manifest = f"small/{version}/manifest.json"
    assert last == [manifest, manifest, "small/CURRENT"]  # twice, to see whether the storage keeps conditions
    assert {*storage.writes[:-3]} == {
        f"small/{version}/{path.name}" for path in (tmp_path / "small" / version).iterdir()
    } - {manifest}


def test_a_writer_that_dies_leaves_no_current_without_its_version(storage: Storage, tmp_path: Path) -> None:
    """After each number of requests: `CURRENT` names a whole version, and the next push completes the one that was begun."""
    remote = RemoteStore(storage)
    first, second = publish_small(tmp_path), publish_small(tmp_path)
    remote.push(first)
    for most in range(100):
        storage.most = most
        try:
            remote.push(second)
            break
        except RemoteError:
            storage.most = None
        assert current(storage) == first.name
    storage.most = None
    assert most > 10
    assert current(storage) == second.name
    assert objects(storage) == files_of(tmp_path)


def test_the_loser_of_two_writers_learns_it(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who read `CURRENT` before another writer moved it does not move it back; the version is there, and can be activated."""
    remote, (ours, theirs) = RemoteStore(storage), (publish_small(tmp_path) for _ in range(2))
    write = storage.write

    def meanwhile(key: str, content: bytes | Path) -> None:
        monkeypatch.setattr(storage, "write", write)
        remote.push(theirs)
        write(key, content)

    monkeypatch.setattr(storage, "write", meanwhile)
    with pytest.raises(ConflictError) as caught:
        remote.push(ours)
    assert theirs.name in str(caught.value)
    assert f"`latentlink activate small {ours.name} --checkpoints memory://models`" in str(caught.value)
    assert current(storage) == theirs.name
    remote.activate("small", ours.name)
    assert current(storage) == ours.name


def test_a_request_that_is_repeated_after_it_came_through_is_no_conflict(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library repeats a write whose answer was lost, and the storage refuses the second one."""
    replace, path = storage.replace, publish_small(tmp_path)

    def twice(*request: object) -> None:
        replace(*request)  # type: ignore[arg-type]
        replace(*request)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "replace", twice)
    assert RemoteStore(storage).push(path).guarded
    assert current(storage) == path.name


def test_a_storage_that_keeps_no_conditions_is_noticed(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It creates an object that is there."""
    monkeypatch.setattr(storage, "replace", lambda key, content, _: storage.write(key, content))
    assert not RemoteStore(storage).push(publish_small(tmp_path)).guarded


def test_another_version_of_the_same_name_is_refused(storage: Storage, tmp_path: Path) -> None:
    """What readers may have copied does not change."""
    path = publish_small(tmp_path)
    storage.write(f"small/{path.name}/manifest.json", b"{}")
    with pytest.raises(DataError, match=r"manifest.json: expected no other version"):
        RemoteStore(storage).push(path)


def test_a_damaged_version_is_not_pushed(storage: Storage, tmp_path: Path) -> None:
    """Nothing is written."""
    path = publish_small(tmp_path)
    (path / "MODEL_CARD.md").write_text("edited")
    with pytest.raises(CheckpointError, match=r"MODEL_CARD.md"):
        RemoteStore(storage).push(path)
    assert storage.writes == []


@pytest.mark.parametrize("keep", [0, 2])
def test_old_versions_are_deleted_as_in_a_directory(storage: Storage, tmp_path: Path, keep: int) -> None:
    """The same versions, never the current one, and what is left is the same."""
    paths, remote = [publish_small(tmp_path) for _ in range(4)], RemoteStore(storage)
    for path in paths:
        remote.push(path)
    for activate in (remote.activate, lambda *which: store.activate(tmp_path, *which)):
        activate("small", paths[1].name)
    assert remote.prune("small", keep) == moving.prune(tmp_path, "small", keep)
    assert objects(storage) == files_of(tmp_path)


def test_what_an_interrupted_push_left_is_deleted_once_it_is_old(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day after its last object; until then it may be a push that goes on. Without any whole version, too."""
    remote, paths = RemoteStore(storage), [publish_small(tmp_path) for _ in range(2)]
    for name in paths[1].iterdir():
        if name.name != "manifest.json":
            storage.write(f"small/{paths[1].name}/{name.name}", name)
    assert remote.prune("small", 1) == []
    remote.push(paths[0])
    days = 0.9
    monkeypatch.setattr(module, "datetime", Mock(now=lambda zone: datetime.now(zone) + timedelta(days=days)))
    assert remote.prune("small", 1) == []
    remote.push(paths[1], activate=False)
    days = 1.1
    assert remote.prune("small", 2) == []
    storage.remove([f"small/{paths[1].name}/manifest.json"])
    assert remote.prune("small", 1) == [paths[1].name]
    store.activate(tmp_path, "small", paths[0].name)
    moving.prune(tmp_path, "small", 0)
    assert objects(storage) == files_of(tmp_path)


@pytest.mark.parametrize(
    ("change", "whole", "step"),
    [
        *product(["push", "push alone"], [True, False], ["read", "stored"]),
        # Only what is whole can be activated, or has a manifest to remove.
        *product(["push", "push alone", "activate"], [True], ["remove"]),
        ("activate", True, "read"),
    ],
)
def test_a_version_that_is_changed_while_it_is_deleted_stays(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool, change: str, step: str
) -> None:
    """Whoever activates or pushes it between the list of prune and any later step, a whole old one or what a dead push left."""
    old, new = publish_small(tmp_path), publish_small(tmp_path)
    remote = RemoteStore(storage)
    remote.push(old)
    remote.push(new)
    if not whole:
        storage.remove([f"small/{old.name}/manifest.json"])
        monkeypatch.setattr(module, "datetime", Mock(now=lambda zone: datetime.now(zone) + timedelta(days=2)))

    act, key = getattr(storage, step), f"small/{old.name}" if step == "stored" else f"small/{old.name}/manifest.json"

    def meanwhile(first: str | list[str], *others: object) -> object:
        if first in (key, [key]):
            monkeypatch.setattr(storage, step, act)
            if change == "activate":
                remote.activate("small", old.name)
            else:
                remote.push(old, activate=change != "push alone")
        return act(first, *others)

    monkeypatch.setattr(storage, step, meanwhile)
    with pytest.raises(ConflictError, match=r"was (activated|pushed); it stays"):
        remote.prune("small", 0)
    if change != "push alone":
        store.activate(tmp_path, "small", old.name)
    assert objects(storage) == files_of(tmp_path)


def test_a_push_whose_objects_are_deleted_meanwhile_moves_nothing(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever object is gone once the manifest is there: `CURRENT` names the version before, and the error that object."""
    first, second = publish_small(tmp_path), publish_small(tmp_path)
    remote, replace = RemoteStore(storage), storage.replace
    remote.push(first)
    for file in second.iterdir():
        key = f"small/{second.name}/{file.name}"

        def deleted(*request: object, key: str = key) -> None:
            try:
                replace(*request)  # type: ignore[arg-type]
            finally:
                storage.remove([key])

        monkeypatch.setattr(storage, "replace", deleted)
        with pytest.raises(CheckpointError, match=f"{file.name}: expected"):
            remote.push(second)
        assert current(storage) == first.name
    monkeypatch.setattr(storage, "replace", replace)
    remote.push(second)
    assert objects(storage) == files_of(tmp_path)


def test_versions_are_listed_as_in_a_directory(storage: Storage, tmp_path: Path) -> None:
    """With the damage that sizes show; a version without a manifest is none yet."""
    remote = RemoteStore(storage)
    for _ in range(3):
        path = publish_small(tmp_path)
        remote.push(path, activate=False)
    remote.activate("small", path.name)
    storage.write("small/20260102T030405000000Z/nodes.safetensors", b"begun")
    assert list(remote.listed()) == list(listed(tmp_path))
    storage.write(f"small/{path.name}/nodes.safetensors", b"")
    *_, damaged = remote.listed()
    assert "nodes.safetensors: expected" in str(damaged.facts)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda remote: remote.activate("small", "20260102T030405000000Z"), "version of small: expected one of 2"),
        (lambda remote: remote.prune("large", 1), "model: expected one of small in memory://models, found 'large'"),
        (lambda remote: remote.activate("../x", "20260102T030405000000Z"), "name: expected"),
    ],
)
def test_what_is_not_there_is_named(
    storage: Storage, tmp_path: Path, act: Callable[[RemoteStore], object], message: str
) -> None:
    """With what is, of the models those that have a current version and a legal name."""
    RemoteStore(storage).push(publish_small(tmp_path))
    storage.write("waiting/20260102T030405000000Z/nodes.safetensors", b"begun")
    storage.write("Not a model/CURRENT", b"20260102T030405000000Z")
    with pytest.raises(DataError, match=message):
        act(RemoteStore(storage))
