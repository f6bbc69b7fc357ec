"""Settings and facts of trainings, as a client returns them; see `latentlink.client.facts.model`."""

from typing import TypedDict

from latentlink.client.facts.metrics import Number


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
    validation_mrr: list[Number]
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
    module: str | None
    features_change: bool
    weights_change: bool
    curve: Curve
