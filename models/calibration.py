"""Probabilities that mean what they say: a line on the logit, fitted to held-out pairs, and the odds of a link at all.

σ(zᵢᵀzⱼ) ranks pairs; on a sparse graph it averages about ½. Platt (1999) fits slope a and intercept b to held-out edges and as
many non-edges; a prior π for another share of edges then shifts the log-odds: σ(a s + b + logit π), since logit ½ = 0.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.scoring import Float64, sigmoid

BINS = 10
_STEPS, _ENOUGH = 100, 1e-10  # of Newton's method, and the slope of the loss at which it ends


class Calibration(NamedTuple):
    """What Platt's method found, at one edge to one non-edge.

    Attributes:
        slope: a, times the logit.
        intercept: b.
    """

    slope: float
    intercept: float

    def probabilities(self, logits: Float64, prior: float = 0.5) -> Float64:
        """σ(a s + b + logit π) of logits s (m,), where a share π of pairs, in (0, 1), is linked."""
        return sigmoid(self.slope * logits + self.intercept + float(log_odds(prior)))


def log_odds(probability: float) -> Float64:
    """logit p = log p − log(1 − p)."""
    return np.asarray(np.log(probability) - np.log1p(-probability))


def fit_calibration(positive: Float64, negative: Float64) -> Calibration:
    """Slope and intercept by maximum likelihood, with Platt's targets: (P + 1)/(P + 2) for edges and 1/(N + 2) for non-edges.

    Newton's method on two numbers (Lin, Lin & Weng 2007), halving steps that lead up; logits are brought to unit size first.

    Args:
        positive: logits (P,) of held-out edges.
        negative: logits (N,) of non-edges.
    """
    logits = np.concatenate([positive, negative])
    size = max(float(np.abs(logits).max()), np.finfo(np.float64).tiny)
    x = np.stack([logits / size, np.ones(len(logits))])  # (2, P + N)
    p, n = len(positive), len(negative)
    target = np.repeat([(p + 1) / (p + 2), 1 / (n + 2)], [p, n])
    line, loss = np.zeros(2), _loss(np.zeros(2), x, target)
    for _ in range(_STEPS):
        guess = sigmoid(line @ x)
        gradient = x @ (guess - target)
        if np.abs(gradient).max() < _ENOUGH * len(logits):
            break
        curvature = (x * (guess * (1 - guess))) @ x.T + 1e-12 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while (tried := _loss(line - step, x, target)) > loss and np.abs(step).max() > _ENOUGH:
            step = step / 2
        line, loss = line - step, tried
    return Calibration(float(line[0] / size), float(line[1]))


def _loss(line: Float64, x: Float64, target: Float64) -> float:
    """Cross-entropy Σ softplus(s) − t s."""
    s = line @ x
    return float((np.logaddexp(0, s) - target * s).sum())


def reliability(probabilities: Float64, linked: npt.NDArray[np.bool_], prior: float = 0.5) -> dict[str, Any]:
    """How far probabilities are from the shares of edges, in ten bins of equal width.

    Args:
        probabilities: (m,), in 0–1.
        linked: bool (m,), which pairs are edges; both kinds occur.
        prior: the share of edges that the pairs stand for: edges together weigh as much, non-edges the rest.

    Returns:
        `ece`, the expected calibration error Σ weight · |observed − predicted| (Naeini et al. 2015); `brier`, the mean squared
        error; `predicted`, `observed` and `weight`, a list each with a number, or null, for each bin.
    """
    weight = np.where(linked, prior / linked.sum(), (1 - prior) / (~linked).sum())
    bins = _bins(probabilities)
    mass, predicted, observed = (
        np.bincount(bins, part, BINS) for part in (weight, weight * probabilities, weight * linked)
    )
    filled = mass > 0
    means = [np.divide(part, mass, out=np.full(BINS, np.nan), where=filled) for part in (predicted, observed)]
    return {
        "ece": float(np.abs(predicted - observed).sum()),
        "brier": float((weight * (probabilities - linked) ** 2).sum()),
        "predicted": [float(v) if f else None for v, f in zip(means[0], filled, strict=True)],
        "observed": [float(v) if f else None for v, f in zip(means[1], filled, strict=True)],
        "weight": mass.tolist(),
    }


def _bins(probabilities: Float64) -> npt.NDArray[np.int64]:
    return np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)


def noise_floor(probabilities: Float64, rng: np.random.Generator, rounds: int = 200) -> float:
    """The mean ECE of `rounds` draws of edges (m,) by these very probabilities: what a perfect calibration would show."""
    bins = _bins(probabilities)
    draws = (rng.random(len(probabilities)) < probabilities for _ in range(rounds))
    gaps = [np.abs(np.bincount(bins, linked - probabilities, BINS)).sum() for linked in draws]
    return float(np.mean(gaps)) / len(probabilities)


def calibration_facts(
    calibration: Calibration, positive: Float64, negative: Float64, prior: float, rng: np.random.Generator
) -> dict[str, Any]:
    """What the manifest says of a calibration: its line, and reliability on test pairs, before and after.

    Args:
        calibration: fitted to validation pairs.
        positive: logits (P,) of test edges.
        negative: logits (N,) of test non-edges.
        prior: the share of edges among all pairs that the encoder did not know; in (0, 1).
        rng: of the noise floor.
    """
    logits, linked = np.concatenate([positive, negative]), np.repeat([True, False], [len(positive), len(negative)])
    after, raw = calibration.probabilities(logits), sigmoid(logits)
    return {
        **calibration._asdict(),
        "balanced": {
            "before": reliability(raw, linked),
            "after": reliability(after, linked),
            "noise_floor": noise_floor(after, rng),
        },
        "sparse": {
            "prior": prior,
            "before": reliability(raw, linked, prior),
            "after": reliability(calibration.probabilities(logits, prior), linked, prior),
        },
    }
