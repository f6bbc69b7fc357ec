"""Full ranking: by hand and against a loop over nodes."""

import numpy as np
import pytest

from latentlink.models.arrays import Float64, Int64
from latentlink.models.evaluation import ranking
from latentlink.models.evaluation.ranking import affordable, full_metrics, full_ranks, queries_of
from latentlink.models.graph.candidates import Candidates
from latentlink.models.graph.pair_space import AllPairs

N = 50
EDGES = np.unique(np.sort(np.random.default_rng(3).choice(N, (200, 2)), axis=1), axis=0)
EDGES = EDGES[EDGES[:, 0] < EDGES[:, 1]]
FREE = Candidates(AllPairs(N), EDGES)
LINKS = EDGES[::5]
TABLE = np.random.default_rng(4).integers(0, 6, (N, N)).astype(np.float64)  # few values: many ties


def _rows(nodes: Int64) -> Float64:
    return TABLE[nodes].copy()


def test_a_rank_by_hand() -> None:
    """Node 0 is linked to 1 and 2; 2 is ranked among the unlinked 3, 4 and 5: one is greater and one is equal, so 2½."""
    free, scores = Candidates(AllPairs(6), np.array([(0, 1), (0, 2)])), np.array([[9.0, 8, 5, 7, 5, 1]])
    assert full_ranks(free, np.array([(0, 2)]), lambda _: scores.copy()).tolist() == [2.5]


def test_ranks_are_those_of_a_loop_over_unlinked_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither known links of any part nor the node itself count, whatever the size of a block."""
    linked = {tuple(edge) for edge in EDGES.tolist()} | {tuple(edge) for edge in EDGES[:, ::-1].tolist()}
    queries, expected = queries_of(FREE, LINKS), []
    for query, answer in queries.tolist():
        others = [TABLE[query, v] for v in range(N) if v != query and (query, v) not in linked]
        own = TABLE[query, answer]
        expected.append(1 + sum(o > own for o in others) + 0.5 * sum(o == own for o in others))
    assert full_ranks(FREE, queries, _rows).tolist() == expected
    monkeypatch.setattr(ranking, "_SCORES", 1)
    monkeypatch.setattr(ranking, "_ROWS", 3)
    assert full_ranks(FREE, queries, _rows).tolist() == expected


def test_both_ends_are_queries_unless_they_are_linked_to_all() -> None:
    """The hub of a star has nothing to rank its leaves against."""
    star = Candidates(AllPairs(4), np.array([(0, 1), (0, 2), (0, 3)]))
    assert queries_of(star, np.array([(0, 2)])).tolist() == [[2, 0]]
    assert queries_of(FREE, LINKS).tolist() == [*LINKS.tolist(), *LINKS[:, ::-1].tolist()]


def test_metrics_of_ranks() -> None:
    """Mean of 1 / rank, and the share of ranks up to 10; nothing of none."""
    assert full_metrics(np.array([1, 2, 10, 10.5])) == {
        "full_mrr": pytest.approx((1 + 1 / 2 + 1 / 10 + 1 / 10.5) / 4),
        "full_hits_10": 0.75,
    }
    assert full_metrics(np.array([])) == {"full_mrr": None, "full_hits_10": None}


def test_work_bounds_the_ranked_links() -> None:
    """As many links as a second allows on average, both ends of each, but never fewer than a few."""
    links = np.array([(0, 1)] * 10_000)
    assert affordable(np.array([1.0, 2.0]), links) >= len(links)
    assert affordable(np.array([1e6, 3e6]), links) == 250
    assert affordable(np.array([1e12, 1e12]), links) == 128
