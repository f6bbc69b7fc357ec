"""Heuristics against networkx and by hand."""

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest

from latentlink.models.arrays import Bool, Int64, Ints
from latentlink.models.evaluation.heuristics import heuristics
from latentlink.models.graph.csr import CSR, find
from latentlink.models.graph.graph import adjacency

GRAPH = nx.gnm_random_graph(40, 120, seed=3)
PAIRS = np.array(list(combinations(range(40), 2)))
KNOWN = adjacency(40, np.array(GRAPH.edges))

Oracle = Callable[[Any, Any], Iterator[tuple[int, int, float]]]


def _common_neighbors(graph: Any, pairs: Any) -> Iterator[tuple[int, int, float]]:
    return ((i, j, len(list(nx.common_neighbors(graph, i, j)))) for i, j in pairs)


@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("common_neighbors", _common_neighbors),
        ("adamic_adar", nx.adamic_adar_index),
        ("resource_allocation", nx.resource_allocation_index),
        ("preferential_attachment", nx.preferential_attachment),
    ],
)
def test_scores_equal_networkx(name: str, oracle: Oracle) -> None:
    """Every pair of a random graph has networkx' score; without features there are no other heuristics."""
    expected = [score for _, _, score in oracle(GRAPH, PAIRS.tolist())]
    np.testing.assert_allclose(heuristics(KNOWN)(PAIRS)[name], expected, rtol=1e-12)
    assert len(heuristics(KNOWN)(PAIRS)) == 4


def test_weights_of_edges_do_not_count() -> None:
    """A heavy edge is one edge."""
    heavy = adjacency(40, np.array(GRAPH.edges), np.full(120, 9, np.float32))
    np.testing.assert_array_equal(heuristics(heavy)(PAIRS)["adamic_adar"], heuristics(KNOWN)(PAIRS)["adamic_adar"])


@pytest.mark.parametrize("sparse", [False, True])
def test_cosine_is_the_angle_of_the_features(sparse: bool) -> None:
    """(3, 4) and (4, 3) meet at 24/25; a row without features is at a right angle to all."""
    x = np.array([[3, 4], [4, 3], [0, 0]], np.float32)
    score = heuristics(adjacency(3, np.array([[0, 1]])), CSR.from_dense(x) if sparse else x)
    assert score(np.array([[0, 1], [0, 2], [1, 1]]))["feature_cosine"] == pytest.approx([24 / 25, 0, 1])


def test_a_leaf_between_none_counts_nothing() -> None:
    """Nodes of degree one are common neighbours of no pair, and give no division by log 1."""
    path = heuristics(adjacency(3, np.array([[0, 1], [1, 2]])))
    assert path(np.array([[0, 2], [0, 1]]))["adamic_adar"] == pytest.approx([1 / math.log(2), 0])


def test_a_hub_costs_no_more_than_the_links_of_the_other_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells looked up are the links of the node with fewer, in blocks of the budget; the scores stay networkx'."""
    monkeypatch.setattr("latentlink.models.graph.csr._ENTRIES", 64)
    looked_up: list[int] = []

    def counting(indptr: Ints, indices: Ints, rows: Int64, columns: Int64) -> tuple[Ints, Bool]:
        looked_up.append(len(rows))
        return find(indptr, indices, rows, columns)

    monkeypatch.setattr("latentlink.models.graph.csr.find", counting)
    graph = nx.star_graph(300)
    graph.add_edges_from((leaf, leaf % 300 + 1) for leaf in range(1, 301, 2))
    pairs = np.array([(0, leaf) for leaf in range(1, 301)] + [(0, 0)])
    scores = heuristics(adjacency(301, np.array(graph.edges)))(pairs)["resource_allocation"]
    expected = [score for _, _, score in nx.resource_allocation_index(graph, pairs[:-1].tolist())]
    np.testing.assert_allclose(scores, [*expected, sum(1 / graph.degree[leaf] for leaf in range(1, 301))], rtol=1e-12)
    assert sum(looked_up) == sum(min(graph.degree[a], graph.degree[b]) for a, b in pairs.tolist())
    assert max(looked_up[:-1]) <= 64
    assert looked_up[-1] == 300
