"""By how much the probabilities of pairs change from one checkpoint to another."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.comparison.facts import ProbabilityChange, Spread
from latentlink.models.comparison.lists import Side
from latentlink.models.inference.calibration import curve_of, probabilities
from latentlink.models.inference.scoring import sigmoid

_PERCENTILES = (5, 25, 50, 75, 95)


class Shift(NamedTuple):
    """The rise of the probabilities of m pairs.

    Attributes:
        raw: float64 (m,).
        calibrated: float64 (m,), each at the prior of its checkpoint; None where one has no calibration.
    """

    raw: Float64
    calibrated: Float64 | None

    @classmethod
    def of(cls, sides: tuple[Side, Side], sources: Int64, targets: Int64) -> Self:
        """Of pairs of places, int64 (p,) each, without those that one of both knows to be linked."""
        unknown = ~(sides[0].linked(sources, targets) | sides[1].linked(sources, targets))
        logits = [side.logits(sources[unknown], targets[unknown]) for side in sides]
        calibrations = [side.checkpoint.manifest.calibration for side in sides]
        before, after = (
            None if facts is None else probabilities(curve_of(facts), own, facts.prior)
            for facts, own in zip(calibrations, logits, strict=True)
        )
        return cls(sigmoid(logits[1]) - sigmoid(logits[0]), None if before is None or after is None else after - before)


def probability_change(shifts: Sequence[Shift]) -> ProbabilityChange:
    """The rise over all pairs of several shifts."""
    calibrated = [shift.calibrated for shift in shifts if shift.calibrated is not None]
    return ProbabilityChange(
        pairs=sum(len(shift.raw) for shift in shifts),
        probability=spread([shift.raw for shift in shifts]),
        calibrated=spread(calibrated) if len(calibrated) == len(shifts) else None,
    )


def spread(parts: Sequence[Float64]) -> Spread | None:
    """Mean and percentiles of all numbers of some arrays; None without any."""
    values = np.concatenate([*parts, np.empty(0)])
    if not len(values):
        return None
    percentiles = np.percentile(values, _PERCENTILES).tolist()
    named = {f"p{q}": value for q, value in zip(_PERCENTILES, percentiles, strict=True)}
    return Spread(mean=float(values.mean()), **named)
