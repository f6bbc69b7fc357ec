"""Reliability of probabilities: predicted values beside the observed shares of edges, and the error that chance alone gives."""

import numpy as np

from latentlink.models.arrays import Bool, Float64, Int64
from latentlink.models.facts.probabilities import Reliability

BINS = 10


def reliability(probabilities: Float64, linked: Bool, prior: float = 0.5) -> Reliability:
    """Predicted probabilities against observed shares of edges, in ten bins of equal width (Naeini et al. 2015).

    Args:
        probabilities: (m,), in 0–1.
        linked: bool (m,), which pairs are edges; both kinds occur.
        prior: the total weight of the edges, in (0, 1); non-edges weigh the rest.
    """
    weight = np.where(linked, prior / linked.sum(), (1 - prior) / (~linked).sum())
    bins = _bins(probabilities)
    mass, predicted, observed = (
        np.bincount(bins, part, BINS) for part in (weight, weight * probabilities, weight * linked)
    )
    filled = mass > 0
    means = [np.divide(part, mass, out=np.full(BINS, np.nan), where=filled) for part in (predicted, observed)]
    return Reliability(
        ece=float(np.abs(predicted - observed).sum()),
        brier=float((weight * (probabilities - linked) ** 2).sum()),
        predicted=[float(v) if f else None for v, f in zip(means[0], filled, strict=True)],
        observed=[float(v) if f else None for v, f in zip(means[1], filled, strict=True)],
        weight=mass.tolist(),
    )


def _bins(probabilities: Float64) -> Int64:
    return np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)


def noise_floor(probabilities: Float64, rng: np.random.Generator, rounds: int = 200) -> float:
    """The mean ECE of `rounds` draws of edges (m,) from these probabilities: the ECE of a perfect calibration."""
    bins = _bins(probabilities)
    draws = (rng.random(len(probabilities)) < probabilities for _ in range(rounds))
    gaps = [np.abs(np.bincount(bins, linked - probabilities, BINS)).sum() for linked in draws]
    return float(np.mean(gaps)) / len(probabilities)
