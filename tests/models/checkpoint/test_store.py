"""Listing, activating, pruning and installing."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from latentlink.models.checkpoint import open_checkpoint, publish
from latentlink.models.checkpoint.listing import listed
from latentlink.models.checkpoint.moving import install, prune
from latentlink.models.checkpoint.store import (
    activate,
    current_version,
    find,
    locate,
    model_names,
    open_version,
)
from latentlink.models.errors import CheckpointError, DataError, LatentlinkError
from tests.models.checkpoint.helpers import edit_manifest, facts, files, publish_small


def test_models_are_those_with_a_current_version(tmp_path: Path) -> None:
    """Hidden directories, stray files and half-made models are no models; a store that does not exist yet has none."""
    publish_small(tmp_path, "b")
    publish_small(tmp_path, "a")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert model_names(tmp_path) == ["a", "b"]
    assert model_names(tmp_path / "none") == []


@pytest.mark.parametrize("content", ["", "../../etc", "20260101", "20261301T000000000000Z", "٢٠٢٦0102T030405000000Z"])
def test_current_must_name_a_version(tmp_path: Path, content: str) -> None:
    """What else it holds is shown."""
    (tmp_path / "CURRENT").write_text(content)
    with pytest.raises(CheckpointError, match="expected a version such as"):
        current_version(tmp_path)


@pytest.mark.parametrize("lost", [False, True])
def test_activate_moves_current(tmp_path: Path, lost: bool) -> None:
    """An older version is served again, also after `CURRENT` was lost."""
    old, new = publish_small(tmp_path), publish_small(tmp_path)
    assert current_version(tmp_path / "small") == new.name
    if lost:
        (tmp_path / "small" / "CURRENT").unlink()
    activate(tmp_path, "small", old.name)
    assert current_version(tmp_path / "small") == old.name


def test_a_damaged_or_foreign_version_is_not_activated(tmp_path: Path) -> None:
    """`CURRENT` stays; a directory copied or renamed by hand is refused as the service would refuse it."""
    old, new, other = publish_small(tmp_path), publish_small(tmp_path), publish_small(tmp_path, "other")
    (old / "MODEL_CARD.md").write_text("edited")
    other.rename(tmp_path / "small" / other.name)
    with pytest.raises(CheckpointError, match=r"MODEL_CARD\.md"):
        activate(tmp_path, "small", old.name)
    with pytest.raises(CheckpointError, match=r"expected the checkpoint small@.*, found other@.*latentlink install"):
        activate(tmp_path, "small", other.name)
    assert current_version(tmp_path / "small") == new.name


def test_a_version_must_be_what_its_directory_says(tmp_path: Path) -> None:
    """A version under another version's name is refused by both names."""
    path = publish_small(tmp_path)
    renamed = path.rename(path.with_name("20260102T030405000000Z"))
    with pytest.raises(CheckpointError, match=f"expected the checkpoint small@{renamed.name}, found small@{path.name}"):
        open_version(tmp_path / "small", "small", renamed.name)


def test_a_pipe_in_place_of_current_is_an_error(tmp_path: Path) -> None:
    """It would block the service for ever."""
    os.mkfifo(tmp_path / "CURRENT")
    with pytest.raises(CheckpointError, match="CURRENT: expected a regular file"):
        current_version(tmp_path)


def test_a_model_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message with the directory, not a traceback."""
    publish_small(tmp_path)

    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(CheckpointError, match="small: expected a readable directory, found: Permission denied"):
        prune(tmp_path, "small", 1)


def test_a_checkpoint_is_found_by_name_by_version_and_by_path(tmp_path: Path) -> None:
    """A bare name is the current version's; a path is a model's or a version's directory, in whatever store."""
    old, new = publish_small(tmp_path), publish_small(tmp_path)
    for store, prefix in ((tmp_path, ""), (Path("none"), f"{tmp_path}/")):
        assert find(store, f"{prefix}small").path == new
        assert find(store, f"{prefix}small@{old.name}").path == old
    assert find(tmp_path, str(old)).path == old


def test_the_only_version_needs_no_activation(tmp_path: Path) -> None:
    """It is found by the model's name or directory; of two, one must be named, and the message has a name that works."""
    only = publish(tmp_path, "small", facts(), files(), activate=False)
    spellings = ("small", f"{tmp_path}/small", f"{tmp_path}/small/")
    assert {find(tmp_path, model).path for model in spellings} == {only}
    newest = publish(tmp_path, "small", facts(), files(), activate=False)
    for model in spellings:
        with pytest.raises(DataError, match="small: expected an active version") as caught:
            find(tmp_path, model)
        [named] = (word.strip(",") for word in str(caught.value).split() if "@" in word)
        assert find(tmp_path, named).path == newest


@pytest.mark.parametrize("ask", [find, locate])
@pytest.mark.parametrize("model", ["small@", "{}/small@"])
def test_nothing_behind_the_at_is_not_the_current_version(
    tmp_path: Path, model: str, ask: Callable[[Path, str], object]
) -> None:
    """A variable of a shell that is not set would act on what is served."""
    publish_small(tmp_path)
    model = model.format(tmp_path)
    with pytest.raises(DataError, match=r"small@, found nothing; leave out @ for the current one$"):
        ask(tmp_path, model)


def test_a_version_s_directory_goes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy called like a model may stand in the working directory."""
    publish_small(tmp_path).rename(tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    assert find(tmp_path / "none", "copy").path == Path("copy")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("other", r"model: expected one of small in .*, found 'other'"),
        ("other@2026", r"model: expected one of small in .*, found 'other'"),
        ("small@2026", r"version of small: expected one of 2.*Z, found '2026'"),
        ("a b", r"model: expected one of small in .*, found 'a b'"),
        ("", r"model: expected one of small in .*, found ''"),
        ("a" * 300, r"model: expected a name or a directory, found 'a{77}\.\.\.': File name too long"),
        ("/", r"model: expected a version's directory, or that of a model with versions, found '/', which has no"),
        ("./none", r"none/manifest.json: expected a readable file of a checkpoint"),
    ],
)
def test_what_is_not_found_is_named(tmp_path: Path, model: str, message: str) -> None:
    """With what there is instead, wherever a model or a version is looked up."""
    publish_small(tmp_path)
    with pytest.raises(LatentlinkError, match=message):
        find(tmp_path, model)
    if "@" in model:
        with pytest.raises(DataError, match=message):
            activate(tmp_path, *model.split("@"))


@pytest.mark.parametrize(("keep", "left"), [(0, [1]), (1, [1, 3]), (2, [1, 2, 3]), (9, [0, 1, 2, 3])])
def test_prune_keeps_the_newest_and_the_current(tmp_path: Path, keep: int, left: list[int]) -> None:
    """Of four versions, the second of which is current, those stay that should."""
    paths = [publish_small(tmp_path) for _ in range(4)]
    activate(tmp_path, "small", paths[1].name)
    dropped = prune(tmp_path, "small", keep)
    assert [i for i, path in enumerate(paths) if path.exists()] == left
    assert dropped == [path.name for path in paths if not path.exists()]


def test_prune_needs_no_current_version(tmp_path: Path) -> None:
    """Of a model that was never activated the newest stay."""
    paths = [publish(tmp_path, "small", facts(), files(), activate=False) for _ in range(3)]
    assert prune(tmp_path, "small", 1) == [path.name for path in paths[:2]]


def test_install_gives_another_name(tmp_path: Path) -> None:
    """The source keeps its own."""
    source = publish_small(tmp_path / "there")
    target = install(tmp_path / "here", source, "large")
    assert target == tmp_path / "here/large" / source.name
    assert open_version(target.parent, "large", source.name)
    assert open_checkpoint(source).manifest.name == "small"


def test_all_versions_are_listed(tmp_path: Path) -> None:
    """By name, oldest first, with the facts of each; a model without a current version, and a damaged one, too."""
    first, second = publish_small(tmp_path, "b"), publish_small(tmp_path, "b")
    hidden = publish(tmp_path, "a", facts(), files(), activate=False)
    (second / "manifest.json").write_text("{}")
    found = list(listed(tmp_path))
    assert [(one.name, one.version, one.current) for one in found] == [
        ("a", hidden.name, False),
        ("b", first.name, False),
        ("b", second.name, True),
    ]
    sizes = [
        sum(file.stat().st_size for file in path.iterdir() if "manifest" not in file.name) for path in (hidden, first)
    ]
    assert [one.size for one in found] == [*sizes, 0]
    assert isinstance(found[2].facts, CheckpointError)
    assert list(listed(tmp_path / "none")) == []


def test_install_copies_what_was_trained_elsewhere(tmp_path: Path) -> None:
    """The copy has the same name, version and bytes, and is served; a second time is an error and changes nothing."""
    source = publish_small(tmp_path / "there")
    target = install(tmp_path / "here", source)
    assert target == tmp_path / "here" / "small" / source.name
    with pytest.raises(DataError, match="found it installed already"):
        install(tmp_path / "here", source)
    assert {f.name: f.read_bytes() for f in target.iterdir()} == {f.name: f.read_bytes() for f in source.iterdir()}
    assert current_version(target.parent) == source.name


@pytest.mark.parametrize(
    "version", ["٢٠٢٦0102T030405000000Z", "20269999T999999999999Z", "99991231T235959999999Z", "../x", None]
)
def test_a_bad_checkpoint_is_not_installed(tmp_path: Path, version: str | None) -> None:
    """A damaged one, and a version that no later one could follow: nothing is made in the store."""
    source, message = publish_small(tmp_path / "there"), r"version: .*expected a moment such as"
    if version is None:
        (source / "weights.safetensors").write_bytes(b"")
        message = r"weights\.safetensors"
    else:
        edit_manifest(source, lambda m: m.update(version=version))
    with pytest.raises(CheckpointError, match=message):
        install(tmp_path / "here", source)
    assert not (tmp_path / "here").exists()


def test_a_model_that_cannot_be_looked_into_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it then says why; the others are not hidden by it."""
    publish_small(tmp_path, "open")
    publish_small(tmp_path, "shut")
    exists = Path.exists

    def refuse(path: Path) -> bool:
        if "shut" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return exists(path)

    monkeypatch.setattr(Path, "exists", refuse)
    assert model_names(tmp_path) == ["open", "shut"]


def test_a_directory_that_cannot_be_read_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed with the reason."""
    publish_small(tmp_path, "open")
    publish_small(tmp_path, "shut")
    look = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path.name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    opened, shut = listed(tmp_path)
    assert (opened.name, shut.name, shut.version, shut.size) == ("open", "shut", "", 0)
    assert "Permission denied" in str(shut.facts)
