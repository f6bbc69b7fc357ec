"""Uncertainty of a link under a variational model: mean and variance of zᵢᵀzⱼ under the posterior, in closed form.

For independent Gaussians E[zᵢᵀzⱼ] = Σ μᵢμⱼ and Var[zᵢᵀzⱼ] = Σ (σᵢ²σⱼ² + μᵢ²σⱼ² + μⱼ²σᵢ²), summed over dimensions. A sum of so
many terms is nearly normal, so that an interval of the logit has the quantiles of a Gaussian; σ of its ends is the interval of p.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Ints
from latentlink.models.inference.scoring import pair_logits, sigmoid

WIDEST = 300.0  # log σ² of a node: the variance of two wider ones could overflow float64
_BLOCK_NUMBERS = 262_144  # of one end of the pairs at once


class Interval(NamedTuple):
    """Intervals of the logits and of the probabilities of m pairs; float64 (m,) each."""

    logit_low: Float64
    logit_high: Float64
    probability_low: Float64
    probability_high: Float64


def logit_variance(
    mu: Float32,
    logvar: Float32,
    sources: Ints,
    targets: Ints,
    column_weights: Float32 | None = None,
    target: tuple[Float32, Float32] | None = None,
) -> Float64:
    """Var[Σ_d a_d z_id z_jd] of m pairs of different nodes, float64 (m,).

    Args:
        mu: float32 (N, D).
        logvar: float32 (N, D), log σ².
        sources: int (m,), rows.
        targets: int (m,), rows, each different from its source.
        column_weights: a, float32 (D,), by which the products of each column count; None for ones.
        target: μ and log σ² of targets, (N, D) each; None for those of sources.
    """
    variance, size = np.empty(len(sources)), max(1, _BLOCK_NUMBERS // mu.shape[1])
    for start in range(0, len(sources), size):
        block = slice(start, start + size)
        (m, v), (n, w) = (
            _moments(*table, ends[block])
            for table, ends in (((mu, logvar), sources), (target or (mu, logvar), targets))
        )
        terms = v * w + m * m * w + n * n * v
        if column_weights is not None:
            terms *= column_weights.astype(np.float64) ** 2
        variance[block] = terms.sum(axis=1)
    return variance


def _moments(mu: Float32, logvar: Float32, rows: Ints) -> tuple[Float64, Float64]:
    return mu[rows].astype(np.float64), np.exp(logvar[rows].astype(np.float64))


def intervals(mu: Float32, logvar: Float32, sources: Ints, targets: Ints, level: float) -> Interval:
    """Central intervals that contain each pair's logit with probability `level`, in (0, 1); the rest as in `logit_variance`."""
    return intervals_around(pair_logits(mu, sources, targets), logit_variance(mu, logvar, sources, targets), level)


def intervals_around(logits: Float64, variances: Float64, level: float) -> Interval:
    """Central intervals of m logits, float64 (m,), with these variances, float64 (m,), as in `intervals`."""
    half_width = -NormalDist().inv_cdf((1 - level) / 2) * np.sqrt(variances)
    low, high = logits - half_width, logits + half_width
    return Interval(low, high, sigmoid(low), sigmoid(high))
