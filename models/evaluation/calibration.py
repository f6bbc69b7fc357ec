"""Calibration: a curve on the logit, fitted to held-out pairs, and its reliability on other pairs.

σ(zᵢᵀzⱼ) ranks pairs; on a sparse graph it averages about ½. Platt (1999) fits slope a and intercept b to held-out edges and
non-edges. Where a line does not fit, a bend c makes the slope a − c far below logit 0 and a + c far above: that is the beta
calibration (Kull, Silva Filho & Flach 2017) of σ(s). A prior π for another share of edges then shifts the log-odds:
σ(a s + c k(s) + b + logit π) with k(s) = 2 log cosh(s/2), since logit ½ = 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.models.arrays import Float64
from latentlink.models.facts.probabilities import BalancedReliability, CalibrationFacts, Reliability, SparseReliability
from latentlink.models.inference.calibration import Calibration, bent
from latentlink.models.inference.scoring import sigmoid

BINS = 10
_STEPS, _ENOUGH = 100, 1e-10  # of Newton's method, and the gradient of the loss at which it ends


def fit_calibration(positive: Float64, negative: Float64) -> Calibration:
    """The maximum-likelihood line, or the monotone curve with a bend where its likelihood is significantly larger.

    Edges together weigh as much as non-edges together, so that more non-edges reduce the variance of the fit and do not shift it.
    A bend must raise the log-likelihood by more than half the logarithm of the number of pairs, two for each edge (Schwarz 1978).

    Args:
        positive: logits (P,) of held-out edges.
        negative: logits (N,) of non-edges.
    """
    pairs = _Pairs.of(positive, negative)
    line, curve = _fit_line(pairs), _fit_curve(pairs)
    return curve if _loss(pairs, line) - _loss(pairs, curve) > np.log(2 * len(positive)) / 2 else line


class _Pairs(NamedTuple):
    """Logits s, k(s), targets and weights of m pairs, float64 (m,) each; Platt's targets are (P + 1)/(P + 2) and 1/(N + 2)."""

    logits: Float64
    bent: Float64
    target: Float64
    weight: Float64

    @classmethod
    def of(cls, positive: Float64, negative: Float64) -> "_Pairs":
        logits, (p, n) = np.concatenate([positive, negative]), (len(positive), len(negative))
        target, weight = np.repeat([(p + 1) / (p + 2), 1 / (n + 2)], [p, n]), np.repeat([1, p / n], [p, n])
        return cls(logits, bent(logits), target, weight)


def _fit_line(pairs: _Pairs) -> Calibration:
    return Calibration(*_fit([pairs.logits], pairs).tolist())


def _fit_curve(pairs: _Pairs) -> Calibration:
    """The maximum-likelihood curve; where it would decrease on one side of 0, the one that is constant there."""
    slope, bend, intercept = _fit([pairs.logits, pairs.bent], pairs).tolist()
    if abs(bend) <= slope:
        return Calibration(slope, intercept, bend)
    flat = [(sign, *_fit([pairs.logits + sign * pairs.bent], pairs).tolist()) for sign in (-1, 1)]
    rising = [Calibration(slope, intercept, sign * slope) for sign, slope, intercept in flat if slope > 0]
    return min(rising, key=lambda curve: _loss(pairs, curve), default=_fit_line(pairs))


def _loss(pairs: _Pairs, curve: Calibration) -> float:
    return _entropy(curve.slope * pairs.logits + curve.bend * pairs.bent + curve.intercept, pairs)


def _entropy(s: Float64, pairs: _Pairs) -> float:
    """Cross-entropy Σ weight · (softplus(s) − t s) of log-odds s (m,)."""
    return float((pairs.weight * (np.logaddexp(0, s) - pairs.target * s)).sum())


def _fit(columns: Sequence[Float64], pairs: _Pairs) -> Float64:
    """Maximum-likelihood coefficients of c columns and the intercept, float64 (c + 1,).

    Newton's method (Lin, Lin & Weng 2007), halving steps that raise the loss; columns are scaled to unit size first.
    """
    sizes = np.array([max(float(np.abs(column).max()), np.finfo(np.float64).tiny) for column in columns])
    x = np.stack([*(column / size for column, size in zip(columns, sizes, strict=True)), np.ones(len(pairs.target))])
    found, loss = np.zeros(len(x)), _entropy(np.zeros(x.shape[1]), pairs)
    for _ in range(_STEPS):
        guess = sigmoid(found @ x)
        gradient = x @ (pairs.weight * (guess - pairs.target))
        if np.abs(gradient).max() < _ENOUGH * pairs.weight.sum():
            break
        curvature = (x * (pairs.weight * guess * (1 - guess))) @ x.T
        step = np.linalg.lstsq(curvature, gradient)[0]  # singular with only two distinct logits
        while (tried := _entropy((found - step) @ x, pairs)) > loss and np.abs(step).max() > _ENOUGH:
            step = step / 2
        found, loss = found - step, tried
    return np.asarray(np.append(found[:-1] / sizes, found[-1]))


def reliability(probabilities: Float64, linked: npt.NDArray[np.bool_], prior: float = 0.5) -> Reliability:
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


def _bins(probabilities: Float64) -> npt.NDArray[np.int64]:
    return np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)


def noise_floor(probabilities: Float64, rng: np.random.Generator, rounds: int = 200) -> float:
    """The mean ECE of `rounds` draws of edges (m,) from these probabilities: the ECE of a perfect calibration."""
    bins = _bins(probabilities)
    draws = (rng.random(len(probabilities)) < probabilities for _ in range(rounds))
    gaps = [np.abs(np.bincount(bins, linked - probabilities, BINS)).sum() for linked in draws]
    return float(np.mean(gaps)) / len(probabilities)


def calibration_facts(
    calibration: Calibration,
    positive: Float64,
    negative: Float64,
    rng: np.random.Generator,
    *,
    unknown: float,
    served: float,
) -> CalibrationFacts:
    """A calibration with its reliability on test pairs, before and after.

    Args:
        calibration: fitted to validation pairs.
        positive: logits (P,) of test edges.
        negative: logits (N,) of test non-edges.
        rng: generator of the noise floor.
        unknown: the share of edges among the pairs that are no message-passing edges, in (0, 1).
        served: the share of edges among all pairs, in (0, 1); the default prior of the service.
    """
    logits, linked = np.concatenate([positive, negative]), np.repeat([True, False], [len(positive), len(negative)])
    after, raw = calibration.probabilities(logits), sigmoid(logits)
    return CalibrationFacts(
        **calibration._asdict(),
        balanced=BalancedReliability(
            before=reliability(raw, linked), after=reliability(after, linked), noise_floor=noise_floor(after, rng)
        ),
        sparse=SparseReliability(
            prior=unknown,
            before=reliability(raw, linked, unknown),
            after=reliability(calibration.probabilities(logits, unknown), linked, unknown),
        ),
        prior=served,
    )
