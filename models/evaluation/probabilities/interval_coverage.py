"""Intervals of a variational model, compared with samples of its posterior and with the errors on test pairs."""

from collections.abc import Iterator

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.facts.metrics import IntervalCoverage
from latentlink.models.facts.training import Posterior
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.intervals import Interval, intervals_around, logit_variance
from latentlink.models.inference.scoring import pair_logits, sigmoid

LEVEL = 0.9
_SAMPLES, _PAIRS = 10_000, 2_000  # samples of the posterior, and the pairs that they are drawn for, at most
_BLOCK = 16_384  # rows at once
_AT_ONCE = 500  # vectors of samples, which fit a cache


def interval_facts(
    embeddings: Embeddings, positives: Int64, negatives: Int64, rng: np.random.Generator
) -> IntervalCoverage | None:
    """The coverage of the intervals on samples of the posterior, and the rank correlation of their width and |y − p|.

    Args:
        embeddings: of the evaluated run.
        positives: int64 (p, 2), test edges: y = 1.
        negatives: int64 (n, 2), test non-edges: y = 0.
        rng: generator of the samples.

    Returns:
        None without a posterior.
    """
    pairs = np.concatenate([positives, negatives])
    logvar, found = embeddings.logvar, intervals_of(embeddings, pairs)
    if logvar is None or found is None:
        return None
    mu, dense = embeddings.dense, embeddings.dense_weights
    sources, targets = pairs.T
    logits = embeddings.decoder.pairs(sources, targets)
    linked = np.repeat([1.0, 0.0], [len(positives), len(negatives)])
    error = np.abs(linked - sigmoid(logits))
    chosen = rng.permutation(len(pairs))[:_PAIRS]
    rounds = -(-_SAMPLES // len(chosen))
    # What the other parts add has no posterior.
    others = logits[chosen] - pair_logits(mu, sources[chosen], targets[chosen], dense)
    low, high = found.logit_low[chosen] - others, found.logit_high[chosen] - others
    drawn = _samples(mu, logvar, dense, pairs[chosen], rounds, rng)
    inside = sum(int(((low <= sampled) & (sampled <= high)).sum()) for sampled in drawn)
    return IntervalCoverage(
        level=LEVEL,
        samples=rounds * len(chosen),
        coverage=inside / (rounds * len(chosen)),
        rank_correlation=_spearman(found.probability_high - found.probability_low, error),
    )


def intervals_of(embeddings: Embeddings, pairs: Int64) -> Interval | None:
    """Intervals of `LEVEL` around the logits of pairs, int64 (m, 2); None without a posterior."""
    if embeddings.logvar is None:
        return None
    sources, targets = pairs.T
    variances = logit_variance(
        embeddings.dense, embeddings.logvar, sources, targets, embeddings.dense_weights, embeddings.dense_target
    )
    return intervals_around(embeddings.decoder.pairs(sources, targets), variances, LEVEL)


def _samples(
    mu: Float32, logvar: Float32, column_weights: Float32 | None, pairs: Int64, rounds: int, rng: np.random.Generator
) -> Iterator[Float64]:
    """The inner products of m pairs of different nodes under samples of both embeddings, float64 (some rounds, m).

    Only the first embedding z of a pair is drawn. Given z, z · w z' is normal, as z' is: its mean is z · w μ', its variance
    Σ_d z_d² w_d² σ'_d². One number drawn from that has the distribution of the product with a z' drawn in full.
    """
    (known, center), (sigma, other_sigma) = mu[pairs.T], np.exp(logvar[pairs.T] / 2)
    weights = 1.0 if column_weights is None else column_weights.astype(np.float64)
    center, variance = center.astype(np.float64) * weights, np.square(other_sigma.astype(np.float64) * weights)
    at_once = max(1, _AT_ONCE // len(pairs))
    for left in range(rounds, 0, -at_once):
        drawn = rng.standard_normal((min(at_once, left), *known.shape))
        drawn *= sigma
        drawn += known
        products = np.einsum("rmd,md->rm", drawn, center)
        spread = np.sqrt(np.einsum("rmd,md->rm", np.square(drawn, out=drawn), variance))
        yield products + spread * rng.standard_normal(products.shape)


def _spearman(one: Float64, other: Float64) -> float | None:
    """Spearman's rank correlation, None if one side is constant; scipy.stats takes a second to import."""
    constant = (one == one[0]).all() or (other == other[0]).all()
    return None if constant else float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Float64) -> Float64:
    """Ranks in ascending order, float64 (m,); equal values have the mean of their ranks."""
    _, number, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[number])


def posterior_facts(mu: Float32, logvar: Float32 | None) -> Posterior | None:
    """Median σ and KL divergence of the posterior: σ = 1 and KL = 0 if it collapsed, σ = 0 if it is deterministic.

    Args:
        mu: (N, D), means.
        logvar: (N, D), log σ², or None for a model that isn't variational.

    Returns:
        `median_sigma`, over all entries, and `kl_per_node`, the mean over nodes of KL(N(mu, σ²) ‖ N(0, I)) in nats,
        KLᵢ = −½ Σ_d (1 + log σ²_id − mu²_id − σ²_id) (Kingma & Welling 2013, appendix B); None without `logvar`.
    """
    if logvar is None:
        return None
    middle = [(logvar.size - 1) // 2, logvar.size // 2]
    sums = [_divergences(mu[at : at + _BLOCK], logvar[at : at + _BLOCK]) for at in range(0, len(mu), _BLOCK)]
    return Posterior(
        median_sigma=float(np.exp(np.partition(logvar, middle, axis=None)[middle] / 2, dtype=np.float64).mean()),
        kl_per_node=float(np.concatenate(sums).mean() / 2),
    )


def _divergences(mu: Float32, logvar: Float32) -> Float64:
    """2 KLᵢ, float64 (m,)."""
    with np.errstate(over="ignore"):  # an infinite divergence is written as null
        cells = np.square(mu, dtype=np.float64) + np.exp(logvar, dtype=np.float64) - 1 - logvar
    return np.asarray(cells.sum(axis=1))
