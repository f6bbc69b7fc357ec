"""Heuristics against networkx and by hand."""

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest

from latentlink.models.evaluation.heuristics import heuristics
from latentlink.models.graph.csr import CSR
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
    np.testing.assert_allclose(heuristics(KNOWN)[name](PAIRS), expected, rtol=1e-12)
    assert len(heuristics(KNOWN)) == 4


def test_weights_of_edges_do_not_count() -> None:
    """A heavy edge is one edge."""
    heavy = adjacency(40, np.array(GRAPH.edges), np.full(120, 9, np.float32))
    np.testing.assert_array_equal(heuristics(heavy)["adamic_adar"](PAIRS), heuristics(KNOWN)["adamic_adar"](PAIRS))


@pytest.mark.parametrize("sparse", [False, True])
def test_cosine_is_the_angle_of_the_features(sparse: bool) -> None:
    """(3, 4) and (4, 3) meet at 24/25; a row without features is at a right angle to all."""
    x = np.array([[3, 4], [4, 3], [0, 0]], np.float32)
    score = heuristics(adjacency(3, np.array([[0, 1]])), CSR.from_dense(x) if sparse else x)["feature_cosine"]
    assert score(np.array([[0, 1], [0, 2], [1, 1]])) == pytest.approx([24 / 25, 0, 1])


def test_a_leaf_between_none_counts_nothing() -> None:
    """Nodes of degree one are common neighbours of no pair, and give no division by log 1."""
    path = heuristics(adjacency(3, np.array([[0, 1], [1, 2]])))
    assert path["adamic_adar"](np.array([[0, 2], [0, 1]])) == pytest.approx([1 / math.log(2), 0])
