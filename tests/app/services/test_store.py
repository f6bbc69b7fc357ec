"""Following checkpoints on disk: load before drop, keep what works, report what does not."""

import logging
import shutil
from pathlib import Path

import pytest

from latentlink.app.errors import AmbiguousModelError, NotReadyError, UnknownModelError
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.store import ModelStore, Signature
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.store import open_version, rename
from tests.support import Small


def opened(root: Path, default: str | None = None) -> ModelStore:
    """A store that has looked once."""
    store = ModelStore(root, default)
    store.refresh()
    return store


def damage(root: Path, version: str) -> None:
    """Flip the last byte of a version's embeddings."""
    path = root / "small" / version / "embeddings.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_missing_directory_holds_no_models(tmp_path: Path) -> None:
    """A root that does not exist yet is an empty store, not an error."""
    store = opened(tmp_path / "later")
    assert (dict(store.models), store.missing()) == ({}, {})


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


def test_a_damaged_new_version_keeps_the_old_one_served(
    small: Small, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A version that fails its digest is reported, and reported once; the old one goes on answering."""
    old = small.publish(tmp_path)
    store = opened(tmp_path)
    damage(tmp_path, small.renewed().publish(tmp_path))
    with caplog.at_level(logging.ERROR):
        store.refresh()
        store.refresh()
    assert store.get("small").version == old
    assert [record.getMessage().count("embeddings.safetensors") for record in caplog.records] == [1]


def test_a_stand_in_is_reported(small: Small, tmp_path: Path) -> None:
    """While an old version stands in for a damaged one the model is degraded, not missing."""
    small.publish(tmp_path)
    store = opened(tmp_path)
    damage(tmp_path, small.renewed().publish(tmp_path))
    store.refresh()
    assert (list(store.degraded()), store.missing()) == (["small"], {})
    assert "embeddings.safetensors" in store.degraded()["small"]


def test_the_newest_whole_version_stands_in_at_the_start(
    small: Small, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the current version is damaged, and the one before it, the one before that is served; the log says so once."""
    whole, *damaged = (small.publish(tmp_path) for _ in range(3))
    for version in damaged:
        damage(tmp_path, version)
    with caplog.at_level(logging.ERROR):
        store = opened(tmp_path)
        store.refresh()
    assert (store.get("small").version, store.missing()) == (whole, {})
    assert damaged[1] in store.degraded()["small"]
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


def test_a_search_for_a_stand_in_is_not_repeated(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two damaged versions are read once each, however often the store looks."""
    for _ in range(2):
        damage(tmp_path, small.publish(tmp_path))
    opens: list[str] = []

    def counting(home: Path, name: str, version: str) -> Checkpoint:
        opens.append(version)
        return open_version(home, name, version)

    monkeypatch.setattr("latentlink.app.services.store.open_version", counting)
    store = opened(tmp_path)
    for _ in range(3):
        store.refresh()
    assert len(opens) == 2


def test_an_unforeseen_failure_is_that_models_alone(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug met by one checkpoint leaves the others served."""
    for name in ("good", "odd"):
        small.publish(tmp_path, name)
    load = ModelStore._load

    def fail_for_odd(store: ModelStore, name: str, seen: Signature | None) -> Scorer:
        if name == "odd":
            raise IndexError("a bug")
        return load(store, name, seen)

    monkeypatch.setattr(ModelStore, "_load", fail_for_odd)
    store = opened(tmp_path)
    assert (list(store.models), store.missing()) == (["good"], {"odd": "a bug"})


def test_what_is_written_while_it_is_read_is_read_again(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CURRENT that is found half written, and whole just after, is no failure that stays."""
    version = small.publish(tmp_path)
    current = tmp_path / "small" / "CURRENT"
    current.write_text("")
    load = ModelStore._load

    def written_meanwhile(store: ModelStore, name: str, seen: Signature | None) -> Scorer:
        try:
            return load(store, name, seen)
        finally:
            current.write_text(version)

    monkeypatch.setattr(ModelStore, "_load", written_meanwhile)
    store = opened(tmp_path)
    store.refresh()
    assert (list(store.models), store.missing()) == (["small"], {})


def test_a_damaged_only_version_is_missing_with_its_reason(small: Small, tmp_path: Path) -> None:
    """A model that never loaded is not ready, which is another thing than unknown."""
    damage(tmp_path, small.publish(tmp_path))
    store = opened(tmp_path)
    assert "sha256" in store.missing()["small"]
    with pytest.raises(NotReadyError, match="sha256"):
        store.get("small")


def test_a_mended_version_is_loaded(small: Small, tmp_path: Path) -> None:
    """What was damaged is tried again at every look."""
    version = small.publish(tmp_path)
    damage(tmp_path, version)
    store = opened(tmp_path)
    damage(tmp_path, version)
    store.refresh()
    assert store.get("small").version == version
    assert store.missing() == {}


@pytest.mark.parametrize("gone", ["small", "small/CURRENT"])
def test_a_model_that_is_gone_is_dropped(small: Small, tmp_path: Path, gone: str) -> None:
    """Without its directory or its CURRENT, a model is no longer served."""
    small.publish(tmp_path)
    store = opened(tmp_path)
    path = tmp_path / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    store.refresh()
    assert dict(store.models) == {}


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
    assert "latentlink install" in store.missing()["copy"]


def test_default_is_the_only_model(small: Small, tmp_path: Path) -> None:
    """With one model and no setting, `default` means it, and a version can be named."""
    version = small.publish(tmp_path)
    store = opened(tmp_path)
    assert (
        store.get("default") is store.get("small") is store.get(f"default@{version}") is store.get(f"small@{version}")
    )


def test_default_of_several_is_ambiguous_unless_set(small: Small, tmp_path: Path) -> None:
    """Two models leave `default` open; the setting closes it."""
    small.publish(tmp_path)
    small.publish(tmp_path, "other")
    with pytest.raises(AmbiguousModelError, match="other, small"):
        opened(tmp_path).get("default")
    assert opened(tmp_path, "other").get("default").name == "other"


def test_a_default_that_is_not_there_is_missing(small: Small, tmp_path: Path) -> None:
    """A configured default without a checkpoint keeps the service from being ready."""
    small.publish(tmp_path)
    store = opened(tmp_path, "other")
    assert list(store.missing()) == ["other"]
    with pytest.raises(NotReadyError):
        store.get("default")


def test_default_of_none_is_not_ready(tmp_path: Path) -> None:
    """Before the first checkpoint, `default` waits; it is not unknown."""
    with pytest.raises(NotReadyError):
        opened(tmp_path).get("default")


@pytest.mark.parametrize(
    "spec", ["", "@", "small@", "small@20990101T000000000000Z", "SMALL", "small ", "../small", "x"]
)
def test_other_names_are_unknown(small: Small, tmp_path: Path, spec: str) -> None:
    """Only a loaded name, alone or with the loaded version, names a model."""
    small.publish(tmp_path)
    with pytest.raises(UnknownModelError):
        opened(tmp_path).get(spec)


def test_a_damaged_version_is_read_once(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be loaded is not hashed again at every look, until its files change."""
    damage(tmp_path, small.publish(tmp_path))
    opens: list[Path] = []

    def counting(home: Path, name: str, version: str) -> Checkpoint:
        opens.append(home / version)
        return open_version(home, name, version)

    monkeypatch.setattr("latentlink.app.services.store.open_version", counting)
    store = opened(tmp_path)
    for _ in range(3):
        store.refresh()
    assert len(opens) == 1
    assert "embeddings.safetensors" in store.missing()["small"]
    damage(tmp_path, opens[0].name)  # the same bit again: whole
    store.refresh()
    assert list(store.models) == ["small"]


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


def test_a_model_that_is_gone_is_logged(small: Small, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Unloading leaves a line in the log that names the file that is missing."""
    small.publish(tmp_path)
    store = opened(tmp_path)
    (tmp_path / "small" / "CURRENT").unlink()
    store.refresh()
    [record] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "no longer serving small" in record.getMessage()
    assert "small/CURRENT" in record.getMessage()
