"""Other versions than the current one."""

from pathlib import Path

import pytest

from latentlink.app.errors import UnknownModelError
from latentlink.app.services.stores.store import ModelStore
from latentlink.app.services.stores.versions import NotOpenError, OtherVersions
from tests.support import Small


@pytest.fixture
def published(small: Small, tmp_path: Path) -> list[str]:
    """Four versions, oldest first."""
    return [small.publish(tmp_path) for _ in range(4)]


def test_the_least_recently_requested_one_is_closed(published: list[str], tmp_path: Path) -> None:
    """Of three, the two requested last stay, which are not opened again; a request alone keeps one."""
    others = OtherVersions(tmp_path)
    first, second = (others.open("small", version) for version in published[:2])
    assert (first.version, second.version) == tuple(published[:2])
    assert others.get("small", published[0]) is first
    others.open("small", published[2])
    assert sorted(others.of("small")) == [published[0], published[2]]
    with pytest.raises(NotOpenError):
        others.get("small", published[1])


def test_a_version_that_is_not_there_is_unknown(published: list[str], tmp_path: Path) -> None:
    """The newest three versions are named; nothing is opened, and what is open stays."""
    others = OtherVersions(tmp_path)
    others.open("small", published[0])
    newest = ", ".join(published[:0:-1])
    with pytest.raises(UnknownModelError, match=f"expected one of {newest} and 1 more, found '20000101T000000000000Z'"):
        others.open("small", "20000101T000000000000Z")
    assert others.of("small") == [published[0]]


def test_other_versions_go_with_their_model(published: list[str], tmp_path: Path) -> None:
    """When a model is unloaded, nothing of it is left open."""
    store = ModelStore(tmp_path, None)
    store.refresh()
    model = store.get("small")
    store.open("small", published[0])
    assert store.versions(model) == [published[0], published[3]]
    (tmp_path / "small" / "CURRENT").unlink()
    store.refresh()
    with pytest.raises(UnknownModelError):
        store.get(f"small@{published[0]}")
    assert store.versions(model) == [published[3]]
