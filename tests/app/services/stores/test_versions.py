"""Versions that are open, of current ones and others."""

import gc
import weakref
from pathlib import Path

import pytest

from latentlink.app.errors import UnknownModelError
from latentlink.app.services.stores.store import ModelStore
from latentlink.app.services.stores.versions import NotOpenError, OpenVersions
from tests.support import Small


@pytest.fixture
def published(small: Small, tmp_path: Path) -> list[str]:
    """Four versions, oldest first."""
    return [small.publish(tmp_path) for _ in range(4)]


@pytest.fixture
def store(published: list[str], tmp_path: Path) -> ModelStore:
    """A store of them that has looked once."""
    assert published
    store = ModelStore(tmp_path, None)
    store.refresh()
    return store


def opened(store: ModelStore) -> list[str]:
    """The versions of the model that are open."""
    return [one.version for one in store.opened().get("small", ())]


def test_the_least_recently_requested_one_is_closed(store: ModelStore, published: list[str]) -> None:
    """Of three, the two requested last stay, which are not opened again; a request alone keeps one."""
    first, second = (store.open("small", version) for version in published[:2])
    assert first is not None
    assert second is not None
    assert (first.version, second.version) == tuple(published[:2])
    assert store.get(f"small@{published[0]}") is first
    del second
    store.open("small", published[2])
    assert opened(store) == [published[0], published[2], published[3]]
    with pytest.raises(NotOpenError):
        store.get(f"small@{published[1]}")


def test_what_is_in_work_is_not_opened_a_second_time(small: Small, tmp_path: Path) -> None:
    """Let go while a request works with it, it counts as open, and is the same for the next one; then its memory is free."""
    names = ("a", "b")
    version = {name: small.publish(tmp_path, name) for name in names}
    versions = OpenVersions(tmp_path, limit=1)
    in_work, _ = (versions.open(name, version[name], current=True) for name in names)
    versions.close_oldest()
    with pytest.raises(NotOpenError):
        versions.get("a", version["a"])
    assert sorted(one.name for one in versions.opened()) == ["a", "b"]
    assert versions.open("a", version["a"], current=True) is in_work
    del _
    versions.close_oldest()
    gone = weakref.ref(in_work)
    del in_work
    versions.open("b", version["b"], current=True)
    gc.disable()  # by the count of references alone: nothing waits for a search for cycles
    versions.close_oldest()
    gc.enable()
    assert gone() is None


def test_a_version_that_is_not_there_is_unknown(store: ModelStore, published: list[str]) -> None:
    """The newest three versions are named; nothing is opened, and what is open stays."""
    store.open("small", published[0])
    newest = ", ".join(published[:0:-1])
    with pytest.raises(UnknownModelError, match=f"expected one of {newest} and 1 more, found '20000101T000000000000Z'"):
        store.open("small", "20000101T000000000000Z")
    assert opened(store) == [published[0], published[3]]


def test_other_versions_go_with_their_model(store: ModelStore, published: list[str], tmp_path: Path) -> None:
    """When a model is no longer served, nothing of it is left open."""
    store.open("small", published[0])
    assert opened(store) == [published[0], published[3]]
    (tmp_path / "small" / "CURRENT").unlink()
    store.refresh()
    with pytest.raises(UnknownModelError):
        store.get(f"small@{published[0]}")
    assert opened(store) == []


def test_a_version_that_becomes_current_is_not_opened_again(
    store: ModelStore, published: list[str], tmp_path: Path
) -> None:
    """It was open as another version, and is the same object as the current one."""
    before = store.open("small", published[0])
    (tmp_path / "small" / "CURRENT").write_text(published[0])
    store.refresh()
    assert store.get("small") is before
    assert opened(store) == [published[0]]
