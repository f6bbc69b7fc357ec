"""A checkpoint opens whole or not at all, and says why."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from models.checkpoint import encode_nodes, open_checkpoint, publish
from models.errors import CheckpointError
from tests.models.checkpoint.helpers import EDGES, IDS, MU, facts, files, publish_small


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole checkpoint."""
    return publish_small(tmp_path)


def _edit_manifest(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest and its digest, as an attacker or a newer version would."""
    manifest = json.loads((path / "manifest.json").read_bytes())
    edit(manifest)
    content = json.dumps(manifest).encode()
    (path / "manifest.json").write_bytes(content)
    (path / "manifest.sha256").write_text(hashlib.sha256(content).hexdigest())


def test_a_whole_checkpoint_gives_what_was_published(path: Path) -> None:
    """Embeddings, ids, edges and facts come back."""
    checkpoint = open_checkpoint(path)
    np.testing.assert_array_equal(checkpoint.mu, MU)
    assert checkpoint.nodes.ids(range(7)) == IDS
    assert checkpoint.graph.has_edges(EDGES[:, 1], EDGES[:, 0]).all()
    assert checkpoint.manifest.metrics["test"]["auc"] == 0.7


def test_nodes_go_both_ways(path: Path) -> None:
    """`row`, `id` and `in` of the node table, as promised."""
    nodes = open_checkpoint(path).nodes
    assert (nodes.row("日本"), nodes.id(5), "日本" in nodes, "x" in nodes) == (5, "日本", True, False)


def test_a_stranger_is_no_edge(path: Path) -> None:
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
    _edit_manifest(path, lambda m: m.update(format_version=2))
    with pytest.raises(CheckpointError, match="format_version 1 or lower, found 2"):
        open_checkpoint(path)


def test_unknown_fields_are_ignored(path: Path) -> None:
    """A later version may add facts without a new format."""
    _edit_manifest(path, lambda m: m.update(later={"a": 1}))
    assert open_checkpoint(path).manifest.name == "small"


def test_a_file_outside_the_directory_is_refused(path: Path) -> None:
    """A manifest can't make the reader look elsewhere."""
    _edit_manifest(path, lambda m: m["files"].update({"../x": m["files"]["MODEL_CARD.md"]}))
    with pytest.raises(CheckpointError, match="plain file names"):
        open_checkpoint(path)


def test_a_models_directory_is_told_from_a_versions(path: Path) -> None:
    """The error says which directory was meant."""
    with pytest.raises(CheckpointError, match=f"try .*{path.name}"):
        open_checkpoint(path.parent)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_embeddings_must_be_finite(tmp_path: Path, value: float) -> None:
    """NaN would become a probability of nothing."""
    mu = MU.copy()
    mu[3, 1] = value
    with pytest.raises(CheckpointError, match=r"embeddings\.safetensors, mu: expected finite numbers"):
        open_checkpoint(publish(tmp_path, "small", facts(), {**files(), "embeddings.safetensors": {"mu": mu}}))


@pytest.mark.parametrize(
    ("file", "tensors", "message"),
    [
        ("embeddings.safetensors", {"mu": MU[:6]}, "expected float32"),
        ("embeddings.safetensors", {"nu": MU}, "expected a tensor named 'mu'"),
        ("nodes.safetensors", encode_nodes(IDS[:6]), "nodes.safetensors, offsets: expected int64"),
        ("nodes.safetensors", {**encode_nodes(IDS), "order": np.zeros(7, np.int64)}, "each row 0–6 once"),
        ("nodes.safetensors", {**encode_nodes(IDS), "bytes": np.full(15, 255, np.uint8)}, "ids in UTF-8"),
        ("graph.safetensors", {"indptr": np.zeros(8, np.int64), "indices": np.empty(0, np.int32)}, "3 edges"),
        (
            "graph.safetensors",
            {"indptr": np.array([0, 2, 4, 6, 6, 6, 6, 6]), "indices": np.array([1, 9, 0, 2, 0, 1], np.int32)},
            "sorted rows of nodes 0–6",
        ),
        (
            "graph.safetensors",
            {"indptr": np.array([0, 2, 4, 6, 6, 6, 6, 6]), "indices": np.array([1, 1, 0, 2, 0, 1], np.int32)},
            "sorted rows",
        ),
        (
            "graph.safetensors",
            {"indptr": np.array([0, 2, 4, 6, 6, 6, 6, 6]), "indices": np.array([0, 1, 0, 2, 0, 1], np.int32)},
            "without self-loops",
        ),
        (
            "graph.safetensors",
            {"indptr": np.array([0, 4, 2, 6, 6, 6, 6, 6]), "indices": np.array([1, 2, 0, 2, 0, 1], np.int32)},
            "offsets that rise",
        ),
    ],
)
def test_tensors_are_held_to_each_other(tmp_path: Path, file: str, tensors: dict[str, Any], message: str) -> None:
    """Right digests are not enough: shapes, ids and edges must fit the counts."""
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(publish(tmp_path, "small", facts(), {**files(), file: tensors}))


@pytest.mark.parametrize("heldout", [[[0, 7]], [[-1, 2]], [[0, 1, 2]]])
def test_held_out_edges_are_pairs_of_nodes(tmp_path: Path, heldout: list[list[int]]) -> None:
    """Rows out of range and triples are refused."""
    graph = {**cast(dict[str, Any], files()["graph.safetensors"]), "heldout": np.array(heldout)}
    with pytest.raises(CheckpointError, match="heldout: expected pairs"):
        open_checkpoint(publish(tmp_path, "small", facts(), {**files(), "graph.safetensors": graph}))


def test_embeddings_must_not_overflow_an_inner_product(tmp_path: Path) -> None:
    """Finite numbers whose products are infinite in float32 are refused."""
    with pytest.raises(CheckpointError, match=r"expected numbers below 1e\+15"):
        open_checkpoint(publish(tmp_path, "small", facts(), {**files(), "embeddings.safetensors": {"mu": MU + 2e15}}))


def test_a_variational_model_needs_its_variance(tmp_path: Path) -> None:
    """A VGAE without logvar is not whole."""
    with pytest.raises(CheckpointError, match="logvar"):
        open_checkpoint(publish(tmp_path, "small", facts(model="vgae"), files()))
