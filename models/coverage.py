"""What a variational model's intervals are worth: how many samples of its posterior they hold, and what their width tells."""

from typing import Any

import numpy as np

from models.csr import Float32, Int64
from models.scoring import Float64, pair_logits, sigmoid
from models.uncertainty import intervals

LEVEL = 0.9
_SAMPLES, _PAIRS = 20_000, 2_000  # of the posterior, for at most so many pairs, half of them edges


def interval_facts(
    mu: Float32, logvar: Float32, positives: Int64, negatives: Int64, rng: np.random.Generator
) -> dict[str, Any]:
    """`coverage`, the share of `samples` of the posterior's logits that the interval of `level` holds, and `rank_correlation`.

    The latter is Spearman's, of the width of the probability's interval and |y − p|, over all pairs; None where one is constant.

    Args:
        mu: float32 (N, D), of the evaluated run.
        logvar: float32 (N, D).
        positives: int64 (p, 2), test edges: y = 1.
        negatives: int64 (n, 2), test non-edges: y = 0.
        rng: of the samples.
    """
    pairs = np.concatenate([positives, negatives])
    found = intervals(mu, logvar, pairs[:, 0], pairs[:, 1], LEVEL)
    linked = np.repeat([1.0, 0.0], [len(positives), len(negatives)])
    error = np.abs(linked - sigmoid(pair_logits(mu, *pairs.T)))
    chosen = rng.permutation(len(pairs))[:_PAIRS]
    rounds = -(-_SAMPLES // len(chosen))
    low, high = found.logit_low[chosen], found.logit_high[chosen]
    drawn = (_sample(mu, logvar, pairs[chosen], rng) for _ in range(rounds))
    inside = sum(int(((low <= logits) & (logits <= high)).sum()) for logits in drawn)
    return {
        "level": LEVEL,
        "samples": rounds * len(chosen),
        "coverage": inside / (rounds * len(chosen)),
        "rank_correlation": _spearman(found.probability_high - found.probability_low, error),
    }


def _sample(mu: Float32, logvar: Float32, pairs: Int64, rng: np.random.Generator) -> Float64:
    """float64 (m,): the logit of each pair of different nodes under one draw of both ends."""
    one, other = (
        mu[rows] + np.exp(logvar[rows] / 2) * rng.standard_normal((len(rows), mu.shape[1])) for rows in pairs.T
    )
    return np.asarray((one * other).sum(axis=1))


def _spearman(one: Float64, other: Float64) -> float | None:
    """Pearson's correlation of the ranks; by scipy it would take a second, for all that its statistics import."""
    constant = (one == one[0]).all() or (other == other[0]).all()
    return None if constant else float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Float64) -> Float64:
    """float64 (m,): the place of each in rising order; equal ones share the mean of theirs."""
    _, number, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[number])
