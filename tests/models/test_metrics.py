"""Metrics against hand-computed numbers."""

import numpy as np
import pytest

from models.metrics import link_metrics


def test_auc_counts_ordered_pairs() -> None:
    """Of the 2 × 3 pairs, 4 are in order and one is tied: AUC = 4.5 / 6."""
    metrics = link_metrics(np.array([3.0, 1.0]), np.array([1.0, 0.0, 2.0]))
    assert metrics["auc"] == pytest.approx(4.5 / 6)


def test_average_precision_weighs_precision_by_recall() -> None:
    """Positives at ranks 1 and 3 of 4: AP = ½ · 1 + ½ · ⅔."""
    metrics = link_metrics(np.array([4.0, 2.0]), np.array([3.0, 1.0]))
    assert metrics["ap"] == pytest.approx(0.5 + 0.5 * 2 / 3)
