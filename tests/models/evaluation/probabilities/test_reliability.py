"""Reliability by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from latentlink.models.evaluation.probabilities.reliability import noise_floor, reliability
from latentlink.models.inference.scoring import sigmoid

RNG = np.random.default_rng(0)
POSITIVE, NEGATIVE = RNG.normal(2.0, 1.5, 400), RNG.normal(0.5, 1.0, 400)


def test_reliability_by_hand() -> None:
    """Two bins: predicted 0.25 with half of two linked, and 0.95 with one of one."""
    found = reliability(np.array([0.2, 0.28, 0.95, 0.22]), np.array([True, False, True, False]))
    assert found.weight[2] == pytest.approx(0.75)
    assert found.predicted[2] == pytest.approx((0.2 + 0.28 + 0.22) / 3)
    assert found.observed[2] == pytest.approx(1 / 3)
    assert found.observed[5] is None
    assert found.ece == pytest.approx(0.75 * abs(1 / 3 - 0.7 / 3) + 0.25 * 0.05)


def test_brier_and_bins_are_scikit_learns() -> None:
    """At one edge to one non-edge every pair weighs the same."""
    probabilities, linked = sigmoid(np.concatenate([POSITIVE, NEGATIVE])), np.repeat([True, False], 400)
    found = reliability(probabilities, linked)
    assert found.brier == pytest.approx(brier_score_loss(linked, probabilities))
    observed, predicted = calibration_curve(linked, probabilities, n_bins=10)
    assert [v for v in found.observed if v is not None] == pytest.approx(observed.tolist())
    assert [v for v in found.predicted if v is not None] == pytest.approx(predicted.tolist())


def test_a_prior_weighs_edges_as_so_large_a_share() -> None:
    """Ten non-edges that weigh 0.9 together, and one edge that weighs 0.1."""
    found = reliability(np.full(11, 0.1), np.arange(11) == 0, prior=0.1)
    assert found.ece == pytest.approx(0)
    assert found.brier == pytest.approx(0.1 * 0.81 + 0.9 * 0.01)


def test_a_perfect_calibration_shows_its_noise() -> None:
    """The mean of |binomial noise|: of a thousand pairs at ½ it is √(2/π) · ½ · √1000 / 1000."""
    assert noise_floor(np.full(1000, 0.5), np.random.default_rng(2)) == pytest.approx(0.0126, rel=0.15)
