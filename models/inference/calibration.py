"""The calibration curve: from a logit to a probability that holds at a given share of linked pairs.

Platt (1999) fits slope a and intercept b to held-out edges and non-edges. Where a line does not fit, a bend c makes the slope
a − c far below logit 0 and a + c far above: the beta calibration (Kull, Silva Filho & Flach 2017) of σ(s). A prior π for another
share of edges then shifts the log-odds: σ(a s + c k(s) + b + logit π) with k(s) = 2 log cosh(s/2), since logit ½ = 0.
"""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.inference.scoring import sigmoid


class Calibration(NamedTuple):
    """A fitted curve, for pairs of which half are linked.

    Attributes:
        slope: a, the coefficient of the logit.
        intercept: b.
        bend: c, the coefficient of k(logit), in [−a, a], so that the curve is monotone; 0 for a line.
    """

    slope: float
    intercept: float
    bend: float = 0.0

    def probabilities(self, logits: Float64, prior: float = 0.5) -> Float64:
        """σ(a s + c k(s) + b + logit π) of logits s (m,), where a share π of pairs, in (0, 1), is linked."""
        curve = self.slope * logits + self.bend * bent(logits)
        return sigmoid(curve + self.intercept + float(log_odds(prior)))


def bent(logits: Float64) -> Float64:
    """k(s) = 2 log cosh(s/2) of logits (m,): 0 at 0, |s| − 2 log 2 far from it."""
    size = np.abs(logits)
    return np.asarray(size + 2 * (np.log1p(np.exp(-size)) - np.log(2)))


def log_odds(probability: float) -> Float64:
    """logit p = log p − log(1 − p)."""
    return np.asarray(np.log(probability) - np.log1p(-probability))
