"""Facts of models, as a client returns them: plain dicts with the members of the API's answers.

Members that older checkpoints lack are not required; newer ones may have more. Numbers that could not be measured are None.
"""

from typing import Literal, NamedTuple, NotRequired, TypedDict

from latentlink.client.facts.metrics import Metrics, Number
from latentlink.client.facts.probabilities import Calibration, ReliabilityCurves
from latentlink.client.facts.training import Training, TrainingSettings

Kind = Literal["ae", "vae", "gae", "vgae", "complex"]


class Counts(TypedDict):
    """Sizes of a model: nodes, edges, features a node and width of the embeddings."""

    nodes: int
    edges: int
    features: int
    dim: int


class Parts(TypedDict):
    """The parts of a logit: columns of each kind, and whether shared links add to it."""

    dense: int
    spectral: int
    bias: Literal[0, 2]
    shared_links: bool


class ModelSummary(TypedDict):
    """A served model, with its open and its published versions, oldest first."""

    name: str
    versions: list[str]
    published: list[str]
    current: str
    kind: Kind
    counts: Counts


class ModelPage(NamedTuple):
    """A part of the list of models, by name, and the name behind which the list goes on; None at its end."""

    models: list[ModelSummary]
    next: str | None


class Hub(TypedDict):
    """A node with many known links."""

    node: str
    type: NotRequired[str | None]
    degree: int


class TextColumn(TypedDict):
    """A column of texts by which searches filter: how many differ, and up to ten of them, those of most nodes first."""

    name: str
    kind: Literal["text"]
    missing: int
    distinct: int
    common: list[str]
    types: NotRequired[list[str]]


class NumberColumn(TypedDict):
    """A column of numbers by which searches filter; the bounds are None where every node lacks a value."""

    name: str
    kind: Literal["number"]
    missing: int
    least: Number
    greatest: Number
    types: NotRequired[list[str]]


class BooleanColumn(TypedDict):
    """A column of true and false by which searches filter, and for how many nodes it is true."""

    name: str
    kind: Literal["boolean"]
    missing: int
    true: int
    types: NotRequired[list[str]]


class ModelInfo(TypedDict):
    """A model's config, metrics and provenance, after the heuristics that beat it, hubs and the reliability diagram."""

    beaten_by: list[str]
    beaten_on: dict[str, list[str]]
    beaten_because: str | None
    hubs: list[Hub]
    reliability: ReliabilityCurves | None
    model: str
    version: str
    kind: Kind
    encoder: str
    created_at: str
    counts: Counts
    parts: NotRequired[Parts | None]
    directed: NotRequired[bool]
    types: NotRequired[list[str]]
    linked: NotRequired[list[list[str]]]
    relations: NotRequired[list[str]]
    columns: NotRequired[list[TextColumn | NumberColumn | BooleanColumn]]
    config: TrainingSettings
    metrics: Metrics
    training: Training
    calibration: Calibration | None
    seed: int
    data_fingerprint: str
    software: dict[str, str]
