"""The kernel against exact arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest

from latentlink.models.inference.scoring import pair_logit, pair_logits, sigmoid, sigmoid_of


def _random_mu(n: int, dim: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, dim)).astype(np.float32)


def _exact_logit(left: np.ndarray, right: np.ndarray) -> float:
    return float(sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(left, right, strict=True)))


@pytest.mark.parametrize("dim", [1, 3, 16, 64, 129])
def test_logits_equal_exact_arithmetic(dim: int) -> None:
    """A logit differs from the sum in fractions by no more than float64 rounding."""
    mu = _random_mu(20, dim)
    rows = np.arange(20)
    expected = [_exact_logit(mu[i], mu[19 - i]) for i in rows]
    np.testing.assert_allclose(pair_logits(mu, rows, rows[::-1]), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("dim", [3, 16, 17, 33, 200])
def test_a_batch_gives_the_bits_of_single_pairs(dim: int) -> None:
    """The last bit depends neither on the place of a pair in a batch, across the block's end, nor on its direction."""
    mu = _random_mu(500, dim)
    rng = np.random.default_rng(1)
    sources, targets = rng.integers(0, 500, (2, 40_000))
    batch = pair_logits(mu, sources, targets)
    assert (batch == pair_logits(mu, targets, sources)).all()
    for at in rng.integers(0, 40_000, 200):
        assert pair_logits(mu, sources[at : at + 1], targets[at : at + 1])[0] == batch[at]


@pytest.mark.parametrize("x", [-1000.0, -745.0, -40.0, -1.0, 0.0, 0.5, 36.0, 800.0])
def test_sigmoid_holds_at_both_ends(x: float) -> None:
    """σ is right to the last digits for small and large logits, without overflow; one number has the bits of many."""
    expected = 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)
    assert sigmoid(np.array([x]))[0] == pytest.approx(expected, rel=1e-14, abs=0)
    near = x + np.linspace(-7, 7, 501)
    assert [sigmoid_of(each) for each in near.tolist()] == sigmoid(near).tolist()


@pytest.mark.parametrize("dim", [1, 3, 16, 64, 200, 20_000])
def test_one_pair_has_the_bits_of_many(dim: int) -> None:
    """The short way for one pair gives the logit and the probability that a batch gives."""
    mu = _random_mu(20, dim) * 3
    rows = np.arange(20)
    logits = pair_logits(mu, rows, rows[::-1])
    assert [pair_logit(mu, i, 19 - i) for i in range(20)] == logits.tolist()
    assert [sigmoid_of(logit) for logit in logits.tolist()] == sigmoid(logits).tolist()
