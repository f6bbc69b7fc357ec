"""Answers about models, and of the probes."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from latentlink.models.facts.base import Facts
from latentlink.models.facts.columns import ColumnFacts
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.probabilities import MIN_EDGES, CalibrationFacts, ReliabilityCurves
from latentlink.models.facts.published import Counts, Fingerprint, ModelKind, Parts, Software, TypePair
from latentlink.models.facts.training import TrainingFacts, TrainingSettings


class ModelSummary(Facts):
    """A served model."""

    name: str
    versions: Annotated[
        list[str],
        Field(description="Those that are open, oldest first; of very many models only some are open at a time."),
    ]
    published: Annotated[list[str], Field(description="Those on the disk, oldest first; `name@version` opens each.")]
    current: str
    kind: ModelKind
    counts: Counts


class ModelList(Facts):
    """The served models, or a page of them, and those that can't be loaded."""

    default: str | None = Field(
        description="The one that `default` means; null if it could be several, or is not served."
    )
    models: list[ModelSummary]
    next: str | None = Field(
        None, description="Where the list goes on: the `after` of the next page; absent at its end."
    )
    degraded: dict[str, str] = Field(
        description="Models whose current version can't be loaded, each with the reason: those among `models` answer from an "
        "older version, the others not at all."
    )


class Hub(Facts):
    """A node with many known links."""

    node: str
    type: str | None = Field(None, description="Of the node, in typed models.")
    degree: int = Field(description="Known links, in either direction.")


class ModelDetail(Facts):
    """The manifest's public part, after what follows from it: heuristics that beat the model, hubs, a diagram."""

    beaten_by: list[str] = Field(
        description="Heuristics that are ahead on the test: first those on AP, the best first, then those on the ranking alone."
    )
    beaten_on: dict[str, list[str]] = Field(
        description="The metrics on which some are ahead, `ap`, `full_mrr` or `full_hits@10`, each with these heuristics, the "
        "best first."
    )
    beaten_because: str | None = Field(
        description="Why the best of them wins on this graph; null where that is unknown."
    )
    hubs: list[Hub] = Field(description="Up to ten nodes with the most known links, most first.")
    reliability: ReliabilityCurves | None = Field(
        description=f"The reliability diagram of `calibration`; null without one, or with fewer than {MIN_EDGES} test edges."
    )
    model: str
    version: str
    kind: ModelKind
    encoder: str
    created_at: str
    counts: Counts
    parts: Parts | None = Field(None, description="The parts of a logit; absent where all columns are dense.")
    directed: bool = Field(False, description="Whether links lead from a source to a target; absent where they do not.")
    types: list[str] = Field([], description="Types of the nodes; absent where all are of one type.")
    linked: list[TypePair] = Field([], description="Pairs of types that may be linked; absent without types.")
    relations: list[str] = Field([], description="Relations of links; absent where links have none.")
    columns: list[ColumnFacts] = Field(
        default_factory=list, description="Columns by which searches filter; absent where there are none."
    )
    config: TrainingSettings
    metrics: Metrics
    training: TrainingFacts
    calibration: CalibrationFacts | None
    seed: int
    data_fingerprint: Fingerprint
    software: Software


class Health(TypedDict):
    """The process lives."""

    status: str


class Ready(TypedDict):
    """The served models with their versions, and the models whose current version is not served, with the reasons."""

    status: str
    models: dict[str, str]
    degraded: dict[str, str]
