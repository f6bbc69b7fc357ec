"""Metrics by support, on a graph small enough to count."""

import networkx as nx
import numpy as np
import pytest

from latentlink.models.arrays import Float64
from latentlink.models.evaluation.strata import components, support_strata
from latentlink.models.graph.graph import adjacency

SEEN = adjacency(12, np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3], [3, 4], [4, 5], [5, 6], [8, 9]]))
"""Four nodes that are all linked, with a tail 3–4–5–6; 8 and 9 apart, 7, 10 and 11 without links."""
POSITIVES = np.array([[0, 4], [1, 5], [2, 4], [0, 8]])
NEGATIVES = np.array([[1, 4], [2, 5], [0, 6], [7, 8]])
SCORES = {(0, 4): 3.0, (1, 5): 2.0, (2, 4): 0.5, (0, 8): 1.0, (1, 4): 1.0, (2, 5): 0.0, (0, 6): -1.0, (7, 8): 5.0}


def _score(pairs: np.ndarray) -> Float64:
    return np.array([SCORES[one, other] for one, other in pairs.tolist()])


def test_strata_part_pairs_by_the_links_of_the_training_graph() -> None:
    """Counted by hand: which pairs are near, joined or cold, and their AUC."""
    strata = support_strata(SEEN, POSITIVES, NEGATIVES, _score)
    counts = {name: (stratum.positives, stratum.negatives) for name, stratum in strata.items()}
    assert counts == {
        "cold_start": (4, 4),
        "not_cold_start": (0, 0),
        "same_component": (3, 3),
        "other_component": (1, 1),
        "distance_2": (2, 1),
        "distance_3": (1, 1),
        "farther": (1, 2),
    }
    assert strata["distance_2"].auc == pytest.approx(0.5)  # 3 and 0.5 beside 1
    assert strata["same_component"].auc == pytest.approx(8 / 9)  # 0.5 below 1 alone
    assert strata["farther"].auc == pytest.approx(0.5)
    assert strata["not_cold_start"].auc is strata["not_cold_start"].ap is None


def test_nodes_with_three_links_are_not_cold() -> None:
    """Two of them have it all; with fewer at either end the pair is cold."""
    seen = adjacency(8, np.array([[0, 1], [0, 2], [0, 3], [4, 5], [4, 6], [4, 7]]))
    strata = support_strata(seen, np.array([[0, 4]]), np.array([[0, 5]]), lambda pairs: np.ones(len(pairs)))
    assert (strata["not_cold_start"].positives, strata["cold_start"].negatives) == (1, 1)
    assert (strata["not_cold_start"].negatives, strata["cold_start"].positives) == (0, 0)


def test_components_are_networkxs() -> None:
    """Of a graph with many, single nodes among them, numbered by their first nodes."""
    random = np.random.default_rng(0)
    edges = np.unique(np.sort(random.choice(200, (80, 2)), axis=1), axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    graph = nx.Graph(edges.tolist())
    graph.add_nodes_from(range(200))
    expected = np.empty(200, np.int64)
    for number, nodes in enumerate(sorted(nx.connected_components(graph), key=min)):
        expected[list(nodes)] = number
    found = components(adjacency(200, edges))
    assert found.dtype == np.int32
    assert found.tolist() == expected.tolist()
