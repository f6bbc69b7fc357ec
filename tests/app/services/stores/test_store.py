"""Following checkpoints on disk: load before drop, keep what works, report what does not."""

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from latentlink.app.errors import UnknownModelError
from latentlink.app.services.stores.catalog import Accept, Catalog, Served
from latentlink.app.services.stores.disk import Signature
from latentlink.app.services.stores.store import ModelStore
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.moving import rename
from latentlink.models.checkpoint.store import open_version
from tests.support import Small


def opened(root: Path) -> ModelStore:
    """A store that has looked once."""
    store = ModelStore(root, None)
    store.refresh()
    return store


def damage(root: Path, version: str) -> None:
    """Flip the last byte of a version's embeddings."""
    path = root / "small" / version / "embeddings.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_an_unchanged_model_is_not_loaded_again(small: Small, tmp_path: Path) -> None:
    """Looking twice keeps the same object."""
    small.publish(tmp_path)
    store = opened(tmp_path)
    before = store.get("small")
    store.refresh()
    assert store.get("small") is before


def test_a_new_version_replaces_the_old_one(small: Small, tmp_path: Path) -> None:
    """After CURRENT moved, the next look serves the new version; what was taken before stays usable."""
    small.publish(tmp_path)
    store = opened(tmp_path)
    before = store.get("small")
    version = small.renewed().publish(tmp_path)
    store.refresh()
    assert store.get("small").version == version != before.version
    assert before.checkpoint.mu.tobytes() == small.mu.tobytes()


def test_a_renamed_model_is_served_under_its_new_name(small: Small, tmp_path: Path) -> None:
    """From the next look on; until then the old name answers, and what was taken before stays usable."""
    version = small.publish(tmp_path)
    store = opened(tmp_path)
    before = store.get("small")
    rename(tmp_path, "small", "large")
    assert store.get("small") is before
    store.refresh()
    assert (store.get("large").version, list(store.models), store.degraded()) == (version, ["large"], {})
    assert before.checkpoint.mu.tobytes() == small.mu.tobytes()


def test_before_the_first_look_ends_nothing_is_called_absent(small: Small, tmp_path: Path) -> None:
    """A large checkpoint takes seconds to verify: until then there is none to train, but one to wait for."""
    small.publish(tmp_path)
    store = ModelStore(tmp_path, None)
    assert store.missing() == {str(tmp_path): "still being read for the first time"}
    store.refresh()
    assert (store.missing(), store.degraded()) == ({}, {})


def test_a_damaged_new_version_keeps_the_old_one_served(
    small: Small, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A version that fails its digest is reported, and logged once; the model is degraded, not missing."""
    old = small.publish(tmp_path)
    store = opened(tmp_path)
    damage(tmp_path, small.renewed().publish(tmp_path))
    with caplog.at_level(logging.ERROR):
        store.refresh()
        store.refresh()
    assert (store.get("small").version, list(store.degraded()), store.missing()) == (old, ["small"], {})
    assert "embeddings.safetensors" in store.degraded()["small"]
    assert [record.getMessage().count("embeddings.safetensors") for record in caplog.records] == [1]


def test_the_newest_whole_version_stands_in_at_the_start(
    small: Small, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the current version is damaged, and the one before it, the one before that is served, by a command for good.

    The log says so once.
    """
    whole, *damaged = (small.publish(tmp_path) for _ in range(3))
    for version in damaged:
        damage(tmp_path, version)
    with caplog.at_level(logging.ERROR):
        store = opened(tmp_path)
        store.refresh()
    assert (store.get("small").version, store.missing()) == (whole, {})
    assert damaged[1] in store.degraded()["small"]
    assert f"latentlink activate small {whole}`" in store.degraded()["small"]
    assert [f"small@{whole}" in record.getMessage() for record in caplog.records] == [False, True]


def test_a_stand_in_makes_room_for_the_mended_version(small: Small, tmp_path: Path) -> None:
    """Once the current version is whole again it is served, and nothing is degraded."""
    small.publish(tmp_path)
    current = small.renewed().publish(tmp_path)
    damage(tmp_path, current)
    store = opened(tmp_path)
    damage(tmp_path, current)
    store.refresh()
    assert (store.get("small").version, store.degraded()) == (current, {})


def test_an_unforeseen_failure_is_that_models_alone(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug met by one checkpoint leaves the others served."""
    for name in ("good", "odd"):
        small.publish(tmp_path, name)
    serve = Catalog._serve

    def fail_for_odd(catalog: Catalog, name: str, seen: Signature | None, accept: Accept) -> Served:
        if name == "odd":
            raise IndexError("a bug")
        return serve(catalog, name, seen, accept)

    monkeypatch.setattr(Catalog, "_serve", fail_for_odd)
    store = opened(tmp_path)
    assert (list(store.models), store.degraded()) == (["good"], {"odd": "a bug"})


def test_what_is_written_while_it_is_read_is_read_again(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CURRENT that is found half written, and whole just after, is no failure that stays."""
    version = small.publish(tmp_path)
    current = tmp_path / "small" / "CURRENT"
    current.write_text("")
    serve = Catalog._serve

    def written_meanwhile(catalog: Catalog, name: str, seen: Signature | None, accept: Accept) -> Served:
        try:
            return serve(catalog, name, seen, accept)
        finally:
            current.write_text(version)

    monkeypatch.setattr(Catalog, "_serve", written_meanwhile)
    store = opened(tmp_path)
    store.refresh()
    assert (list(store.models), store.missing()) == (["small"], {})


@pytest.mark.parametrize("gone", ["small", "small/CURRENT"])
def test_a_model_that_is_gone_is_dropped(
    small: Small, tmp_path: Path, gone: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its directory or its CURRENT, a model is unknown; one line of the log names the model and the missing file."""
    small.publish(tmp_path)
    store, path = opened(tmp_path), tmp_path / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    store.refresh()
    with pytest.raises(UnknownModelError):
        store.get("small")
    [message] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert (" small" in message, "small/CURRENT" in message) == (True, True)


@pytest.mark.parametrize("content", ["", "..", "../../etc", "20990101T000000000000Z", "\x00", "small"])
def test_a_current_that_names_no_version_is_a_reason(small: Small, tmp_path: Path, content: str) -> None:
    """Whatever CURRENT holds, the store says what is wrong, serves the newest whole version, and does not fail."""
    small.publish(tmp_path)
    whole = small.renewed().publish(tmp_path)
    (tmp_path / "small" / "CURRENT").write_text(content)
    store = opened(tmp_path)
    assert (list(store.degraded()), store.missing(), store.get("small").version) == (["small"], {}, whole)


def test_a_version_under_another_name_is_refused(small: Small, tmp_path: Path) -> None:
    """A directory copied by hand under another name does not answer as that model."""
    small.publish(tmp_path)
    shutil.copytree(tmp_path / "small", tmp_path / "copy")
    store = opened(tmp_path)
    assert list(store.models) == ["small"]
    assert "latentlink install" in store.degraded()["copy"]


@pytest.mark.parametrize("count", [1, 2])
def test_a_damaged_version_is_read_once(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """What can't be loaded, nor stood in for, is missing and not hashed again at every look, until its files change."""
    for _ in range(count):
        damage(tmp_path, small.publish(tmp_path))
    opens: list[str] = []

    def counting(home: Path, name: str, version: str, *more: Any) -> Checkpoint:
        opens.append(version)
        return open_version(home, name, version, *more)

    monkeypatch.setattr("latentlink.app.services.stores.versions.open_version", counting)
    store = opened(tmp_path)
    for _ in range(3):
        store.refresh()
    assert len(opens) == count
    assert "embeddings.safetensors" in store.missing()["small"]
    damage(tmp_path, opens[0])  # the same bit again: whole
    store.refresh()
    assert (store.get("small").version, store.missing()) == (opens[0], {})


def test_a_vanished_root_leaves_the_models_served(small: Small, tmp_path: Path) -> None:
    """A volume that is gone for a while takes no model down; the service is degraded meanwhile."""
    root = tmp_path / "volume"
    small.publish(root)
    store = opened(root)
    root.rename(tmp_path / "away")
    store.refresh()
    assert (list(store.models), store.missing(), list(store.degraded())) == (["small"], {}, [str(root)])
    (tmp_path / "away").rename(root)
    store.refresh()
    assert store.degraded() == {}
