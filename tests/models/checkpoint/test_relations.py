"""Checkpoints of graphs with relations: a directed graph for each, over one table of vectors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.errors import CheckpointError
from tests.models.checkpoint.helpers import MU, forge_changed
from tests.models.checkpoint.wrong_tensors import floats

# Of 7 nodes, "likes" 0 → 1 and 1 → 2, "knows" 2 → 0; a row for each node and relation.
LINKS = {
    "indptr": np.array([0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3]),
    "indices": np.array([1, 2, 0], np.int32),
    "in_indptr": np.array([0, 0, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3]),
    "in_indices": np.array([0, 1, 2], np.int32),
    "heldout": np.array([[3, 4], [5, 6]]),
    "heldout_relation": np.array([1, 0], np.int16),
}
WEIGHTS = floats(1, 2, -1, 0.5).reshape(2, 2)
KINDS = {"model": "complex", "directed": True, "relations": ["likes", "knows"]}


def _forge(home: Path, changed: Mapping[str, Mapping[str, Any]], **changes: Any) -> Path:
    """Such a checkpoint, with some tensors changed; one that is None is left out."""
    contents = {"graph.safetensors": LINKS, "weights.safetensors": {"relations.weight": WEIGHTS}}
    return forge_changed(home, contents, changed, **{**KINDS, **changes})


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """The whole of it."""
    return open_checkpoint(_forge(tmp_path, {}))


def test_a_logit_is_of_a_source_a_relation_and_a_target(checkpoint: Checkpoint) -> None:
    """Re⟨s, r, t̄⟩ by complex numbers, which is another number turned round, unless the relation is turned round, too."""
    s, t, r = complex(*MU[1]), complex(*MU[4]), complex(*WEIGHTS[1])
    knows = checkpoint.of_relation(1)
    assert knows.decoder.pair(1, 4) == (s * r * t.conjugate()).real
    assert knows.decoder.pair(4, 1) == (t * r * s.conjugate()).real != knows.decoder.pair(1, 4)
    assert knows.reversed().decoder.pair(4, 1) == knows.decoder.pair(1, 4)


def test_each_relation_has_links_of_its_own(checkpoint: Checkpoint) -> None:
    """Their targets, sources and held-out links, which turned round change places, in the memory of all."""
    likes, knows = (checkpoint.of_relation(relation).graph for relation in (0, 1))
    assert [likes.neighbors(row).tolist() for row in range(3)] == [[1], [2], []]
    assert [knows.sources(row).tolist() for row in range(3)] == [[2], [], []]
    assert [knows.reversed().neighbors(row).tolist() for row in range(3)] == [[2], [], []]
    assert (likes.heldout.tolist(), knows.reversed().heldout.tolist()) == ([[5, 6]], [[4, 3]])  # type: ignore[union-attr]
    assert likes.has_edges(np.array([0, 1, 2]), np.array([1, 0, 0])).tolist() == [True, False, False]
    assert np.shares_memory(knows.indptr, checkpoint.graph.indptr)


def test_the_whole_graph_lists_links_with_their_relations(checkpoint: Checkpoint) -> None:
    """From a node and to it; its degree counts both of all relations."""
    graph = checkpoint.graph
    assert [part.tolist() for part in graph.by_relation(2)] == [[1], [0]]
    assert [part.tolist() for part in graph.sources_by_relation(2)] == [[0], [1]]
    assert graph.degrees().tolist() == [2, 2, 2, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("changed", "changes", "message"),
    [
        ({"weights": {"relations.weight": None}}, {}, "expected a tensor named 'relations.weight'"),
        (
            {"weights": {"relations.weight": WEIGHTS[:1]}},
            {},
            r"weight: expected float32 \(2, 2\), found float32 \(1, 2\)",
        ),
        ({"weights": {"relations.weight": WEIGHTS * 9_999}}, {}, "relations.weight: expected numbers below 10,000"),
        ({"weights": {"relations.weight": WEIGHTS * np.float32(np.nan)}}, {}, "expected finite numbers"),
        ({"embeddings": {"target": MU}}, {}, "expected target only beside mu in a directed model without relations"),
        ({"embeddings": {"logvar": MU}}, {}, "expected no logvar in a model with relations"),
        ({"graph": {"indptr": LINKS["indptr"][:8]}}, {}, r"indptr: expected int64 \(15,\), found int64 \(8,\)"),
        ({"graph": {"in_indptr": None}}, {}, "expected a tensor named 'in_indptr'"),
        ({"graph": {"in_indices": np.array([0, 1, 3], np.int32)}}, {}, "in_indices: expected the links of indices"),
        (
            {"graph": {"indices": np.array([1, 2, 2], np.int32)}},
            {},
            "indices: expected sorted rows of nodes 0–6 without",
        ),
        ({"graph": {"heldout_relation": None}}, {}, "expected a tensor named 'heldout_relation'"),
        (
            {"graph": {"heldout_relation": np.array([0, 2], np.int16)}},
            {},
            "heldout_relation: expected numbers from 0 to 1",
        ),
        ({"graph": {"heldout_relation": np.zeros(1, np.int16)}}, {}, r"heldout_relation: expected int16 \(2,\)"),
        (
            {"graph": {"components": np.arange(7, dtype=np.int32)}},
            {},
            "components: expected linked nodes in one component",
        ),
        (
            {"embeddings": {"mu": MU[:, :1]}},
            {"counts": {"nodes": 7, "edges": 3, "features": 0, "dim": 1}},
            "so even, found 1",
        ),
        ({}, {"relations": ["likes", "likes"]}, "expected distinct relations"),
        ({}, {"relation_probabilities": [{"prior": 0.1}]}, "relation_probabilities of 2 relations, found 1"),
        ({}, {"relations": []}, "expected relations in a model of kind complex alone, found 0"),
        ({}, {"relations": [""]}, "relations.0"),
        ({}, {"relations": [str(at) for at in range(1_001)]}, "relations: List should have at most 1000 items"),
        ({}, {"model": "gae"}, "expected relations in a model of kind complex alone, found 2"),
        (
            {},
            {"directed": False, "format_version": 1},
            "expected relations of directed links between nodes of one type",
        ),
        (
            {},
            {"types": ["a"], "linked": [["a", "a"]]},
            "expected relations of directed links between nodes of one type",
        ),
    ],
)
def test_a_wrong_checkpoint_of_relations_is_refused(
    tmp_path: Path, changed: Mapping[str, Mapping[str, Any]], changes: dict[str, Any], message: str
) -> None:
    """Weights, links and relations that do not fit each other, in one line that names them."""
    with pytest.raises(CheckpointError, match=message) as error:
        open_checkpoint(_forge(tmp_path, changed, **changes))
    assert "\n" not in str(error.value)
