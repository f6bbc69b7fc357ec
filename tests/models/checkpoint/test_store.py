"""Listing, activating, pruning and installing."""

from pathlib import Path

import pytest

from models.checkpoint import open_checkpoint
from models.checkpoint.store import activate, current_version, install, model_names, prune
from models.errors import CheckpointError, DataError
from tests.models.checkpoint.helpers import publish_small


def test_models_are_those_with_a_current_version(tmp_path: Path) -> None:
    """Hidden directories, stray files and half-made models are no models."""
    publish_small(tmp_path, "b")
    publish_small(tmp_path, "a")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert model_names(tmp_path) == ["a", "b"]


def test_a_store_that_is_not_there_has_no_models(tmp_path: Path) -> None:
    """The service may start before the first training."""
    assert model_names(tmp_path / "none") == []


@pytest.mark.parametrize("content", ["", "../../etc", "20260101"])
def test_current_must_name_a_version(tmp_path: Path, content: str) -> None:
    """What else it holds is shown."""
    (tmp_path / "CURRENT").write_text(content)
    with pytest.raises(CheckpointError, match="expected a version such as"):
        current_version(tmp_path)


def test_activate_moves_current(tmp_path: Path) -> None:
    """An older version is served again."""
    old, new = publish_small(tmp_path), publish_small(tmp_path)
    assert current_version(tmp_path / "small") == new.name
    activate(tmp_path, "small", old.name)
    assert current_version(tmp_path / "small") == old.name


def test_activate_restores_a_lost_current(tmp_path: Path) -> None:
    """A model without `CURRENT` can be brought back."""
    path = publish_small(tmp_path)
    (tmp_path / "small" / "CURRENT").unlink()
    activate(tmp_path, "small", path.name)
    assert current_version(tmp_path / "small") == path.name


def test_a_damaged_version_is_not_activated(tmp_path: Path) -> None:
    """`CURRENT` stays where it was."""
    old, new = publish_small(tmp_path), publish_small(tmp_path)
    (old / "MODEL_CARD.md").write_text("edited")
    with pytest.raises(CheckpointError, match=r"MODEL_CARD\.md"):
        activate(tmp_path, "small", old.name)
    assert current_version(tmp_path / "small") == new.name


def test_unknown_versions_and_models_are_named(tmp_path: Path) -> None:
    """The errors list what there is."""
    path = publish_small(tmp_path)
    with pytest.raises(DataError, match=f"expected one of {path.name}, found '2026'"):
        activate(tmp_path, "small", "2026")
    with pytest.raises(DataError, match=r"model: expected one of small in .*, found 'other'"):
        activate(tmp_path, "other", path.name)


@pytest.mark.parametrize(("keep", "left"), [(0, [1]), (1, [1, 3]), (2, [1, 2, 3]), (9, [0, 1, 2, 3])])
def test_prune_keeps_the_newest_and_the_current(tmp_path: Path, keep: int, left: list[int]) -> None:
    """Of four versions, the second of which is current, those stay that should."""
    paths = [publish_small(tmp_path) for _ in range(4)]
    activate(tmp_path, "small", paths[1].name)
    dropped = prune(tmp_path, "small", keep)
    assert [i for i, path in enumerate(paths) if path.exists()] == left
    assert dropped == [path.name for path in paths if not path.exists()]


def test_install_copies_what_was_trained_elsewhere(tmp_path: Path) -> None:
    """The copy has the same name, version and bytes, and is served."""
    source = publish_small(tmp_path / "there")
    target = install(tmp_path / "here", source)
    assert target == tmp_path / "here" / "small" / source.name
    assert {f.name: f.read_bytes() for f in target.iterdir()} == {f.name: f.read_bytes() for f in source.iterdir()}
    assert current_version(target.parent) == source.name


def test_a_damaged_checkpoint_is_not_installed(tmp_path: Path) -> None:
    """Nothing is made in the store."""
    source = publish_small(tmp_path / "there")
    (source / "weights.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"weights\.safetensors"):
        install(tmp_path / "here", source)
    assert not (tmp_path / "here").exists()


def test_a_version_is_installed_once(tmp_path: Path) -> None:
    """A second time is an error, and the first stays whole."""
    source = publish_small(tmp_path / "there")
    target = install(tmp_path / "here", source)
    with pytest.raises(DataError, match="found it installed already"):
        install(tmp_path / "here", source)
    assert open_checkpoint(target)
