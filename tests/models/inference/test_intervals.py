"""The closed form against samples."""

import numpy as np
import pytest
from scipy.stats import norm

from latentlink.models.inference.intervals import intervals, logit_variance
from latentlink.models.inference.scoring import sigmoid

RNG = np.random.default_rng(0)
MU = RNG.normal(0, 0.35, (5, 64)).astype(np.float32)
LOGVAR = RNG.uniform(-4, 0.5, (5, 64)).astype(np.float32)
SOURCES, TARGETS = np.array([0, 1, 3]), np.array([1, 4, 2])


def _samples(size: int = 40_000) -> np.ndarray:
    """Logits (size, 3) of the pairs under the posterior."""
    rng, sigma = np.random.default_rng(1), np.exp(LOGVAR / 2)
    z = (MU[rows] + sigma[rows] * rng.standard_normal((size, 3, 64)) for rows in (SOURCES, TARGETS))
    return np.asarray((next(z) * next(z)).sum(axis=2))


def test_the_variance_is_that_of_samples() -> None:
    """Within five standard errors of 40,000 draws."""
    samples = _samples()
    found = logit_variance(MU, LOGVAR, SOURCES, TARGETS)
    spread = samples.var(axis=0) * np.sqrt(3 / len(samples)) * 5
    assert (np.abs(found - samples.var(axis=0)) < spread).all()


def test_column_weights_count_squared() -> None:
    """Weighing the products of a column weighs their spread: by samples as before, and not at all by a sign."""
    weights = np.where(np.arange(64) % 2, -1, 1).astype(np.float32)
    assert (logit_variance(MU, LOGVAR, SOURCES, TARGETS, weights) == logit_variance(MU, LOGVAR, SOURCES, TARGETS)).all()
    half = logit_variance(MU, LOGVAR, SOURCES, TARGETS, weights / 2)
    assert half == pytest.approx(logit_variance(MU, LOGVAR, SOURCES, TARGETS) / 4)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_an_interval_holds_as_many_samples_as_it_says(level: float) -> None:
    """Within two and a half percent; a sum of 64 products is not quite a Gaussian."""
    found, samples = intervals(MU, LOGVAR, SOURCES, TARGETS, level), _samples()
    inside = (samples > found.logit_low) & (samples < found.logit_high)
    assert inside.mean(axis=0) == pytest.approx([level] * 3, abs=0.025)
    assert found.probability_low.tolist() == sigmoid(found.logit_low).tolist()
    assert found.probability_high.tolist() == sigmoid(found.logit_high).tolist()


def test_by_hand() -> None:
    """One dimension, μ 1 and 2, σ² ¼ and 1: 1·¼ + 1·1 + 4·¼ = 2.25, so that the logit is 2 ± 1.96 · 1.5."""
    mu, logvar = np.array([[1], [2]], np.float32), np.log(np.array([[0.25], [1]], np.float32))
    one, other = np.array([0]), np.array([1])
    assert logit_variance(mu, logvar, one, other) == pytest.approx([2.25])
    found = intervals(mu, logvar, one, other, 0.95)
    assert (found.logit_low[0], found.logit_high[0]) == pytest.approx((2 - 1.95996 * 1.5, 2 + 1.95996 * 1.5), abs=1e-4)


def test_many_pairs_are_as_each() -> None:
    """More than are computed at once."""
    mu, logvar = (RNG.normal(size=(40, 4096)).astype(np.float32) for _ in range(2))
    one, other = RNG.integers(0, 20, 150), RNG.integers(20, 40, 150)
    each = [logit_variance(mu, logvar, one[[i]], other[[i]])[0] for i in range(150)]
    assert logit_variance(mu, logvar, one, other).tolist() == each


def test_the_highest_level_below_one_has_an_interval() -> None:
    """Finite, and as wide as the normal distribution's tail of half of what is left."""
    level = float(np.nextafter(1, 0))
    found = intervals(MU, LOGVAR, SOURCES, TARGETS, level)
    reach = norm.isf((1 - level) / 2) * np.sqrt(logit_variance(MU, LOGVAR, SOURCES, TARGETS))
    np.testing.assert_allclose((found.logit_high - found.logit_low) / 2, reach)
