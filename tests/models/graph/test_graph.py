"""What becomes of a list of pairs, by hand."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph, adjacency

IDS = ["a", "b", "c", "d"]


def _pairs(*edges: tuple[int, int]) -> np.ndarray:
    return np.array(edges, np.int64).reshape(-1, 2)


def test_self_loops_are_dropped_and_duplicates_merged() -> None:
    """b–a and a–b are one edge that weighs as much as both; both kinds are counted."""
    weights = np.array([1.5, 2.0, 9.0, 0.25, 1.0], np.float32)
    graph = Graph.from_pairs(IDS, _pairs((1, 0), (0, 1), (3, 3), (2, 3), (0, 1)), weights)
    assert graph.weights is not None
    assert (graph.edges.tolist(), graph.weights.tolist()) == ([[0, 1], [2, 3]], [4.5, 0.25])
    assert (graph.self_loops, graph.duplicates) == (1, 2)


def test_directed_edges_keep_both_directions() -> None:
    """b→a and a→b are two edges, in lexicographic order; the second b→a is a duplicate. Without `directed` all are one."""
    pairs, weights = _pairs((1, 0), (0, 1), (3, 3), (1, 0)), np.array([1.5, 2.0, 9.0, 0.25], np.float32)
    graph = Graph.from_pairs(IDS, pairs, weights, directed=True)
    assert graph.weights is not None
    assert (graph.edges.tolist(), graph.weights.tolist()) == ([[0, 1], [1, 0]], [2.0, 1.75])
    assert (graph.self_loops, graph.duplicates, graph.directed) == (1, 1, True)
    assert Graph.from_pairs(IDS, pairs, weights).edges.tolist() == [[0, 1]]


def test_a_direction_changes_the_fingerprint() -> None:
    """The same edges are another graph where they are directed."""
    plain, directed = (Graph.from_pairs(IDS, _pairs((0, 1), (2, 3)), directed=way) for way in (False, True))
    assert plain.edges.tolist() == directed.edges.tolist()
    assert plain.fingerprint() != directed.fingerprint()


def test_weights_as_of_a_moment_are_of_the_rows_up_to_it() -> None:
    """a–b weighs 1 in 2000, 3 more in 2010 and 5 more in 2020; c–d comes in 2015."""
    pairs, weights = _pairs((0, 1), (1, 0), (2, 3), (0, 1)), np.array([1, 3, 2, 5], np.float32)
    graph = Graph.from_pairs(IDS, pairs, weights, times=np.array([2000.0, 2010, 2015, 2020]))
    found = [graph.as_of(year).weights for year in (2009, 2010, 2019, 2020)]
    assert [w.tolist() for w in found if w is not None] == [[1, 0], [4, 0], [4, 2], [9, 2]]
    assert graph.weights is not None
    assert graph.weights.tolist() == [9, 2]


def test_weights_without_later_repeats_do_not_change() -> None:
    """Rows of one moment are one event, and without weights or times there is nothing to remember."""
    pairs, one, times = _pairs((0, 1), (1, 0), (2, 3)), np.ones(3, np.float32), np.array([5.0, 5, 7])
    for graph in (
        Graph.from_pairs(IDS, pairs, one, times=times),
        Graph.from_pairs(IDS, pairs, one),
        Graph.from_pairs(IDS, pairs, times=np.arange(3.0)),
    ):
        assert graph.weights_until is None


@pytest.mark.parametrize(
    ("pairs", "given", "message"),
    [
        (_pairs((1, 1)), {}, "at least one edge between two different nodes, found none among 1 rows"),
        (_pairs((0, 1)), {"features": np.ones((3, 2), np.float32)}, "one row for each of the 4 nodes, found 3 rows"),
        (
            _pairs((0, 1), (3, 1), (1, 3)),
            {"weights": np.array([1, 3e38, 3e38], np.float32)},
            r"sum to a finite float32, found 6e[+]38 between 'b' and 'd'; scale the weights",
        ),
    ],
)
def test_pairs_that_make_no_graph_are_refused(pairs: np.ndarray, given: dict[str, Any], message: str) -> None:
    """Self-loops alone, features of another length, and weights whose sum float32 can't hold, named by the edge's ids."""
    with pytest.raises(DataError, match=message):
        Graph.from_pairs(IDS, pairs, **given)


def test_adjacency_holds_every_edge_in_both_directions() -> None:
    """The adjacency of a weighted path, written out."""
    matrix = adjacency(3, _pairs((0, 1), (1, 2)), np.array([2, 5], np.float32))
    assert matrix.indptr.tolist() == [0, 1, 3, 4]
    assert matrix.indices.tolist() == [1, 0, 2, 1]
    assert matrix.data.tolist() == [2, 2, 5, 5]


def test_every_nan_has_one_fingerprint() -> None:
    """The bits of a NaN do not matter, but a missing value isn't 0."""
    missing, signed, zero = (np.array(bits, "<u4").view(np.float32) for bits in (0x7FC00000, 0xFFC00001, 0))
    of_nan, of_other, of_zero = (
        Graph.from_pairs(IDS, _pairs((0, 1)), features=np.full((4, 1), x, np.float32)) for x in (missing, signed, zero)
    )
    assert of_nan.fingerprint() == of_other.fingerprint() != of_zero.fingerprint()


def test_notes_and_the_order_of_rows_do_not_change_the_fingerprint() -> None:
    """The fingerprint is of the graph, not of the file it came from or of remarks on it."""
    graph = Graph.from_pairs(IDS, _pairs((0, 1), (2, 3)))
    other = replace(Graph.from_pairs(IDS, _pairs((3, 2), (1, 0), (0, 1))), notes=("A note.",))
    assert graph.fingerprint() == other.fingerprint()


@pytest.mark.parametrize(
    "other",
    [
        Graph.from_pairs(["a", "b", "c", "e"], _pairs((0, 1), (2, 3))),
        Graph.from_pairs(IDS, _pairs((0, 1), (1, 3))),
        Graph.from_pairs(IDS, _pairs((0, 1), (2, 3)), np.ones(2, np.float32)),
        Graph.from_pairs(IDS, _pairs((0, 1), (2, 3)), features=np.eye(4, dtype=np.float32)),
        Graph.from_pairs(IDS, _pairs((0, 1), (2, 3)), features=CSR.identity(4)),
        Graph.from_pairs(["ab", "", "c", "d"], _pairs((0, 1), (2, 3))),
    ],
)
def test_another_graph_has_another_fingerprint(other: Graph) -> None:
    """Ids, edges, weights and features all count."""
    assert other.fingerprint() != Graph.from_pairs(IDS, _pairs((0, 1), (2, 3))).fingerprint()


def test_a_large_table_has_the_fingerprint_of_its_bytes() -> None:
    """Block by block or all at once; NaN of any bits is NaN."""
    x = np.arange(2 * 70_000, dtype=np.float32).reshape(70_000, 2)
    x[3, 1] = np.nan
    other = x.copy()
    other.view(np.int32)[3, 1] += 1
    ids = [str(i) for i in range(70_000)]
    digest = hashlib.sha256()
    graphs = [Graph(ids, np.array([[0, 1]]), features=features) for features in (x, other)]
    for node in ids:
        digest.update(len(node).to_bytes(8, "little") + node.encode())
    digest.update(b"<i8(1, 2)" + graphs[0].edges.tobytes() + b"-<f4(70000, 2)" + x.tobytes())
    assert [graph.fingerprint() for graph in graphs] == [digest.hexdigest()] * 2
