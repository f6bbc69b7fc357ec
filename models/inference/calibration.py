"""The calibration curve: from a logit to a probability that holds at a given share of linked pairs.

A curve gives the log-odds of a pair where half of all pairs are linked, log p(s | linked) − log p(s | unlinked) of its logit s.
By Bayes' rule another share π adds logit π, since logit ½ = 0.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.facts.probabilities import CalibrationFacts
from latentlink.models.inference.scoring import sigmoid


class Curve(Protocol):
    """A curve that rises with the logit or is flat."""

    def at(self, logits: Float64) -> Float64:
        """The log-odds float64 (m,) of logits (m,)."""


class Knots(NamedTuple):
    """The curve of new checkpoints: linear between knots, constant beyond the first and the last one.

    Attributes:
        logit: k rising logits.
        log_odds: at each of them, never falling.
    """

    logit: Sequence[float]
    log_odds: Sequence[float]

    def at(self, logits: Float64) -> Float64:
        """The interpolated log-odds."""
        return np.interp(logits, self.logit, self.log_odds)


class Bend(NamedTuple):
    """The curve of older checkpoints: a s + c k(s) + b with k(s) = 2 log cosh(s/2), 0 at 0 and |s| − 2 log 2 far from it.

    Platt scaling (Platt 1999) if c = 0, else the beta calibration (Kull, Silva Filho & Flach 2017) of σ(s).

    Attributes:
        slope: a.
        intercept: b.
        bend: c, in [−a, a].
    """

    slope: float
    intercept: float
    bend: float

    def at(self, logits: Float64) -> Float64:
        """The log-odds by the formula."""
        size = np.abs(logits)
        bent = size + 2 * (np.log1p(np.exp(-size)) - np.log(2))
        return np.asarray(self.slope * logits + self.bend * bent + self.intercept)


def curve_of(facts: CalibrationFacts) -> Curve:
    """The curve of a checkpoint."""
    if facts.knots is not None:
        return Knots(facts.knots.logit, facts.knots.log_odds)
    return Bend(facts.slope or 0.0, facts.intercept or 0.0, facts.bend)


def probabilities(curve: Curve, logits: Float64, prior: float = 0.5) -> Float64:
    """The probabilities float64 (m,) of logits (m,), where a share `prior` of pairs, in (0, 1), is linked."""
    return sigmoid(curve.at(logits) + float(log_odds(prior)))


def log_odds(probability: float) -> Float64:
    """logit p = log p − log(1 − p)."""
    return np.asarray(np.log(probability) - np.log1p(-probability))
