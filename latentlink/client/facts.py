"""Facts of models, as a client returns them: plain dicts with the members of the API's answers.

Members that older checkpoints lack are not required; newer ones may have more. Numbers that could not be measured are None.
"""

from typing import Literal, NotRequired, Required, TypedDict

from latentlink.client.metrics import Metrics, Number

Kind = Literal["ae", "vae", "gae", "vgae"]


class Counts(TypedDict):
    """Sizes of a model: nodes, undirected edges, features a node and width of the embeddings."""

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
    """A loaded model, with its open and its published versions, oldest first."""

    name: str
    versions: list[str]
    published: list[str]
    current: str
    kind: Kind
    counts: Counts


class Range(TypedDict):
    """An expected number and its 90 % interval."""

    expected: float
    low: float
    high: float


class Threshold(TypedDict):
    """A cut-off, and the pairs above it among those that are not known to be linked."""

    model: str
    version: str
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


class TrainingSettings(TypedDict, total=False):
    """The settings of the training."""

    model: str | None
    encoder: str | None
    dim: int | None
    hidden: int | None
    hops: int | None
    edge_masking: Number
    feature_dropout: Number
    node_rows: str | None
    sampled: str | None
    parts: str | None
    epochs: int | None
    evaluate_every: int | None
    patience: int | None
    learning_rate: Number
    weight_decay: Number
    reversed_negatives: Number
    seed: int | None
    validation: Number
    test: Number
    time_column: str | None
    refit: bool | None
    evaluate_unseen: Number


class SplitSizes(TypedDict):
    """Edges in each part of the split."""

    train: int
    validation: int
    test: int


class SplitAudit(TypedDict, total=False):
    """Counts of leaked pairs, all 0."""

    self_loops: int
    duplicates: int
    train_in_validation: int
    train_in_test: int
    validation_in_test: int
    negatives_that_are_edges: int
    negatives_in_both: int
    heldout_in_encoder: int


class Posterior(TypedDict):
    """The served posterior of a variational model."""

    median_sigma: float | None
    kl_per_node: float | None


class Curve(TypedDict, total=False):
    """One value an epoch."""

    loss: list[Number]
    validation_auc: list[Number]
    validation_ap: list[Number]
    validation_direction: list[Number]
    validation_loss: list[Number]


class Training(TypedDict, total=False):
    """Facts of the training."""

    epoch: int | None
    node_rows: bool | None
    refit: bool | None
    device: str | None
    split: SplitSizes | None
    split_given: bool
    split_audit: SplitAudit | None
    posterior: Posterior | None
    duplicates_merged: int | None
    self_loops_dropped: int | None
    notes: list[str]
    features_change: bool
    weights_change: bool
    curve: Curve


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


class NumberColumn(TypedDict):
    """A column of numbers by which searches filter; the bounds are None where every node lacks a value."""

    name: str
    kind: Literal["number"]
    missing: int
    least: Number
    greatest: Number


class BooleanColumn(TypedDict):
    """A column of true and false by which searches filter, and for how many nodes it is true."""

    name: str
    kind: Literal["boolean"]
    missing: int
    true: int


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
    columns: NotRequired[list[TextColumn | NumberColumn | BooleanColumn]]
    config: TrainingSettings
    metrics: Metrics
    training: Training
    calibration: Calibration | None
    seed: int
    data_fingerprint: str
    software: dict[str, str]
