"""Fits of weights against scikit-learn, and losses against their numeric gradients."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression

from latentlink.models.training.parts import weighting
from latentlink.models.training.parts.weighting import Measured, fit_scale, fit_weights


def _measured(links: int = 60) -> Measured:
    rng = np.random.default_rng(0)
    positive, negative = rng.normal([1, 0.3, 0], 1, (links, 3)), rng.normal(0, 1, (500, 3))
    return Measured(positive, negative, rng.normal(-0.5, 1, (30, 20, 3)), rng.random((30, 20)) < 0.9, np.full(30, 5.0))


def test_the_gradients_are_those_of_differences() -> None:
    """Of the comparison and of the ranking, at some weights."""
    measured, at = _measured(), np.array([0.4, -0.2, 0.1])

    def ranked(weights: np.ndarray) -> tuple[float, np.ndarray]:
        return weighting._softmax(measured.candidates, measured.possible, measured.share, weights)

    def compared(weights: np.ndarray) -> tuple[float, np.ndarray]:
        return weighting._comparison(measured.links[:, None, :].repeat(2, 1).reshape(-1, 3), weights)

    for loss in (ranked, compared):
        numeric = approx_fprime(at, lambda weights, loss=loss: loss(weights)[0], 1e-6)
        np.testing.assert_allclose(loss(at)[1], numeric, rtol=1e-4)


def test_the_ranking_is_the_logarithm_of_a_softmax() -> None:
    """One query with two candidates that each stand for three nodes: log(1 + 3 e^0.5 + 3 e^−1)."""
    candidates = np.array([[[0.5], [-1.0], [9.0]]])
    value, _ = weighting._softmax(candidates, np.array([[True, True, False]]), np.array([3.0]), np.ones(1))
    assert value == pytest.approx(np.log(1 + 3 * np.exp(0.5) + 3 * np.exp(-1)))


@pytest.mark.parametrize("ranking", [0.0, 0.6])
def test_a_term_that_tells_links_apart_gets_the_larger_weight(ranking: float) -> None:
    """The first tells most, the third nothing; a weight that may not be negative is not."""
    weights = fit_weights(_measured(), np.zeros(3), np.array([-np.inf, -np.inf, 0]), ranking)
    assert weights[0] > weights[1] > weights[2] >= 0


def test_few_links_move_weights_little() -> None:
    """From a beginning of 1, with two links."""
    few = _measured(2)._replace(candidates=np.zeros((0, 20, 3)), possible=np.zeros((0, 20), bool))
    weights = fit_weights(few, np.array([1.0, 0, 0]), np.full(3, -np.inf), 0.0)
    np.testing.assert_allclose(weights, [1, 0, 0], atol=0.5)


def test_the_scale_is_that_of_a_logistic_regression() -> None:
    """scikit-learn's, of links and of other pairs that weigh as much together; the ridge moves it little."""
    rng = np.random.default_rng(0)
    links, others = rng.normal(3, 2, 4_000), rng.normal(-1, 2, 16_000)
    scores, linked = np.append(links, others)[:, None], np.repeat([1, 0], [4_000, 16_000])
    reference = LogisticRegression(C=1e6).fit(scores, linked, np.where(linked, 1, 0.25))
    found = fit_scale(links, others)
    np.testing.assert_allclose(found, [reference.coef_[0, 0], reference.intercept_[0]], rtol=5e-3)


def test_the_scale_of_scores_that_say_the_opposite_is_positive() -> None:
    """It keeps the order of the scores."""
    slope, _ = fit_scale(np.full(9, -1.0), np.full(9, 1.0))
    assert slope > 0
