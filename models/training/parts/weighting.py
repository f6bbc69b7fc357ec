"""Weights of terms, fitted to validation links: a link scores above unlinked pairs, and above its end's other pairs.

Both are logistic losses of differences, convex in the weights: of a link and a uniform unlinked pair (Rendle et al. 2009,
1205.2618), and of a link among the candidates of one end (Luce's choice axiom, the softmax). A ridge draws the weights of
standardized terms to those that they begin with, so that few links move them little.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from latentlink.models.arrays import Bool, Float64
from latentlink.models.inference.scoring import HEAVIEST

_RIDGE = 1.0  # what a standardized weight costs per squared distance from its beginning, in nats
_OPPONENTS = 20  # unlinked pairs that each link is compared with
_RANKED = 0.2  # nats of the ranking that count as much as one of the comparison: it has about five times as many
_MOST = 1_000.0  # size of a weight: a checkpoint holds no column weights from `HEAVIEST` on
_LEAST_SLOPE = 1e-3  # of standardized scores: scores that say the opposite keep their order


class Measured(NamedTuple):
    """Terms of validation pairs.

    Attributes:
        links: float64 (p, K).
        others: float64 (n, K), of uniform unlinked pairs.
        candidates: float64 (q, C, K), of the ends of links with C random nodes each, less the term of the link itself.
        possible: bool (q, C), whether a candidate is neither linked nor the end itself.
        share: float64 (q,), nodes that an end could be linked to for each of its candidates.
    """

    links: Float64
    others: Float64
    candidates: Float64
    possible: Bool
    share: Float64

    def only(self, columns: Bool) -> "Measured":
        """With some terms, bool (K,)."""
        links, others, candidates = (part[..., columns] for part in self[:3])
        return self._replace(links=links, others=others, candidates=candidates)


def fit_weights(
    measured: Measured, start: Float64, least: Float64, ranking: float, guess: Float64 | None = None
) -> Float64:
    """Weights of K terms, float64 (K,), none larger than `_MOST`.

    Args:
        measured: the terms of validation pairs.
        start: float64 (K,), what the ridge draws the weights to.
        least: float64 (K,), the least that each may be; −∞ for any.
        ranking: share of the ranking in the loss, in [0, 1]; the comparison has the rest.
        guess: float64 (K,), weights close to the result, from which the search is shorter; or None.
    """
    size = np.concatenate([measured.links, measured.others]).std(axis=0) + 1e-9
    rng = np.random.default_rng(0)
    first = np.repeat(np.arange(len(measured.links)), _OPPONENTS)
    second = rng.integers(0, len(measured.others), len(first))
    compared = (measured.links[first] - measured.others[second]) / size
    candidates, origin = measured.candidates / size, start * size

    def loss(weights: Float64) -> tuple[float, Float64]:
        value, slope = _comparison(compared, weights)
        value, slope = (1 - ranking) * value, (1 - ranking) * slope
        if ranking:
            ranked, of_ranked = _softmax(candidates, measured.possible, measured.share, weights)
            part = ranking * _RANKED * len(measured.links) / max(len(candidates), 1)
            value, slope = value + part * ranked, slope + part * of_ranked
        away = weights - origin
        return value + _RIDGE * float(away @ away), slope + 2 * _RIDGE * away

    return np.asarray(_minimum(loss, origin if guess is None else guess * size, least * size, _MOST * size) / size)


def fit_scale(links: Float64, others: Float64, heaviest: float = 1.0, *, hold: bool = False) -> tuple[float, float]:
    """Slope a > 0 and intercept b with which σ(a s + b) of scores is the share of links where half of the pairs are (Platt 1999).

    Args:
        links: scores (p,) of links.
        others: scores (n,) of unlinked pairs, which weigh as much together.
        heaviest: size of the largest column weight; times the slope it is below `HEAVIEST`, which a checkpoint must have.
        hold: whether a ridge draws the intercept to 0, as it draws the slope to 1: few scores then change both little.
    """
    size = float(np.concatenate([links, others]).std()) + 1e-9
    rows = np.stack([np.concatenate([links, others]) / size, np.ones(len(links) + len(others))], axis=1)
    signs = np.repeat([1.0, -1.0], [len(links), len(others)])
    counts = np.repeat([1.0, len(links) / len(others)], [len(links), len(others)])
    origin = np.array([size, 0.0])

    def loss(weights: Float64) -> tuple[float, Float64]:
        margins = signs * (rows @ weights)
        losses = np.logaddexp(0, -margins)
        away = (weights - origin) * [1, hold]
        slope = rows.T @ (-signs * counts * np.exp(-margins - losses)) + 2 * _RIDGE * away
        return float(counts @ losses) + _RIDGE * float(away @ away), slope

    most = np.array([HEAVIEST / 2 / heaviest * size, np.inf])
    slope, intercept = _minimum(loss, origin, np.array([_LEAST_SLOPE, -np.inf]), most)
    return float(slope) / size, float(intercept)


def _comparison(differences: Float64, weights: Float64) -> tuple[float, Float64]:
    """Σ log(1 + e⁻ᵈ) / opponents over differences d of scores, and its gradient."""
    scores = differences @ weights
    losses = np.logaddexp(0, -scores)
    return float(losses.sum()) / _OPPONENTS, differences.T @ -np.exp(-scores - losses) / _OPPONENTS


def _softmax(candidates: Float64, possible: Bool, share: Float64, weights: Float64) -> tuple[float, Float64]:
    """Σ log(1 + share Σ eᵈ) over queries, of the differences d of candidates and the link, and its gradient."""
    scores = np.where(possible, candidates @ weights + np.log(share)[:, None], -np.inf)
    top = np.maximum(scores.max(axis=1, initial=0), 0)
    losses = top + np.log(np.exp(-top) + np.exp(scores - top[:, None]).sum(axis=1))
    return float(losses.sum()), np.einsum("qc,qck->k", np.exp(scores - losses[:, None]), candidates)


def _minimum(
    loss: Callable[[Float64], tuple[float, Float64]], guess: Float64, least: Float64, most: Float64
) -> Float64:
    """The weights of the least loss among those that are at least `least` and of sizes up to `most`, which comes first."""

    def search(begin: Float64, lower: Float64, upper: Float64) -> Float64:
        bounds = list(zip(lower.tolist(), upper.tolist(), strict=True))
        return np.asarray(minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds).x, np.float64)

    found = search(guess, least, np.full(len(most), np.inf))
    if (np.abs(found) <= most).all():  # as nearly always; bounds that don't bind would change the steps of the search
        return found
    lower = np.minimum(np.maximum(least, -most), most)
    return search(np.clip(guess, lower, most), lower, most)
