"""What a comparison of two checkpoints finds."""

from pydantic import Field

from latentlink.models.facts.base import Count, Facts, Flag, Measured, Number, Share


class NamedVersion(Facts):
    """A version of a model."""

    model: str
    version: str


class MetricChange(Facts):
    """A metric of both versions; null where it was not measured."""

    before: Measured
    after: Measured


class MetricChanges(Facts):
    """Metrics of both versions, as their manifests have them."""

    same_test: Flag | None = Field(
        description="Whether both were measured on the same pairs; null where a checkpoint does not hold its split."
    )
    validation: dict[str, MetricChange] = Field(description="By name.")
    test: dict[str, MetricChange] = Field(description="By name.")


class CountChange(Facts):
    """How many nodes, or known links, both versions have, and how many of them only one has."""

    before: Count
    after: Count
    added: Count = Field(description="Only `after` has them.")
    removed: Count = Field(description="Only `before` has them.")
    exact: Flag = Field(
        description="Whether all were looked up; if not, `added` and `removed` are estimates by samples."
    )


class Spread(Facts):
    """Mean and percentiles of a number."""

    mean: Number
    p5: Number
    p25: Number
    p50: Number
    p75: Number
    p95: Number


class ListChange(Facts):
    """How much lists of the best neighbours have in common, each without the known links of its version."""

    k: Count = Field(description="Length of a list.")
    nodes: Count = Field(description="Nodes whose lists were compared: a sample of those that both versions know.")
    candidates: Count = Field(description="Nodes that were searched: all that both versions know, or a sample of them.")
    overlap: Spread | None = Field(description="Share of a list that the other one has, too; null without lists.")
    same_first: Share | None = Field(description="Share of the nodes whose best neighbour is the same.")


class ProbabilityChange(Facts):
    """By how much probabilities rise from `before` to `after`, of pairs that neither version knows to be linked."""

    pairs: Count
    probability: Spread | None = Field(description="Of raw probabilities; null without pairs.")
    calibrated: Spread | None = Field(
        description="Of calibrated probabilities, each at the prior of its version; null where one has no calibration."
    )


class Comparison(Facts):
    """Two versions side by side; the sample is the same at every call."""

    before: NamedVersion
    after: NamedVersion
    metrics: MetricChanges
    nodes: CountChange
    links: CountChange
    neighbors: ListChange
    best_pairs: ProbabilityChange = Field(
        description="Pairs of the compared lists: each node with its best neighbours."
    )
    random_pairs: ProbabilityChange = Field(description="The same nodes with others at random.")
