"""A checkpoint opens whole or not at all, and says why."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.errors import CheckpointError
from tests.models.checkpoint.helpers import EDGES, IDS, MU, edit_manifest, publish_small, replace_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole checkpoint."""
    return publish_small(tmp_path)


def test_a_whole_checkpoint_gives_what_was_published(path: Path) -> None:
    """Embeddings, ids, edges and facts come back."""
    checkpoint = open_checkpoint(path)
    np.testing.assert_array_equal(checkpoint.mu, MU)
    assert checkpoint.nodes.ids(range(7)) == IDS
    assert checkpoint.graph.has_edges(EDGES[:, 1], EDGES[:, 0]).all()
    assert checkpoint.manifest.metrics.test.auc == 0.7


def test_nodes_go_both_ways(path: Path) -> None:
    """`row`, `id` and `in` of the node table, as promised."""
    nodes = open_checkpoint(path).nodes
    assert (nodes.row("日本"), nodes.id(5), "日本" in nodes, "x" in nodes) == (5, "日本", True, False)


def test_an_unlinked_pair_is_no_edge(path: Path) -> None:
    """Neither unlinked pairs nor a node with itself are known."""
    graph = open_checkpoint(path).graph
    assert not graph.has_edges(np.array([0, 3, 4]), np.array([2, 4, 4])).any()


@pytest.mark.parametrize(
    "file", ["embeddings.safetensors", "graph.safetensors", "nodes.safetensors", "weights.safetensors", "MODEL_CARD.md"]
)
@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "remove"])
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


@pytest.mark.parametrize("file", ["manifest.json", "manifest.sha256"])
def test_a_missing_manifest_is_named(path: Path, file: str) -> None:
    """Without a manifest or its digest nothing is trusted."""
    (path / file).unlink()
    with pytest.raises(CheckpointError, match=file):
        open_checkpoint(path)


def test_an_edited_manifest_is_refused(path: Path) -> None:
    """The manifest is held to its digest."""
    (path / "manifest.json").write_bytes((path / "manifest.json").read_bytes().replace(b'"gae"', b'"ae" '))
    with pytest.raises(CheckpointError, match="it was damaged or edited"):
        open_checkpoint(path)


def test_a_newer_format_is_refused_by_number(path: Path) -> None:
    """The error names the version found and the one that can be read."""
    edit_manifest(path, lambda m: m.update(format_version=2))
    with pytest.raises(CheckpointError, match="format_version 1 or lower, found 2"):
        open_checkpoint(path)


def test_unknown_fields_are_ignored(path: Path) -> None:
    """A later version may add facts without a new format."""
    edit_manifest(path, lambda m: m.update(later={"a": 1}))
    assert open_checkpoint(path).manifest.name == "small"


def test_a_file_outside_the_directory_is_refused(path: Path) -> None:
    """A manifest can't make the reader look elsewhere."""
    edit_manifest(path, lambda m: m["files"].update({"../x": m["files"]["MODEL_CARD.md"]}))
    with pytest.raises(CheckpointError, match="plain file names"):
        open_checkpoint(path)


def test_a_models_directory_is_told_from_a_versions(path: Path) -> None:
    """The error says which directory was meant."""
    with pytest.raises(CheckpointError, match=f"try .*{path.name}"):
        open_checkpoint(path.parent)


@pytest.mark.parametrize(
    "file", ["embeddings.safetensors", "graph.safetensors", "nodes.safetensors", "weights.safetensors"]
)
def test_what_is_mapped_needs_a_digest(path: Path, file: str) -> None:
    """A manifest that leaves a file out binds nothing."""
    edit_manifest(path, lambda m: m["files"].pop(file))
    with pytest.raises(CheckpointError, match=rf"manifest\.json: expected a digest of {file}, found none"):
        open_checkpoint(path)


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.update(seed=10**30),
        lambda m: m.update(seed=2**63),
        lambda m: m["counts"].update(edges=2**63),
        lambda m: m["counts"].update(features=10**30),
        lambda m: m["config"].update(x=float("nan")),
        lambda m: m["training"].update(x="\ud800"),
        lambda m: m.update(calibration=_nested(300)),
        lambda m: m["config"].update(x=_nested(900)),
        lambda m: m.update(metrics={"test": 0.9}),
        lambda m: m.update(thresholds={}),
    ],
)
def test_facts_that_no_answer_could_hold_are_refused(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Numbers over 64 bits, NaN, broken strings and endless nesting are errors of the manifest, not of a request."""
    edit_manifest(path, lambda m: m.setdefault("training", {}))
    with pytest.raises(CheckpointError, match=r"manifest\.json: expected"):
        open_checkpoint(edit_manifest(path, edit))


def test_a_fact_of_another_type_is_named(path: Path) -> None:
    """The error says which of them."""
    edit_manifest(path, lambda m: m["metrics"]["test"].update(auc="high"))
    with pytest.raises(CheckpointError, match=r"found metrics\.test\.auc: "):
        open_checkpoint(path)


def test_a_large_number_among_the_facts_can_be_answered(path: Path) -> None:
    """What the manifest lets through can be written as JSON again."""
    edit_manifest(path, lambda m: m["config"].update(x=10**30))
    assert orjson.dumps(open_checkpoint(path).manifest.config.document())


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"x": value}
    return value


@pytest.mark.parametrize("name", ["a\0b", "..", ".", "x/MODEL_CARD.md", "a" * 300])
def test_names_that_are_no_files_are_refused(path: Path, name: str) -> None:
    """NUL, directories and names too long for the disk are errors, not tracebacks."""
    edit_manifest(path, lambda m: m["files"].update({name: m["files"]["MODEL_CARD.md"]}))
    with pytest.raises(CheckpointError, match="expected"):
        open_checkpoint(path)


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _loop(file: Path) -> None:
    file.symlink_to(file.name)


def _endless(file: Path) -> None:
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize("file", ["MODEL_CARD.md", "graph.safetensors", "manifest.json", "manifest.sha256"])
@pytest.mark.parametrize("make", [_pipe, Path.mkdir, _loop, _endless])
def test_only_regular_files_are_read(path: Path, file: str, make: Callable[[Path], None]) -> None:
    """A pipe would block for ever, a device never end."""
    (path / file).unlink()
    make(path / file)
    with pytest.raises(CheckpointError, match=f"{file}: expected a (regular|readable) file"):
        open_checkpoint(path)


def test_a_file_of_the_wrong_size_is_not_hashed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terabyte in place of a kilobyte is refused at once."""
    edit_manifest(path, lambda m: [entry.update(bytes=1) for entry in m["files"].values()])
    monkeypatch.setattr(
        "latentlink.models.checkpoint.reader.digest_file", lambda path: pytest.fail(f"{path} was hashed")
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
