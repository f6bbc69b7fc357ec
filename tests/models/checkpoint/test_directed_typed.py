"""Checkpoints of directed and of typed graphs: format version 2."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.arrays import Array
from latentlink.models.checkpoint import Checkpoint, Texts, encode_nodes, open_checkpoint
from latentlink.models.errors import CheckpointError
from tests.models.checkpoint.helpers import IDS, MU, forge, forge_changed
from tests.models.checkpoint.wrong_tensors import floats
from tests.support import Small

# The links 0 → 1, 1 → 2, 2 → 1.
OUT = {"indptr": np.array([0, 1, 2, 3, 3, 3, 3, 3]), "indices": np.array([1, 2, 1], np.int32)}
ONE_MORE_IN = {
    "in_indptr": np.array([0, 1, 3, 4, 4, 4, 4, 4]),
    "in_indices": np.array([1, 0, 2, 1], np.int32),
}
IN = {"in_indptr": np.array([0, 0, 2, 3, 3, 3, 3, 3]), "in_indices": np.array([0, 2, 1], np.int32)}
TARGET = MU[::-1].copy()
TYPES = np.array([0, 1, 0, 0, 0, 0, 1])
TYPED = {"types": ["user", "item"], "linked": [["user", "item"]]}
USERS_AND_ITEMS = {"indptr": np.array([0, 1, 3, 4, 4, 4, 4, 4]), "indices": np.array([1, 0, 2, 1], np.int32)}
NODES = encode_nodes(["b", "a", "a", "", "a b", "日本", "b"], TYPES)


def _directed(home: Path, changed: Mapping[str, Mapping[str, Any]], **changes: Any) -> Path:
    embeddings, graph = {"mu": MU, "target": TARGET}, {**OUT, **IN}
    contents = {"embeddings.safetensors": embeddings, "graph.safetensors": graph}
    return forge_changed(home, contents, changed, **{"directed": True, **changes})


def _typed(home: Path, changed: Mapping[str, Mapping[str, Any]], **changes: Any) -> Path:
    contents = {"nodes.safetensors": NODES, "graph.safetensors": USERS_AND_ITEMS}
    counts = {"nodes": 7, "edges": 2, "features": 0, "dim": 2}
    return forge_changed(home, contents, changed, **{"counts": counts, **TYPED, **changes})


def _opened(small: Small, store: Path) -> Checkpoint:
    return open_checkpoint(store / "small" / small.publish(store))


def test_a_logit_is_of_a_source_and_a_target(tmp_path: Path) -> None:
    """`mu` of the one times `target` of the other, by hand; turned round it is another number."""
    checkpoint = open_checkpoint(_directed(tmp_path, {}))
    decoder = checkpoint.decoder
    # mu[1] = (2, 3), target[4] = mu[2] = (4, 5); mu[4] = (8, 9), target[1] = mu[5] = (10, 11)
    assert (decoder.pair(1, 4), decoder.pair(4, 1)) == (2 * 4 + 3 * 5, 8 * 10 + 9 * 11)
    assert checkpoint.reversed().decoder.pair(4, 1) == decoder.pair(1, 4)


def test_links_have_a_direction(tmp_path: Path) -> None:
    """The targets and the sources of each node; turned round they change places."""
    graph = open_checkpoint(_directed(tmp_path, {})).graph
    assert [graph.neighbors(row).tolist() for row in range(3)] == [[1], [2], [1]]
    assert [graph.sources(row).tolist() for row in range(3)] == [[], [0, 2], [1]]
    assert graph.has_edges(np.array([0, 1]), np.array([1, 0])).tolist() == [True, False]
    assert [graph.reversed().neighbors(row).tolist() for row in range(3)] == [[], [0, 2], [1]]
    assert graph.degrees().tolist() == [1, 3, 2, 0, 0, 0, 0]


def test_sources_of_links_without_direction_are_neighbours(tmp_path: Path) -> None:
    """Each link is one to either end."""
    graph = open_checkpoint(forge(tmp_path, {})).graph
    assert [graph.sources(row).tolist() for row in range(3)] == [[1], [0, 2], [1]]


def test_an_id_is_looked_up_within_its_type(tmp_path: Path) -> None:
    """By itself and in a batch: two types have "a", and an id of the other type is unknown."""
    nodes = open_checkpoint(_typed(tmp_path, {})).nodes
    ids = ["a", "b", "", "a b", "c"]
    assert [nodes.rows(ids, kind).tolist() for kind in (0, 1)] == [[2, 0, 3, 4, -1], [1, 6, -1, -1, -1]]
    assert [nodes.rows(Texts.of(ids), kind).tolist() for kind in (0, 1)] == [[2, 0, 3, 4, -1], [1, 6, -1, -1, -1]]
    assert nodes.repeated.tolist() == [True, True, True, False, False, False, True]


@pytest.mark.parametrize("directed", [False, True])
def test_every_node_of_a_typed_model_is_found(tmp_path: Path, directed: bool) -> None:
    """With its type, in a batch; and the format version is 2."""
    small = Small.typed(600, directed=directed)
    checkpoint = _opened(small, tmp_path)
    assert small.of is not None
    for kind in range(3):
        rows = np.flatnonzero(small.of == kind)
        assert checkpoint.nodes.rows([small.ids[row] for row in rows], kind).tolist() == rows.tolist()
    assert checkpoint.manifest.format_version == 2


WEIGHTED = {"weights": floats(1, 2, 3)}


def test_a_directed_graph_may_have_weights_and_times(tmp_path: Path) -> None:
    """One of each link, in the order of the out-links."""
    times = {"times": np.array([1.0, 2, 3]), "heldout": np.array([[3, 0]])}
    graph = open_checkpoint(_directed(tmp_path, {"graph": {**WEIGHTED, **times}})).graph
    assert graph.weights is not None
    assert graph.weights.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("changed", "changes", "message"),
    [
        ({"embeddings": {"target": None}}, {}, "expected a tensor named 'target'"),
        ({"embeddings": {"target": TARGET[:6]}}, {}, r"target: expected float32 \(7, 2\), found float32 \(6, 2\)"),
        ({"embeddings": {"target": TARGET + np.float32(np.nan)}}, {}, "target: expected finite numbers"),
        ({"embeddings": {"target_logvar": MU}}, {}, "expected target_logvar only beside logvar"),
        ({"embeddings": {"logvar": MU}}, {}, "expected a tensor named 'target_logvar'"),
        ({"embeddings": {"logvar": MU, "target_logvar": MU + 400}}, {}, "target_logvar: expected numbers below 300"),
        ({"graph": {"in_indptr": None}}, {}, "expected a tensor named 'in_indptr'"),
        ({"graph": {"in_indices": np.array([0, 2, 3], np.int32)}}, {}, "in_indices: expected the links of indices"),
        ({"graph": {"in_indices": np.array([0, 2], np.int32)}}, {}, "in_indptr: expected offsets"),
        ({"graph": ONE_MORE_IN}, {}, "in_indices: expected the links of indices"),
        ({"graph": {"in_indices": np.array([0, 2, 9], np.int32)}}, {}, "in_indices: expected sorted rows of nodes 0–6"),
        ({"graph": {"weights": floats(1, 2)}}, {}, r"weights: expected float32 \(3,\)"),
        ({"graph": {"times": np.ones(2)}}, {}, r"times: expected float64 \(3,\)"),
        (
            {},
            {"counts": {"nodes": 7, "edges": 4_000_000, "features": 0, "dim": 2}},
            "expected 4,000,000 edges, found 3",
        ),
        ({}, {"directed": False}, "expected target only beside mu in a directed model"),
        ({}, {"format_version": 1}, "expected format_version 2"),
        ({}, {"directed": "yes"}, "directed: Input should be a valid boolean"),
    ],
)
def test_a_wrong_directed_checkpoint_is_refused(
    tmp_path: Path, changed: Mapping[str, Mapping[str, Any]], changes: dict[str, Any], message: str
) -> None:
    """Vectors and links that do not fit each other, in one line that names them."""
    with pytest.raises(CheckpointError, match=message) as error:
        open_checkpoint(_directed(tmp_path, changed, **changes))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changed", "changes", "message"),
    [
        ({"nodes": {"type": None}}, {}, "expected a tensor named 'type'"),
        ({"nodes": {"type": np.full(7, 2, np.uint16)}}, {}, "type: expected numbers below 2, the number of types"),
        ({"nodes": {"type": TYPES.astype(np.int64)}}, {}, r"type: expected uint16 \(7,\)"),
        ({"nodes": {"type": TYPES[:6].astype(np.uint16)}}, {}, r"type: expected uint16 \(7,\)"),
        ({"nodes": {"type": np.zeros(7, np.uint16)}}, {}, "order: expected rows 0–6 by rising, distinct ids"),
        (
            {"graph": {"heldout": np.array([[0, 2]])}},
            {},
            "heldout: expected links between user–item, found one of user",
        ),
        ({}, {"linked": [["user", "user"]]}, "indices: expected links between user–user, found one of user–item"),
        ({}, {"linked": [["user", "film"]]}, "expected linked pairs of the types"),
        ({}, {"linked": []}, "expected linked pairs of the types"),
        ({}, {"types": []}, "expected linked pairs of the types"),
        ({}, {"types": [], "linked": []}, "type: expected none, as the manifest has no types, found one"),
        ({}, {"types": ["user", "user"]}, "expected distinct types"),
        ({}, {"linked": [["user", "item"], ["item", "user"]]}, "expected each linked pair once"),
        ({}, {"linked": [["user"]]}, "linked.0"),
        ({"embeddings": {"target": TARGET}}, {}, "expected target only beside mu in a directed model"),
    ],
)
def test_a_wrong_typed_checkpoint_is_refused(
    tmp_path: Path, changed: Mapping[str, Mapping[str, Any]], changes: dict[str, Any], message: str
) -> None:
    """Types, ids and links that do not fit each other, in one line that names them."""
    with pytest.raises(CheckpointError, match=message) as error:
        open_checkpoint(_typed(tmp_path, changed, **changes))
    assert "\n" not in str(error.value)


def test_a_directed_model_has_no_shared_links(tmp_path: Path) -> None:
    """Their part of a logit has no direction."""
    parts = {"dense": 2, "spectral": 0, "bias": 0, "shared_links": True}
    columns: dict[str, Array] = {"column_weights": floats(1, 1)}
    with pytest.raises(CheckpointError, match=r"expected no parts\.shared_links in a directed model"):
        open_checkpoint(_directed(tmp_path, {"embeddings": columns}, parts=parts))


def test_ids_of_one_type_are_distinct(tmp_path: Path) -> None:
    """Two items with the same id are refused."""
    with pytest.raises(CheckpointError, match="distinct ids"):
        open_checkpoint(_typed(tmp_path, {"nodes": encode_nodes([*IDS[:6], "a"], TYPES)}))
