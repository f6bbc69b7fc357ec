"""A checkpoint opens whole or not at all, and says why."""

import gc
import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.errors import CheckpointError
from tests.models.checkpoint.helpers import EDGES, IDS, MU, edit_manifest, publish_small, replace_file

MAPPED = [f"{name}.safetensors" for name in ("embeddings", "graph", "nodes", "weights")]
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole checkpoint."""
    return publish_small(tmp_path)


def test_a_whole_checkpoint_gives_what_was_published(path: Path) -> None:
    """Embeddings, ids, edges and facts come back, and no other edges."""
    checkpoint = open_checkpoint(path)
    np.testing.assert_array_equal(checkpoint.mu, MU)
    assert checkpoint.nodes.ids(range(7)) == IDS
    assert [checkpoint.nodes.row(node) for node in IDS] == list(range(7))
    assert checkpoint.graph.has_edges(EDGES[:, 1], EDGES[:, 0]).all()
    assert not checkpoint.graph.has_edges(np.array([0, 3, 4]), np.array([2, 4, 4])).any()
    assert checkpoint.manifest.metrics.test.auc == 0.7


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        *product([*MAPPED, "MODEL_CARD.md", "manifest.json"], ["flip", "cut", "grow", "remove"]),
        ("manifest.sha256", "remove"),
    ],
)
def test_any_damage_is_found_and_named(path: Path, file: str, damage: str) -> None:
    """One bit, one byte less, one more, or no file: the error names it."""
    content = (path / file).read_bytes()
    if damage == "remove":
        (path / file).unlink()
    else:
        flipped = bytes([content[-1] ^ 1])
        (path / file).write_bytes(
            {"flip": content[:-1] + flipped, "cut": content[:-1], "grow": content + b"\0"}[damage]
        )
    with pytest.raises(CheckpointError, match=file):
        open_checkpoint(path)


def test_unknown_fields_are_ignored(path: Path) -> None:
    """A later version may add facts without a new format."""
    edit_manifest(path, lambda m: m.update(later={"a": 1}))
    assert open_checkpoint(path).manifest.name == "small"


def test_a_models_directory_is_told_from_a_versions(path: Path) -> None:
    """The error says which directory was meant."""
    with pytest.raises(CheckpointError, match=f"try .*{path.name}"):
        open_checkpoint(path.parent)


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"x": value}
    return value


def _lists(name: str) -> Edit:
    """Give a file of this name the digest of another."""
    return lambda m: m["files"].update({name: m["files"]["MODEL_CARD.md"]})


def _leaves_out(name: str) -> Edit:
    """Take away the digest of a file."""
    return lambda m: m["files"].pop(name)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(format_version=3), "format_version 2 or lower, found 3"),
        (lambda m: m["metrics"]["test"].update(auc="high"), r"found metrics\.test\.auc: "),
        *((_lists(name), "plain file names") for name in ("../x", "CURRENT", ".lock", "manifest.sha256", "a\n.b")),
        *((_lists(name), "expected") for name in ("a\0b", "..", ".", "x/MODEL_CARD.md", "a" * 300)),
        *((_leaves_out(file), rf"manifest\.json: expected a digest of {file}, found none") for file in MAPPED),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(path: Path, edit: Edit, message: str) -> None:
    """A newer format, a fact of another type, a file outside the directory or without a digest: the error names it."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(edit_manifest(path, edit))


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.update(seed=10**30),
        lambda m: m.update(seed=2**63),
        lambda m: m["counts"].update(edges=2**63),
        lambda m: m["counts"].update(features=10**30),
        lambda m: m["config"].update(x=float("nan")),
        lambda m: m.update(training={"x": "\ud800"}),
        lambda m: m.update(calibration=_nested(300)),
        lambda m: m["config"].update(x=_nested(900)),
        lambda m: m.update(metrics={"test": 0.9}),
        lambda m: m.update(thresholds={}),
    ],
)
def test_facts_that_no_answer_could_hold_are_refused(path: Path, edit: Edit) -> None:
    """Numbers over 64 bits, NaN, broken strings and endless nesting are errors of the manifest, not of a request."""
    with pytest.raises(CheckpointError, match=r"manifest\.json: expected"):
        open_checkpoint(edit_manifest(path, edit))


def test_a_large_number_among_the_facts_can_be_answered(path: Path) -> None:
    """What the manifest lets through can be written as JSON again."""
    edit_manifest(path, lambda m: m["config"].update(x=10**30))
    assert orjson.dumps(open_checkpoint(path).manifest.config.document())


@pytest.mark.parametrize("file", ["MODEL_CARD.md", "graph.safetensors", "manifest.json", "manifest.sha256"])
@pytest.mark.parametrize(
    "make",
    [os.mkfifo, os.mkdir, lambda file: file.symlink_to(file.name), lambda file: file.symlink_to("/dev/zero")],
    ids=["pipe", "directory", "loop", "device"],
)
def test_only_regular_files_are_read(path: Path, file: str, make: Callable[[Path], None]) -> None:
    """A pipe would block for ever, a device never end."""
    (path / file).unlink()
    make(path / file)
    with pytest.raises(CheckpointError, match=f"{file}: expected a (regular |readable |)file"):
        open_checkpoint(path)


def test_a_file_of_the_wrong_size_is_not_hashed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terabyte in place of a kilobyte is refused at once."""
    edit_manifest(path, lambda m: [entry.update(bytes=1) for entry in m["files"].values()])
    monkeypatch.setattr(
        "latentlink.models.checkpoint.disk.files.digest_of", lambda _file, path: pytest.fail(f"{path} was hashed")
    )
    with pytest.raises(CheckpointError, match="expected 1 bytes, found"):
        open_checkpoint(path)


def test_a_directory_without_permission_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the directory."""

    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(CheckpointError, match=f"{path.name}: expected a whole checkpoint, found: .*Permission denied"):
        open_checkpoint(path)


def test_a_path_with_nul_is_an_error() -> None:
    """A name that no file can have is no traceback."""
    with pytest.raises(CheckpointError, match="expected a readable file"):
        open_checkpoint("a\0b")


def test_a_nested_header_is_an_error(path: Path) -> None:
    """A header that exhausts the parser's stack is a damaged one."""
    header = b"[" * 100_000
    replace_file(path, "graph.safetensors", len(header).to_bytes(8, "little") + header)
    with pytest.raises(CheckpointError, match=r"graph\.safetensors: .*damaged header"):
        open_checkpoint(path)


def _linked(file: Path, target: Path) -> None:
    """Move a file to another place and link to it."""
    file.rename(target)
    file.symlink_to(os.path.relpath(target, file.parent))


@pytest.mark.parametrize("file", ["MODEL_CARD.md", "graph.safetensors", "manifest.json"])
def test_a_link_out_of_the_store_is_refused(tmp_path: Path, file: str) -> None:
    """Whoever may write into the store must not make the service read what lies elsewhere."""
    path = publish_small(tmp_path / "store")
    _linked(path / file, tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match=f"{file}: expected a file within .*store, found a link to .*elsewhere"):
        open_checkpoint(path)


def test_a_version_that_is_a_link_out_of_the_store_is_refused(tmp_path: Path) -> None:
    """Its files lie elsewhere, too."""
    path = publish_small(tmp_path / "store")
    _linked(path, tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match=r"manifest\.json: expected a file within"):
        open_checkpoint(path)


def test_links_within_the_store_are_followed(tmp_path: Path) -> None:
    """As content-addressed caches make them; the store itself may be a link."""
    path = publish_small(tmp_path / "store")
    (tmp_path / "store" / "blobs").mkdir()
    for file in list(path.iterdir()):
        _linked(file, tmp_path / "store" / "blobs" / file.name)
    (tmp_path / "link").symlink_to("store")
    assert open_checkpoint(tmp_path / "link" / path.parent.name / path.name).manifest.name == "small"


@pytest.mark.parametrize("file", ["manifest.json", "manifest.sha256"])
def test_a_giant_manifest_is_refused_by_its_size(path: Path, file: str) -> None:
    """A sparse file takes no disk, and its content no memory."""
    with (path / file).open("r+b") as sparse:
        sparse.truncate(2**40)
    with pytest.raises(CheckpointError, match=rf"{file}: expected at most [\d,]+ bytes, found more"):
        open_checkpoint(path)


def test_an_open_checkpoint_holds_no_descriptor(path: Path) -> None:
    """A service of hundreds of models stays within the usual limit of 1,024."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    checkpoint = open_checkpoint(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert checkpoint.mu.tobytes() == MU.tobytes()


def test_what_was_mapped_is_unmapped_with_the_checkpoint(path: Path) -> None:
    """Without a run of the garbage collector; a view that outlives the checkpoint stays readable."""
    gc.disable()
    try:
        checkpoint = open_checkpoint(path)
        kept = checkpoint.mu[1]
        assert _mapped(path) == MAPPED
        del checkpoint
        assert _mapped(path) == ["embeddings.safetensors"]
        assert kept.tolist() == MU[1].tolist()
        del kept
        assert _mapped(path) == []
    finally:
        gc.enable()


def _mapped(path: Path) -> list[str]:
    """Names of the files of a directory that this process has mapped, sorted."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return sorted({line.rpartition("/")[2] for line in lines if str(path) in line})
