"""Installing a version again, and renaming a model, also beside other processes and killed."""

import shutil
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.checkpoint.moving import install, rename
from latentlink.models.checkpoint.publish import versions
from latentlink.models.checkpoint.store import activate, current_version, model_names, open_version
from latentlink.models.errors import DataError
from tests.models.checkpoint.helpers import MU, edit_manifest, publish_small


def test_a_version_that_is_installed_again_is_mended(tmp_path: Path) -> None:
    """Its damaged file is that of the source again, and the version is current; one that is whole stays as it is."""
    source = publish_small(tmp_path / "there")
    target = install(tmp_path / "here", source)
    activate(tmp_path / "here", "small", publish_small(tmp_path / "here").name)
    whole = target.stat().st_ino
    install(tmp_path / "here", source, again=True)
    assert (target.stat().st_ino, current_version(target.parent)) == (whole, source.name)
    (target / "embeddings.safetensors").write_bytes(b"")
    install(tmp_path / "here", source, again=True)
    assert {file.name: file.read_bytes() for file in target.iterdir()} == {
        file.name: file.read_bytes() for file in source.iterdir()
    }


def test_another_version_of_the_same_name_is_not_replaced(tmp_path: Path) -> None:
    """Not even where it is damaged."""
    source = publish_small(tmp_path / "there")
    target = edit_manifest(install(tmp_path / "here", source), lambda manifest: manifest.update(seed=7))
    (target / "embeddings.safetensors").write_bytes(b"")
    with pytest.raises(DataError, match="found another one; move it elsewhere"):
        install(tmp_path / "here", source, again=True)
    assert (target / "embeddings.safetensors").read_bytes() == b""


def test_a_renamed_model_has_all_its_versions(tmp_path: Path) -> None:
    """Under the new name alone, whole, with the same one current; tensors keep their bytes, cards and manifests the name."""
    old, new = publish_small(tmp_path), publish_small(tmp_path)
    activate(tmp_path, "small", old.name)
    mu = (old / "embeddings.safetensors").read_bytes()
    home = rename(tmp_path, "small", "large")
    assert [path.name for path in tmp_path.iterdir()] == ["large"]
    assert current_version(home) == old.name
    for version in (old.name, new.name):
        checkpoint = open_version(home, "large", version)
        assert (checkpoint.path / "MODEL_CARD.md").read_text() == "# large\n"
        assert (checkpoint.path / "embeddings.safetensors").read_bytes() == mu
    assert {path.stat().st_mode & 0o777 for path in home.glob("*/*")} == {0o644}


def test_what_is_open_survives_a_renaming(tmp_path: Path) -> None:
    """A service goes on answering from the files that it has mapped."""
    checkpoint = open_checkpoint(publish_small(tmp_path))
    rename(tmp_path, "small", "large")
    assert (checkpoint.mu == MU).all()
    assert checkpoint.nodes.row("b") == 0


def test_a_publisher_of_the_new_name_waits_until_the_old_one_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take the old directory, which is being removed, for what a dead process left."""
    publish_small(tmp_path)
    remove, waiting = shutil.rmtree, list[Future[Path]]()

    def begin(path: Path) -> None:
        waiting.append(pool.submit(publish_small, tmp_path, "large"))
        time.sleep(0.3)  # so that it waits
        assert not waiting[0].done()
        remove(path)

    with ThreadPoolExecutor(1) as pool:
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "rmtree", begin)
            home = rename(tmp_path, "small", "large")
        assert waiting[0].result(20).parent == home
    assert len(versions(home)) == 2


def test_a_name_in_use_is_not_given_again(tmp_path: Path) -> None:
    """Both models stay as they are; so does one whose new name is no name."""
    publish_small(tmp_path)
    publish_small(tmp_path, "other")
    for new, message in (("other", "not in use, found .*other"), ("A b", "found 'A b'")):
        with pytest.raises(DataError, match=message):
            rename(tmp_path, "small", new)
    assert model_names(tmp_path) == ["other", "small"]
    with pytest.raises(DataError, match="expected one of other, small"):
        rename(tmp_path, "none", "free")


def test_a_name_that_another_process_takes_meanwhile_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look whether it is free and the move: both models stay, and nothing lies around."""
    publish_small(tmp_path)
    move = Path.rename

    def move_beside_another(path: Path, target: Path) -> Path:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", move)
            publish_small(tmp_path, "large")
        return move(path, target)

    monkeypatch.setattr(Path, "rename", move_beside_another)
    with pytest.raises(DataError, match=r"not in use, found .*large"):
        rename(tmp_path, "small", "large")
    assert model_names(tmp_path) == ["large", "small"]
    assert [path.name for path in (tmp_path / "small").glob(".*")] == [".lock"]


@pytest.mark.parametrize(("moves", "left"), [(0, ["small"]), (1, ["large", "small"])])
def test_a_renaming_that_dies_leaves_whole_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int, left: list[str]
) -> None:
    """Before the new name is there the old one, then for a moment both; the next renaming clears what lies around."""
    publish_small(tmp_path)
    move, done = Path.rename, list[Path]()

    def die(path: Path, target: Path) -> Path:
        if len(done) == moves:
            raise KeyboardInterrupt
        done.append(path)
        return move(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", die)
        with pytest.raises(KeyboardInterrupt):
            rename(tmp_path, "small", "large")
    assert model_names(tmp_path) == left
    assert [
        open_version(tmp_path / name, name, current_version(tmp_path / name)).manifest.name for name in left
    ] == left
    rename(tmp_path, "small", "third")
    assert not list(tmp_path.glob(".*"))


def test_files_are_copied_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some mounted file systems."""
    version = publish_small(tmp_path).name

    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refuse)
    assert open_version(rename(tmp_path, "small", "large"), "large", version)
