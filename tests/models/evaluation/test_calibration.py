"""Calibration by hand, by simulation and against scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from latentlink.models.arrays import Float64
from latentlink.models.evaluation.calibration import calibration_facts, fit_calibration, noise_floor, reliability
from latentlink.models.inference.calibration import Calibration, log_odds
from latentlink.models.inference.scoring import sigmoid

RNG = np.random.default_rng(0)
POSITIVE, NEGATIVE = RNG.normal(2.0, 1.5, 400), RNG.normal(0.5, 1.0, 400)


def _regression(columns: Float64, n_edges: int, n_non_edges: int) -> list[float]:
    """Coefficients (c,) and the intercept of logistic regression on (m, c); Platt's targets are pairs that count for either."""
    high, low = (n_edges + 1) / (n_edges + 2), 1 / (n_non_edges + 2)
    each = n_edges / n_non_edges
    counts = [n_edges, n_non_edges]
    weights = np.concatenate([np.repeat([high, low * each], counts), np.repeat([1 - high, (1 - low) * each], counts)])
    labels = np.repeat([1, 0], [n_edges + n_non_edges] * 2)
    fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(np.tile(columns, (2, 1)), labels, weights)
    return [*fit.coef_[0].tolist(), float(fit.intercept_[0])]


def test_the_curve_is_that_of_logistic_regression() -> None:
    """Of s alone for Gaussians of one width; of s and 2 log cosh(s/2) if non-edges gather below 0 and edges spread above."""
    positive, negative = RNG.normal(2.0, 1.0, 400), RNG.normal(0.5, 1.0, 1600)
    line = _regression(np.concatenate([positive, negative])[:, None], 400, 1600)
    assert fit_calibration(positive, negative) == pytest.approx((*line, 0), rel=1e-3)
    positive, negative = np.abs(RNG.normal(0.5, 3.0, 1500)), RNG.normal(-0.2, 0.8, 3000)
    s = np.concatenate([positive, negative])
    slope, bend, intercept = _regression(np.stack([s, 2 * np.log(np.cosh(s / 2))], axis=1), 1500, 3000)
    assert abs(bend) < slope
    assert fit_calibration(positive, negative) == pytest.approx((slope, intercept, bend), rel=1e-2)


def test_what_would_fall_on_one_side_is_flat_there() -> None:
    """Edges on both sides of non-edges: a falling curve is likelier; of rising ones the best is flat below 0."""
    rng = np.random.default_rng(3)
    positive = np.concatenate([rng.normal(-5, 1, 300), rng.normal(5, 1, 900)])
    negative = rng.normal(0, 0.7, 1200)
    found = fit_calibration(positive, negative)
    assert found.bend == found.slope > 0
    far = found.probabilities(np.array([-50.0, -20.0, -10.0, 10.0]))
    assert far[0] == pytest.approx(far[1]) == pytest.approx(far[2], abs=1e-3)
    assert far[3] > far[2]
    s, target = np.concatenate([positive, negative]), np.repeat([1.0, 0.0], 1200)
    best = log_loss(target, found.probabilities(s))
    for slope, bend in [(1, 0.9), (0.9, 1), (1.1, 1.1), (0.9, 0.9), (1, 0)]:
        other = found._replace(slope=found.slope * slope, bend=found.bend * bend)
        assert abs(other.bend) > other.slope or log_loss(target, other.probabilities(s)) >= best - 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_chance_is_not_bent(seed: int) -> None:
    """Of 250 edges and many non-edges whose odds lie on a line."""
    rng = np.random.default_rng(seed)
    s = rng.normal(0.5, 1.2, 40_000)
    linked = rng.random(len(s)) < sigmoid(1.5 * s - 1)
    assert fit_calibration(s[linked][:250], s[~linked]).bend == 0


@pytest.mark.parametrize(("bend", "scale"), [(-0.5, 1), (0.4, 1), (0, 1), (0, 1e-6), (0, 1e6)])
def test_the_curve_that_made_the_pairs_is_found(bend: float, scale: float) -> None:
    """Of 200,000 pairs with odds 0.7 s + c 2 log cosh(s/2) − 1, but for the ratio of edges; a line in any unit of logits."""
    rng = np.random.default_rng(2)
    s = rng.normal(0.5, 3, 200_000)
    linked = rng.random(len(s)) < sigmoid(0.7 * s + bend * 2 * np.log(np.cosh(s / 2)) - 1)
    found = fit_calibration(s[linked] * scale, s[~linked] * scale)
    assert (found.slope * scale, found.bend * scale) == pytest.approx((0.7, bend), abs=0.02)
    assert found.intercept + np.log(linked.sum() / (~linked).sum()) == pytest.approx(-1, abs=0.03)


@pytest.mark.parametrize(("positive", "negative"), [([5.0], [-5.0]), ([0.0], [0.0]), ([-3.0], [3.0])])
def test_few_separable_or_equal_logits_have_a_line(positive: list[float], negative: list[float]) -> None:
    """Platt's targets keep it finite, and what scores below non-edges has a falling one."""
    found = fit_calibration(np.array(positive), np.array(negative))
    assert np.isfinite(found).all()
    assert np.sign(round(found.slope, 6)) == np.sign(np.mean(positive) - np.mean(negative))


def test_two_different_logits_of_many_pairs_have_a_line() -> None:
    """A bend and a slope fit equally well then: odds of 3 to 1 at the one and of 1 to 3 at the other."""
    found = fit_calibration(np.repeat([1.0, 0.0], [30_000, 10_000]), np.repeat([1.0, 0.0], [10_000, 30_000]))
    assert found.probabilities(np.array([1.0, 0.0])) == pytest.approx([0.75, 0.25], abs=1e-3)


def test_a_prior_shifts_the_odds() -> None:
    """With a = 2, b = −1 and π = 0.1 the odds of s = 1 are e · 1/9, with a bend of 1 cosh(½)² times as much."""
    for bend, odds in ((0, np.e / 9), (1, np.e * np.cosh(0.5) ** 2 / 9)):
        found = Calibration(2, -1, bend).probabilities(np.array([1.0]), 0.1)
        assert found[0] == pytest.approx(odds / (1 + odds))
    assert log_odds(0.9) == pytest.approx(np.log(9))


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


def test_calibration_brings_the_error_down_to_the_noise() -> None:
    """Fitted to one half of pairs that it suits, measured on the other, before and after, balanced and sparse."""
    rng = np.random.default_rng(3)
    s = rng.normal(3, 2, 40_000)
    linked = rng.random(len(s)) < sigmoid(0.5 * s - 1.5)
    halves = [(s[part][linked[part]], s[part][~linked[part]]) for part in (slice(0, None, 2), slice(1, None, 2))]
    size = min(len(part) for half in halves for part in half)
    (fit_p, fit_n), (p, n) = ([part[:size] for part in half] for half in halves)
    facts = calibration_facts(fit_calibration(fit_p, fit_n), p, n, rng, unknown=0.01, served=0.02)
    assert facts.balanced.before.ece > 0.1
    assert facts.balanced.after.ece < 2 * facts.balanced.noise_floor + 0.01
    assert facts.sparse.before.ece > 0.3
    assert facts.sparse.after.ece < 0.005
