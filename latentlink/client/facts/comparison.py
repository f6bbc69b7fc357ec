"""What a comparison of two versions finds, as a client returns it; see `latentlink.client.facts.model`."""

from typing import TypedDict

from latentlink.client.facts.metrics import Number


class NamedVersion(TypedDict):
    """A version of a model."""

    model: str
    version: str


class MetricChange(TypedDict):
    """A metric of both versions."""

    before: Number
    after: Number


class MetricChanges(TypedDict):
    """Metrics of both versions by name, and whether both were measured on the same pairs, where that is known."""

    same_test: bool | None
    validation: dict[str, MetricChange]
    test: dict[str, MetricChange]


class CountChange(TypedDict):
    """How many nodes or links both versions have, and how many only one has: counted, or estimated by samples."""

    before: int
    after: int
    added: int
    removed: int
    exact: bool


class Spread(TypedDict):
    """Mean and percentiles of a number."""

    mean: float
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


class ListChange(TypedDict):
    """How much the lists of the best k neighbours of some nodes have in common."""

    k: int
    nodes: int
    candidates: int
    overlap: Spread | None
    same_first: Number


class ProbabilityChange(TypedDict):
    """By how much probabilities of pairs rise, raw and calibrated; None without pairs, or without a calibration."""

    pairs: int
    probability: Spread | None
    calibrated: Spread | None


class Comparison(TypedDict):
    """Two versions side by side: metrics, nodes, known links, lists of neighbours and probabilities."""

    before: NamedVersion
    after: NamedVersion
    metrics: MetricChanges
    nodes: CountChange
    links: CountChange
    neighbors: ListChange
    best_pairs: ProbabilityChange
    random_pairs: ProbabilityChange
