"""Calibration and cut-offs of models, as a client returns them; see `latentlink.client.facts.model`."""

from typing import NotRequired, Required, TypedDict

from latentlink.client.facts.metrics import Number


class Range(TypedDict):
    """An expected number and its 90 % interval."""

    expected: float
    low: float
    high: float


class Threshold(TypedDict):
    """A cut-off, and the pairs above it among those that are not known to be linked."""

    model: str
    version: str
    relation: NotRequired[str]
    target: str
    value: float
    reachable: bool
    probability: float
    logit: float
    precision: Range
    recall: Range
    links: Range
    pairs: float


class Reliability(TypedDict):
    """Predicted probabilities beside the observed fraction of edges, by bin."""

    ece: float
    brier: float
    predicted: list[Number]
    observed: list[Number]
    weight: list[float]


class BalancedReliability(TypedDict):
    """Reliability on as many test edges as non-edges, raw and calibrated."""

    before: Reliability
    after: Reliability
    noise_floor: float


class SparseReliability(TypedDict):
    """Reliability at the share of test edges among the pairs that were not known, raw and calibrated."""

    prior: float
    before: Reliability
    after: Reliability


class Knots(TypedDict):
    """A curve that is linear between knots and constant beyond them."""

    logit: list[float]
    log_odds: list[float]


class TopPairs(TypedDict):
    """The best pairs: how many test links the calibration expects among them, and how many are there."""

    pairs: int
    expected: float
    found: int


class Calibration(TypedDict, total=False):
    """The calibration curve (`knots`; `slope`, `intercept` and `bend` of older models), its reliability and its best pairs."""

    knots: Knots | None
    slope: Number
    intercept: Number
    bend: float
    top: list[TopPairs]
    balanced: Required[BalancedReliability]
    sparse: Required[SparseReliability]
    prior: Required[float]


class ReliabilityCurve(TypedDict):
    """Points of a reliability diagram: predicted probabilities and observed fractions of edges."""

    predicted: list[float]
    observed: list[float]


class ReliabilityCurves(TypedDict):
    """The reliability diagram, raw and calibrated."""

    before: ReliabilityCurve
    after: ReliabilityCurve
