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
from latentlink.models.evaluation.heuristics.overlaps import Overlaps
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
    """Every pair of a random graph has networkx' score."""
    expected = [score for _, _, score in oracle(GRAPH, PAIRS.tolist())]
    np.testing.assert_allclose(heuristics(KNOWN).score_pairs(PAIRS)[name], expected, rtol=1e-12)


def test_without_features_there_is_no_cosine() -> None:
    """The others need links alone."""
    assert sorted(heuristics(KNOWN).score_pairs(PAIRS)) == [
        "adamic_adar",
        "common_neighbors",
        "paths_of_length_3",
        "preferential_attachment",
        "resource_allocation",
        "spectral",
    ]


def test_between_two_groups_there_are_no_common_neighbours() -> None:
    """Such heuristics say nothing of users and items, and are left out with the reason; the others stay the same."""
    whole, across = heuristics(KNOWN), heuristics(KNOWN, bipartite=True)
    shared = {"common_neighbors", "adamic_adar", "resource_allocation"}
    assert across.left_out.keys() - whole.left_out.keys() == shared
    assert across.row_scorers().keys() == across.score_pairs(PAIRS).keys() == whole.row_scorers().keys() - shared
    assert (across.row_costs() < whole.row_costs()).all()
    for name, scores in across.score_pairs(PAIRS).items():
        assert (scores == whole.score_pairs(PAIRS)[name]).all()


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_hold_the_scores_of_pairs(sparse: bool) -> None:
    """Each heuristic scores the pairs of some nodes with all nodes by rows as it does one by one, but for rounding."""
    x = np.random.default_rng(0).random((40, 50), np.float32)
    x[x < 0.97 if sparse else x < 0.5] = 0
    scores = heuristics(KNOWN, CSR.from_dense(x) if sparse else x)
    nodes = np.array([3, 0, 39])
    pairs = np.stack([np.repeat(nodes, 40), np.tile(np.arange(40), 3)], axis=1)
    by_pair = scores.score_pairs(pairs)
    rows = {name: score(nodes) for name, score in scores.row_scorers().items()}
    assert rows.keys() == by_pair.keys()
    for name, found in rows.items():
        np.testing.assert_allclose(found, by_pair[name].reshape(3, 40), rtol=1e-5, atol=1e-6, err_msg=name)


def test_equal_sums_of_other_terms_are_equal_in_a_row() -> None:
    """Nodes 1 and 2 share neighbours of degrees 2, 3 and 4 with node 0, in different orders: their scores are tied."""
    shared = {1: (10, 11, 12), 2: (13, 14, 15)}  # degrees 2, 3, 4 and 4, 3, 2
    links = [(0, a) for one in shared.values() for a in one] + [(node, a) for node, one in shared.items() for a in one]
    links += [(11, 20), (12, 21), (12, 22), (14, 23), (13, 24), (13, 25)]
    scorers = heuristics(adjacency(26, np.array(links))).row_scorers()
    for name in ("adamic_adar", "resource_allocation", "paths_of_length_3"):
        [row] = scorers[name](np.array([0]))
        assert row[1] == row[2]


def test_what_would_take_too_long_is_left_out_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """No approximation takes its place."""
    for module in ("paths", "spectral"):
        monkeypatch.setattr(f"latentlink.models.evaluation.heuristics.{module}._MOST", 1000)
    scores = heuristics(KNOWN)
    assert list(scores.left_out) == ["paths_of_length_3", "spectral"]
    assert all("40 nodes" in why and "120 links" in why for why in scores.left_out.values())
    assert scores.row_scorers().keys() == scores.score_pairs(PAIRS).keys() == {
        "common_neighbors", "adamic_adar", "resource_allocation", "preferential_attachment"
    }  # fmt: skip


def test_weights_of_edges_do_not_count() -> None:
    """A heavy edge is one edge."""
    heavy = adjacency(40, np.array(GRAPH.edges), np.full(120, 9, np.float32))
    np.testing.assert_array_equal(
        heuristics(heavy).score_pairs(PAIRS)["adamic_adar"], heuristics(KNOWN).score_pairs(PAIRS)["adamic_adar"]
    )


@pytest.mark.parametrize("sparse", [False, True])
def test_cosine_is_the_angle_of_the_features(sparse: bool) -> None:
    """(3, 4) and (4, 3) meet at 24/25; a row without features is at a right angle to all."""
    x = np.array([[3, 4], [4, 3], [0, 0]], np.float32)
    scores = heuristics(adjacency(3, np.array([[0, 1]])), CSR.from_dense(x) if sparse else x)
    pairs = np.array([[0, 1], [0, 2], [1, 1]])
    assert scores.score_pairs(pairs)["feature_cosine"] == pytest.approx([24 / 25, 0, 1])


def test_a_leaf_between_none_counts_nothing() -> None:
    """Nodes of degree one are common neighbours of no pair, and give no division by log 1."""
    path = heuristics(adjacency(3, np.array([[0, 1], [1, 2]])))
    assert path.score_pairs(np.array([[0, 2], [0, 1]]))["adamic_adar"] == pytest.approx([1 / math.log(2), 0])


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
    scores = Overlaps(adjacency(301, np.array(graph.edges))).score_pairs(pairs)["resource_allocation"]
    expected = [score for _, _, score in nx.resource_allocation_index(graph, pairs[:-1].tolist())]
    np.testing.assert_allclose(scores, [*expected, sum(1 / graph.degree[leaf] for leaf in range(1, 301))], rtol=1e-12)
    assert sum(looked_up) == sum(min(graph.degree[a], graph.degree[b]) for a, b in pairs.tolist())
    assert max(looked_up[:-1]) <= 64
    assert looked_up[-1] == 300
