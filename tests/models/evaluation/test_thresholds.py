"""Cuts against counting every pair."""

import numpy as np
import pytest

from latentlink.app.services.cutoffs import wilson
from latentlink.models.evaluation.thresholds import count_cuts, thresholds_facts
from latentlink.models.graph.graph import Graph

RNG = np.random.default_rng(0)
MU = RNG.normal(size=(50, 4)).astype(np.float32)
GRAPH = Graph.from_pairs([str(i) for i in range(50)], RNG.integers(0, 50, (200, 2)))
HELDOUT = np.sort(RNG.normal(1, 2, 30))
ALL = MU.astype(np.float64) @ MU.T


def _unlinked_logits() -> np.ndarray:
    linked = set(map(tuple, GRAPH.edges.tolist()))
    return np.array([ALL[i, j] for i in range(50) for j in range(i + 1, 50) if (i, j) not in linked])


def test_cuts_count_what_a_loop_counts() -> None:
    """False links above each held-out one, none of them an edge, and the share of held-out links there."""
    cuts = count_cuts(MU, GRAPH, HELDOUT, np.random.default_rng(0))
    assert cuts.logits.tolist() == HELDOUT[::-1].tolist()
    unlinked = _unlinked_logits()
    assert cuts.false_links.tolist() == [(unlinked >= logit).sum() for logit in cuts.logits]
    assert cuts.recall == pytest.approx(np.arange(1, 31) / 30)
    assert (cuts.links, cuts.counted) == (30, 1.0)


def test_many_held_out_links_are_thinned() -> None:
    """To 64 cuts, the highest and the lowest among them."""
    many = RNG.normal(size=1000)
    cuts = count_cuts(MU, GRAPH, many, np.random.default_rng(0))
    assert len(cuts.logits) == 64
    assert (cuts.logits[0], cuts.logits[-1]) == (many.max(), many.min())
    assert cuts.recall == pytest.approx([(many >= logit).mean() for logit in cuts.logits])


def test_a_sample_stands_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within five standard errors of the whole, scaled to it."""
    whole = count_cuts(MU, GRAPH, HELDOUT, np.random.default_rng(0)).false_links
    monkeypatch.setattr("latentlink.models.evaluation.thresholds.SCORED", 1000)
    sampled = count_cuts(MU, GRAPH, HELDOUT, np.random.default_rng(0))
    unlinked = len(_unlinked_logits())
    assert sampled.counted == pytest.approx(1000 / unlinked)
    share = whole / unlinked
    assert (np.abs(sampled.false_links - whole) <= 5 * unlinked * np.sqrt(share * (1 - share) / 1000) + 1e-9).all()


def test_facts_hold_cuts_to_test_links() -> None:
    """At recall 0.1, 0.25 and 0.5 of validation the share of test links that is found."""
    cuts = count_cuts(MU, GRAPH, HELDOUT, np.random.default_rng(0))
    facts = thresholds_facts(cuts, HELDOUT + 100, 45)
    assert [check.recall_on_test for check in facts.checks] == [1, 1, 1]
    assert [check.recall for check in facts.checks] == pytest.approx([0.1, 8 / 30, 0.5])
    assert facts.missing_links == 45


def test_wilson_by_hand() -> None:
    """8 of 10 at 95 %: 0.490 to 0.943 (Wilson 1927)."""
    assert wilson(0.8, 10, 0.95) == pytest.approx((0.4902, 0.9433), abs=1e-4)
