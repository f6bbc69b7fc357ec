"""Metrics against hand-computed numbers."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from latentlink.models.evaluation.metrics import auc_ap, hits_at_k, link_metrics, mean_reciprocal_rank


def test_auc_and_ap_by_hand() -> None:
    """Of 2 × 3 pairs 4 are in order and one is tied: AUC = 4.5 / 6. Positives at ranks 1 and 3 of 4: AP = ½ · 1 + ½ · ⅔."""
    assert link_metrics(np.array([3.0, 1.0]), np.array([1.0, 0.0, 2.0])).auc == pytest.approx(4.5 / 6)
    assert link_metrics(np.array([4.0, 2.0]), np.array([3.0, 1.0])).ap == pytest.approx(0.5 + 0.5 * 2 / 3)


@pytest.mark.parametrize("levels", [3, 50, 10_000])
@pytest.mark.parametrize(("p", "n"), [(1, 1), (1, 200), (300, 1), (500, 500)])
def test_auc_and_ap_are_scikit_learns(p: int, n: int, levels: int) -> None:
    """With many ties, few and none."""
    rng = np.random.default_rng(levels + p)
    positive, negative = (
        (rng.integers(0, levels, p) + levels / 8).astype(np.float64),
        rng.integers(0, levels, n).astype(float),
    )
    labels, scores = np.repeat([1, 0], [p, n]), np.concatenate([positive, negative])
    found = auc_ap(positive, negative)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert found["ap"] == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


@pytest.mark.parametrize(("k", "expected"), [(1, 0.25), (2, 0.5), (3, 0.75), (4, None)])
def test_hits_are_edges_above_the_kth_negative(k: int, expected: float | None) -> None:
    """Against negatives 9, 5, 1 the edges 10, 9, 3, 1 hit 1, 2 and 3 of 4; a tie is no hit, a missing fourth negative null."""
    assert hits_at_k(np.array([10.0, 9, 3, 1]), np.array([5.0, 9, 1]), k) == expected


def test_hits_are_reported_for_ten_fifty_and_hundred() -> None:
    """With 60 negatives Hits@100 is null."""
    metrics = link_metrics(np.full(5, 100.0), np.arange(60.0))
    assert [metrics.hits_10, metrics.hits_50, metrics.hits_100] == [1, 1, None]


def test_reciprocal_ranks_halve_ties() -> None:
    """First of three; behind one and beside one (rank 2.5); last of three (rank 3)."""
    positive, candidates = np.array([5.0, 2, 0]), np.array([[1.0, 2], [3, 2], [1, 1]])
    assert mean_reciprocal_rank(positive, candidates) == pytest.approx((1 + 1 / 2.5 + 1 / 3) / 3)
