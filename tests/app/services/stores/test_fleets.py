"""More models than may be open: found by a look, opened when they are requested."""

import shutil
from pathlib import Path

import pytest

from latentlink.app.errors import NotReadyError
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.stores.store import ModelStore
from latentlink.app.services.stores.versions import NotOpenError
from latentlink.models.checkpoint.moving import prune
from tests.support import Small

NAMES = ("a", "b", "c")


@pytest.fixture
def versions(small: Small, tmp_path: Path) -> dict[str, str]:
    """Three models, each with one version."""
    return {name: small.publish(tmp_path, name) for name in NAMES}


def looked(root: Path, **options: object) -> ModelStore:
    """A store of two open models at most that has looked once."""
    store = ModelStore(root, None, max_open=2, **options)  # type: ignore[arg-type]
    store.refresh()
    return store


def found(store: ModelStore, spec: str) -> Scorer:
    """What a request finds."""
    while True:
        try:
            return store.get(spec)
        except NotOpenError as closed:
            if (opened := store.open(closed.name, closed.version)) is not None:
                return opened


def change(path: Path) -> None:
    """Flip the last bit of a file, which keeps its size."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_models_are_found_without_opening_them(versions: dict[str, str], tmp_path: Path) -> None:
    """All of them are served, and none is open but those that must be there."""
    store = looked(tmp_path, required=["b"])
    assert {name: served.version for name, served in store.models.items()} == versions
    assert (list(store.opened()), store.missing(), store.degraded()) == (["b"], {}, {})


def test_as_many_as_may_be_open_are_opened_at_once(small: Small, tmp_path: Path) -> None:
    """Of two, both."""
    for name in NAMES[:2]:
        small.publish(tmp_path, name)
    assert list(looked(tmp_path).opened()) == ["a", "b"]


def test_the_least_recently_requested_model_is_closed(versions: dict[str, str], tmp_path: Path) -> None:
    """In place of the one that is requested next; it opens again."""
    store = looked(tmp_path)
    for name in ("a", "b", "a", "c"):
        found(store, name)
    assert sorted(store.opened()) == ["a", "c"]
    assert found(store, f"b@{versions['b']}").version == versions["b"]
    assert sorted(store.opened()) == ["b", "c"]


@pytest.mark.usefixtures("versions")
def test_a_swap_opens_what_was_open(small: Small, tmp_path: Path) -> None:
    """Before it takes effect, as ever; of closed models the new version is found alone."""
    store = looked(tmp_path)
    found(store, "a")
    new = {name: small.renewed().publish(tmp_path, name) for name in ("a", "b")}
    store.refresh()
    assert {name: store.models[name].version for name in new} == new
    assert [one.version for one in store.opened()["a"]] == [new["a"]]
    assert list(store.opened()) == ["a"]


def test_an_open_model_keeps_its_version_where_the_new_one_is_damaged(
    versions: dict[str, str], small: Small, tmp_path: Path
) -> None:
    """A wrong digest is noticed at the swap."""
    store = looked(tmp_path)
    found(store, "a")
    change(tmp_path / "a" / small.publish(tmp_path, "a") / "embeddings.safetensors")
    store.refresh()
    assert store.get("a").version == versions["a"]
    assert list(store.degraded()) == ["a"]


def test_damage_that_only_opening_shows_is_named_from_then_on(
    versions: dict[str, str], small: Small, tmp_path: Path
) -> None:
    """A wrong digest: without another version there is no answer, with one it answers; what is mended is served again."""
    old = small.publish(tmp_path, "b")
    current = {"a": versions["a"], "b": small.publish(tmp_path, "b")}
    for name, version in current.items():
        change(tmp_path / name / version / "embeddings.safetensors")
    store = looked(tmp_path)
    assert store.degraded() == {}
    with pytest.raises(NotReadyError, match=r"embeddings\.safetensors: expected sha256"):
        found(store, "a")
    assert found(store, "b").version == old
    with pytest.raises(NotReadyError, match=r"embeddings\.safetensors: expected sha256"):
        found(store, f"b@{current['b']}")
    for _ in range(2):
        assert (list(store.degraded()), list(store.models), store.missing()) == (["a", "b"], ["b", "c"], {})
        store.refresh()
    for name, version in current.items():
        change(tmp_path / name / version / "embeddings.safetensors")
    store.refresh()
    assert (store.degraded(), found(store, "a").version, found(store, "b").version) == ({}, *current.values())


def test_of_several_damaged_versions_the_newest_whole_one_answers(
    versions: dict[str, str], small: Small, tmp_path: Path
) -> None:
    """Whatever damage shows when; the reason is that of the current version."""
    for _ in range(2):
        change(tmp_path / "a" / small.publish(tmp_path, "a") / "embeddings.safetensors")
    store = looked(tmp_path)
    current = store.models["a"].version
    assert found(store, "a").version == versions["a"]
    assert current in store.degraded()["a"]


@pytest.mark.usefixtures("versions")
def test_a_closed_version_that_was_replaced_and_removed_is_no_damage(small: Small, tmp_path: Path) -> None:
    """Between two looks: its successor answers."""
    store = looked(tmp_path)
    new = small.renewed().publish(tmp_path, "a")
    prune(tmp_path, "a", 1)
    assert found(store, "a").version == new
    assert store.degraded() == {}


@pytest.mark.usefixtures("versions")
def test_a_model_that_goes_is_closed(tmp_path: Path) -> None:
    """With its directory; the others stay as they are."""
    store = looked(tmp_path)
    for name in ("a", "b"):
        found(store, name)
    shutil.rmtree(tmp_path / "a")
    store.refresh()
    assert (list(store.models), list(store.opened())) == (["b", "c"], ["b"])
