"""Paths of length 3 against enumerated paths and by hand."""

from itertools import permutations

import networkx as nx
import numpy as np
import pytest

from latentlink.models.evaluation.heuristics.paths import PathsOfLength3
from latentlink.models.graph.graph import adjacency

GRAPH = nx.gnm_random_graph(30, 70, seed=5)
L3 = PathsOfLength3(adjacency(30, np.array(GRAPH.edges)))


def test_a_square_with_a_tail_by_hand() -> None:
    """0–1–2–3 with leaf 4 at node 2: one path 0–1–2–3 through degrees 2 and 3, and none between 0 and 2."""
    path = PathsOfLength3(adjacency(5, np.array([(0, 1), (1, 2), (2, 3), (2, 4)])))
    assert path.score_pairs(np.array([(0, 3), (4, 0), (0, 2)])) == pytest.approx([6**-0.5, 6**-0.5, 0])


def test_scores_are_sums_over_paths() -> None:
    """Of all pairs without a link: every path i–u–v–j counts 1 / √(kᵤ kᵥ) (Kovács et al. 2019, eq. 2)."""
    pairs = [(i, j) for i, j in permutations(range(30), 2) if not GRAPH.has_edge(i, j)]
    expected = [
        sum((GRAPH.degree[u] * GRAPH.degree[v]) ** -0.5 for u in GRAPH[i] for v in GRAPH[j] if GRAPH.has_edge(u, v))
        for i, j in pairs
    ]
    np.testing.assert_allclose(L3.score_pairs(np.array(pairs)), expected, rtol=1e-6)


def test_blocks_do_not_change_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of one pair has the scores of all at once, in both directions."""
    pairs = np.array(list(permutations(range(30), 2)))
    whole = L3.score_pairs(pairs)
    monkeypatch.setattr("latentlink.models.evaluation.heuristics.paths._NUMBERS", 1)
    np.testing.assert_array_equal(L3.score_pairs(pairs), whole)
    np.testing.assert_array_equal(L3.score_pairs(pairs[:, ::-1]), whole)
