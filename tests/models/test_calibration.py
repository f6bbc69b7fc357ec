"""Calibration by hand, by simulation and against scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from models.calibration import Calibration, calibration_facts, fit_calibration, log_odds, noise_floor, reliability
from models.scoring import sigmoid

RNG = np.random.default_rng(0)
POSITIVE, NEGATIVE = RNG.normal(2.0, 1.5, 400), RNG.normal(0.5, 1.0, 400)


def test_the_line_is_that_of_logistic_regression() -> None:
    """Without a penalty, and with Platt's targets as pairs that count in part for either kind."""
    found = fit_calibration(POSITIVE, NEGATIVE)
    logits = np.concatenate([POSITIVE, NEGATIVE])[:, None]
    high, low = 401 / 402, 1 / 402
    weights = np.concatenate([np.repeat([high, low], 400), np.repeat([1 - high, 1 - low], 400)])
    labels = np.repeat([1, 1, 0, 0], 400)
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(np.tile(logits, (2, 1)), labels, weights)
    assert found.slope == pytest.approx(expected.coef_[0, 0], rel=1e-4)
    assert found.intercept == pytest.approx(expected.intercept_[0], rel=1e-3)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_what_made_the_pairs_is_found_at_any_scale(scale: float) -> None:
    """Of 200,000 pairs whose odds are 0.7 s − 1 the line comes back, in whatever unit logits are."""
    rng = np.random.default_rng(1)
    s = rng.normal(1.5, 2, 200_000)
    linked = rng.random(len(s)) < sigmoid(0.7 * s - 1)
    found = fit_calibration(s[linked] * scale, s[~linked] * scale)
    assert found.slope * scale == pytest.approx(0.7, abs=0.02)
    assert found.intercept == pytest.approx(-1, abs=0.02)


@pytest.mark.parametrize(("positive", "negative"), [([5.0], [-5.0]), ([0.0], [0.0]), ([-3.0], [3.0])])
def test_few_separable_or_equal_logits_have_a_line(positive: list[float], negative: list[float]) -> None:
    """Platt's targets keep it finite, and what scores below non-edges has a falling one."""
    found = fit_calibration(np.array(positive), np.array(negative))
    assert np.isfinite(found).all()
    assert np.sign(round(found.slope, 6)) == np.sign(np.mean(positive) - np.mean(negative))


def test_a_prior_shifts_the_odds() -> None:
    """With a = 2, b = −1 and π = 0.1 the odds of s = 1 are e · 1/9."""
    odds = np.e / 9
    assert Calibration(2, -1).probabilities(np.array([1.0]), 0.1)[0] == pytest.approx(odds / (1 + odds))
    assert log_odds(0.9) == pytest.approx(np.log(9))


def test_reliability_by_hand() -> None:
    """Two bins: predicted 0.25 with half of two linked, and 0.95 with one of one."""
    found = reliability(np.array([0.2, 0.28, 0.95, 0.22]), np.array([True, False, True, False]))
    assert found["weight"][2] == pytest.approx(0.75)
    assert found["predicted"][2] == pytest.approx((0.2 + 0.28 + 0.22) / 3)
    assert found["observed"][2] == pytest.approx(1 / 3)
    assert found["observed"][5] is None
    assert found["ece"] == pytest.approx(0.75 * abs(1 / 3 - 0.7 / 3) + 0.25 * 0.05)


def test_brier_and_bins_are_scikit_learns() -> None:
    """At one edge to one non-edge every pair weighs the same."""
    probabilities, linked = sigmoid(np.concatenate([POSITIVE, NEGATIVE])), np.repeat([True, False], 400)
    found = reliability(probabilities, linked)
    assert found["brier"] == pytest.approx(brier_score_loss(linked, probabilities))
    observed, predicted = calibration_curve(linked, probabilities, n_bins=10)
    assert [v for v in found["observed"] if v is not None] == pytest.approx(observed.tolist())
    assert [v for v in found["predicted"] if v is not None] == pytest.approx(predicted.tolist())


def test_a_prior_weighs_edges_as_so_large_a_share() -> None:
    """Ten non-edges that weigh 0.9 together, and one edge that weighs 0.1."""
    found = reliability(np.full(11, 0.1), np.arange(11) == 0, prior=0.1)
    assert found["ece"] == pytest.approx(0)
    assert found["brier"] == pytest.approx(0.1 * 0.81 + 0.9 * 0.01)


def test_a_perfect_calibration_shows_its_noise() -> None:
    """The mean of |binomial noise|: of a thousand pairs at ½ it is √(2/π) · ½ · √1000 / 1000."""
    assert noise_floor(np.full(1000, 0.5), np.random.default_rng(2)) == pytest.approx(0.0126, rel=0.15)


def test_calibration_brings_the_error_down_to_the_noise() -> None:
    """Fitted to one half of pairs that it suits, looked at on the other, before and after, balanced and sparse."""
    rng = np.random.default_rng(3)
    s = rng.normal(3, 2, 40_000)
    linked = rng.random(len(s)) < sigmoid(0.5 * s - 1.5)
    halves = [(s[part][linked[part]], s[part][~linked[part]]) for part in (slice(0, None, 2), slice(1, None, 2))]
    size = min(len(part) for half in halves for part in half)
    (fit_p, fit_n), (p, n) = ([part[:size] for part in half] for half in halves)
    facts = calibration_facts(fit_calibration(fit_p, fit_n), p, n, 0.01, rng)
    assert facts["balanced"]["before"]["ece"] > 0.1
    assert facts["balanced"]["after"]["ece"] < 2 * facts["balanced"]["noise_floor"] + 0.01
    assert facts["sparse"]["before"]["ece"] > 0.3
    assert facts["sparse"]["after"]["ece"] < 0.005
