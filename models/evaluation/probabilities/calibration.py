"""The calibration curve, fitted to validation links among all unlinked pairs.

Most pairs that have no known link are not linked; the validation links are a sample of those that are. The curve is fitted to
the counts of both by logit, at the sparsity of the graph, so that it holds where the best pairs are.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import lsq_linear

from latentlink.models.arrays import Float64
from latentlink.models.evaluation.probabilities.unlinked import Histogram
from latentlink.models.inference.calibration import Knots, log_odds
from latentlink.models.inference.scoring import sigmoid

_KNOTS = 16
_LINKS = 15  # validation links above the last knot, and for each further one
_APART = 16  # bins between two knots, at least: pairs count at the middle of their bin, which may not lie beyond a step
_STEPS, _ENOUGH = 100, 1e-10  # of Newton's method, and the relative gain of the likelihood at which it ends


def fit_calibration(validation: Float64, unlinked: Histogram, n_heldout: int) -> Knots:
    """The likeliest of the rising curves whose log-odds are linear between a few logits of validation links.

    The likelihood is that of n_heldout links among the unlinked pairs, spread over logits as the validation links are. So the
    probabilities of all unlinked pairs add up to n_heldout, and near each knot to the number of links there. Above the last
    knot the curve is constant; there are k links, enough to measure it, and the probability is at most k / (k + 1).

    Args:
        validation: logits (v,) of the validation links, v > 0.
        unlinked: all pairs that are not training links, the held-out links among them.
        n_heldout: number of held-out links, of validation and test.
    """
    logits, most = _places(np.sort(validation)[::-1], unlinked)
    filled = unlinked.counts > 0
    pairs = _Pairs(
        _hats(unlinked.logits[filled], logits),
        unlinked.counts[filled],
        _hats(validation, logits).sum(axis=0) * n_heldout / len(validation),
    )
    prior = log_odds(n_heldout / unlinked.size)
    heights = _fit(pairs, start=min(float(prior), np.log(most)), most=np.log(most))
    return Knots(logits.tolist(), (heights - prior).tolist())


def _places(falling: Float64, unlinked: Histogram) -> tuple[Float64, int]:
    """The knots' logits, float64 (k,), rising, and the number of validation links from the last one on.

    Their ranks are evenly spaced squares, so that more of them are where logits are high. A sample of pairs needs more links
    above the last knot, to have pairs there. Of several that lie together, as of pairs whose logits only rounding tells apart,
    the highest is taken.
    """
    n = len(falling)
    above = min(int(np.ceil(_LINKS / unlinked.share)), (n + 1) // 2)
    squares = np.linspace(0, 1, min(_KNOTS, max(2, n // _LINKS))) ** 2
    ranks = (above + (n - above) * squares).round().astype(np.int64)
    kept: list[float] = []
    for logit in falling[ranks - 1].tolist():
        if not kept or kept[-1] - logit >= _APART * unlinked.width:
            kept.append(logit)
    return np.array(kept[::-1]), above


def _hats(logits: Float64, knots: Float64) -> Float64:
    """The weight of each of k knots in the interpolation at m logits, float64 (m, k)."""
    return np.stack([np.interp(logits, knots, one) for one in np.eye(len(knots))], axis=1)


class _Pairs(NamedTuple):
    """Hats float64 (m, k) and numbers (m,) of pairs of equal logits, and the links near each knot, float64 (k,)."""

    hats: Float64
    counts: Float64
    links: Float64

    def loss(self, heights: Float64) -> float:
        """Cross-entropy of the log-odds at the knots, float64 (k,)."""
        return float(self.counts @ np.logaddexp(0, self.hats @ heights) - self.links @ heights)


def _fit(pairs: _Pairs, start: float, most: float) -> Float64:
    """The heights (k,) of least loss that never fall and are at most `most`, from a constant.

    Newton's method, halving steps that raise the loss; each step is a least-squares problem with bounds. Its variables are the
    last height and the differences before it.
    """
    k = len(pairs.links)
    heights_of = np.concatenate([-np.triu(np.ones((k, k)))[:, : k - 1], np.ones((k, 1))], axis=1)
    least, greatest = np.append(np.zeros(k - 1), -np.inf), np.append(np.full(k - 1, np.inf), most)
    at, loss = np.append(np.zeros(k - 1), start), pairs.loss(np.full(k, start))
    for _ in range(_STEPS):
        odds = sigmoid(pairs.hats @ heights_of @ at)
        gradient = heights_of.T @ (pairs.hats.T @ (pairs.counts * odds) - pairs.links)
        roots = pairs.hats @ heights_of * np.sqrt(pairs.counts * odds * (1 - odds))[:, None]
        root = np.linalg.cholesky(roots.T @ roots + _ENOUGH * pairs.links.sum() * np.eye(k)).T
        target = np.linalg.solve(root.T, -gradient)
        step = lsq_linear(root, target, (least - at - _ENOUGH, greatest - at + _ENOUGH), tol=_ENOUGH).x
        tried = np.clip(at + step, least, greatest)
        while (new := pairs.loss(heights_of @ tried)) > loss and np.abs(step).max() > _ENOUGH:
            step = step / 2
            tried = np.clip(at + step, least, greatest)
        gain, at, loss = loss - new, tried, new
        if gain < _ENOUGH * abs(loss):
            break
    return np.asarray(heights_of @ at)
