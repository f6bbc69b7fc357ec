"""`latentlink push` and `pull`, and other commands over a store at a URL."""

import shutil
import sys
from pathlib import Path

import pytest

from latentlink.models.checkpoint.remote.location import StoreURL
from tests.app.cli.conftest import Command, published
from tests.models.checkpoint.helpers import publish_small
from tests.models.checkpoint.remote.storage import Storage, away, files_of

URL = "s3://models/production"


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Storage:
    """The objects at every URL but `file://`."""
    storage, opened = Storage(), StoreURL.open
    monkeypatch.setattr(StoreURL, "open", lambda url, **_: storage if url.directory is None else opened(url))
    return storage


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize("url", [URL, "file://{}/shared"])
def test_a_version_moves_from_one_directory_to_another(latentlink: Command, tmp_path: Path, url: str) -> None:
    """Pushed and pulled, it is the same, and current there as it was here."""
    version, url = publish_small(tmp_path / "checkpoints").name, url.format(tmp_path)
    pushed = latentlink("push", "small", url)
    assert (pushed.code, pushed.err) == (0, "")
    assert pushed.out.startswith(f"pushed     small@{version} to {url}: ")
    pulled = latentlink("pull", "small", url, "--checkpoints", "other")
    assert (pulled.code, pulled.err, pulled.out) == (0, "", f"pulled     other/small/{version}\n")
    assert files_of(tmp_path / "other/small") == files_of(tmp_path / "checkpoints/small")


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize("url", [URL, "file://{}/shared"])
def test_an_operator_works_on_a_url_as_on_a_directory(latentlink: Command, tmp_path: Path, url: str) -> None:
    """`list`, `activate` and `prune` print what they do for the directory that was pushed."""
    url, names = url.format(tmp_path), [publish_small(tmp_path / "checkpoints").name for _ in range(3)]
    for name in names:
        assert latentlink("push", f"small@{name}", url).code == 0
    for command in (
        ["list"],
        ["list", "--json"],
        ["activate", "small", names[0]],
        ["prune", "small", "--keep", "1"],
        ["list"],
    ):
        there, here = latentlink(*command, "--checkpoints", url), latentlink(*command)
        assert (there.code, there.out, there.err) == (0, here.out, here.err)


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize("url", [URL, "file://{}/shared"])
def test_a_version_is_pushed_twice(latentlink: Command, tmp_path: Path, url: str) -> None:
    """It becomes the current one again."""
    url, (old, new) = url.format(tmp_path), (publish_small(tmp_path / "checkpoints").name for _ in range(2))
    for version in (old, new, old):
        assert latentlink("push", f"small@{version}", url).code == 0
    assert latentlink("pull", "small", url, "--checkpoints", "other").out == f"pulled     other/small/{old}\n"


@pytest.mark.usefixtures("storage")
def test_a_version_is_pushed_without_being_served(latentlink: Command, tmp_path: Path) -> None:
    """The command that serves it is printed, and `pull` needs it by its version."""
    version = publish_small(tmp_path / "checkpoints").name
    out = latentlink("push", "small", URL, "--no-activate").out
    assert f"latentlink activate small {version} --checkpoints {URL}" in out
    assert (
        f"model: expected the name of a model in {URL}, found 'small', and no model there that has a current version"
        in latentlink("pull", "small", URL).err
    )
    shutil.rmtree(tmp_path / "checkpoints")
    assert latentlink("pull", f"small@{version}", URL, "--no-activate").code == 0
    assert not (tmp_path / "checkpoints/small/CURRENT").exists()


def test_a_storage_that_keeps_no_conditions_is_warned_of(
    latentlink: Command, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One writer at a time is safe there."""
    publish_small(tmp_path / "checkpoints")
    monkeypatch.setattr(storage, "replace", lambda key, content, _: storage.write(key, content))
    assert f"warning: {URL} takes no conditions" in latentlink("push", "small", URL).err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ["inspect", "small", "--checkpoints", URL],
            f"expected a directory, found {URL}; copy a model with `latentlink pull`",
        ),
        (["train", "--dataset", "karate", "--checkpoints", URL], "train with --publish"),
        (["list", "--checkpoints", "http://a.example"], "expected a directory, or a URL such as s3://bucket/prefix"),
        (["push", "small", "checkpoints"], "URL: expected one such as s3://bucket/prefix, found the path checkpoints"),
        (
            ["push", "small", "file://bucket2"],
            "URL: expected three slashes and an absolute path behind file:, as in file:///srv/checkpoints, found "
            "'file://bucket2'",
        ),
        (
            ["serve", "--checkpoints", "file://bucket2"],
            "LATENTLINK_CHECKPOINTS: expected three slashes and an absolute",
        ),
        (["pull", "large", URL], f"model: expected the name of a model in {URL}, found 'large', and no model there"),
        (["pull", "small@", URL], "model: expected a version behind small@, found nothing; leave out @ for"),
        (["pull", "small@1", URL], "version of small: expected one such as 2026"),
        (["serve", "--checkpoints", URL], f"LATENTLINK_CACHE: expected a directory for copies of {URL}"),
        (["list", "--checkpoints", "s3:/bucket"], "checkpoints: expected a directory, or a URL such as s3://bucket"),
        (["list", "--checkpoints", "s3://key:secret@bucket"], "found 's3://***@bucket'"),
        (["serve", "--checkpoints", f"s3://{'k' * 80}:secret@bucket"], "found 's3://***@bucket'"),
        (
            ["serve", "--checkpoints", "s3://key:secret@bucket"],
            "LATENTLINK_CHECKPOINTS: expected a directory, or a URL",
        ),
    ],
)
def test_what_a_url_can_t_do_is_said_in_one_message(
    latentlink: Command, storage: Storage, command: list[str], message: str
) -> None:
    """Exit code 2, and how to go on."""
    code, _, err = latentlink(*command)
    assert (code, message in err, len(err.splitlines())) == (2, True, 1), err
    assert storage.writes == []


def test_without_the_extra_a_url_names_it(latentlink: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is imported where a URL is opened."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "latentlink.models.checkpoint.remote.bucket", raising=False)
    code, _, err = latentlink("list", "--checkpoints", URL)
    assert (code, "pip install 'latentlink[remote]'" in err) == (2, True)


def test_a_training_publishes_to_a_url(latentlink: Command, storage: Storage, tmp_path: Path) -> None:
    """What it leaves on the disk is there as well, and current; JSON stays alone on standard output."""
    done = latentlink("train", "--edges", "ring.csv", "--epochs", "1", "--dim", "4", "--publish", URL, "--json")
    path = published(tmp_path).path
    assert (done.code, "pushed" in done.out, f"pushed     ring@{path.name} to {URL}" in done.err) == (0, False, True)
    found = {file: storage.read(f"ring/{file}") for file in (f"{path.name}/embeddings.safetensors", "CURRENT")}
    assert {file: one and one.content for file, one in found.items()} == {
        file: (tmp_path / "checkpoints/ring" / file).read_bytes() for file in found
    }


def test_a_training_finds_a_lost_storage_before_it_begins(
    latentlink: Command, storage: Storage, tmp_path: Path
) -> None:
    """Not after hours; where it is lost at the end, the message has the command that repeats the push."""
    train = ("train", "--edges", "ring.csv", "--epochs", "1", "--dim", "4", "--publish", URL)
    away(storage)
    assert latentlink(*train).code == 2
    assert not (tmp_path / "checkpoints").exists()
    storage.most = 1
    code, _, err = latentlink(*train)
    assert (code, f"`latentlink push {published(tmp_path).path.relative_to(tmp_path)} {URL}`" in err) == (2, True)


def test_pull_names_the_models_that_it_can_pull(latentlink: Command, storage: Storage, tmp_path: Path) -> None:
    """Neither the model without a current version that was asked for, nor a folder that can't be one of a model."""
    publish_small(tmp_path / "checkpoints")
    assert latentlink("push", "small", URL).code == 0
    storage.write("waiting/20260102T030405000000Z/manifest.json", b"{}")
    storage.write("Not a model/CURRENT", b"20260102T030405000000Z")
    for name in ("waiting", "other"):
        err = latentlink("pull", name, URL).err
        assert err == f"error: model: expected one of small in {URL}, found '{name}'\n"


def test_an_empty_store_is_named_as_it_was_given(latentlink: Command, storage: Storage) -> None:
    """Not an error."""
    listed = latentlink("list", "--checkpoints", URL)
    assert (listed.code, listed.err, listed.out) == (0, "", f"no models in {storage.url}\n")
