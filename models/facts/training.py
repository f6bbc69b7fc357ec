"""The settings of a training, and its facts."""

from typing import Annotated

from pydantic import Field, Strict

from latentlink.models.facts.base import Count, Facts, Flag, Integer, Measured

Hops = Annotated[int, Strict(), Field(ge=0, le=100)]  # an answer about a new node takes a step for each


class TrainingSettings(Facts):
    """The settings of a training, as in `TrainingConfig`; older checkpoints lack some."""

    # `latentlink.models.training.replay.config_of` makes a whole `TrainingConfig` of them.

    model: str | None = None
    encoder: str | None = None
    dim: Count | None = None
    hidden: Count | None = None
    hops: Hops | None = None
    edge_masking: Measured = None
    feature_dropout: Measured = None
    reversed_negatives: Measured = None
    node_rows: str | None = None
    sampled: str | None = None
    parts: str | None = None
    epochs: Count | None = None
    evaluate_every: Count | None = None
    patience: Count | None = None
    learning_rate: Measured = None
    weight_decay: Measured = None
    seed: Integer | None = None
    validation: Measured = None
    test: Measured = None
    time_column: str | None = None
    refit: Flag | None = None
    evaluate_unseen: Measured = None


class SplitSizes(Facts):
    """Edges in each part of the split."""

    train: Count
    validation: Count
    test: Count


class SplitAudit(Facts):
    """Leaked pairs between the parts of the split; every count of a published model is 0."""

    self_loops: Count = Field(0, description="Pairs that no link can have: of a node with itself, or of other types.")
    duplicates: Count = 0
    train_in_validation: Count = 0
    train_in_test: Count = 0
    validation_in_test: Count = 0
    negatives_that_are_edges: Count = 0
    negatives_in_both: Count = 0
    heldout_in_encoder: Count = Field(0, description="Held-out edges among the message-passing edges.")


class Posterior(Facts):
    """The served posterior of a variational model: σ = 1 and no divergence where it collapsed, σ = 0 where it has no width."""

    median_sigma: Measured = Field(description="Median of σ over all entries.")
    kl_per_node: Measured = Field(description="Mean over nodes of KL(N(mu, σ²) ‖ N(0, I)), in nats.")


class Curve(Facts):
    """One value an epoch of the evaluated run; null where validation was not measured; not served if `parts.dense` is 0."""

    loss: list[Measured] = Field([], description="Mean over the steps of an epoch.")
    validation_auc: list[Measured] = Field([], description="Of gae and vgae.")
    validation_ap: list[Measured] = Field([], description="Of gae and vgae.")
    validation_direction: list[Measured] = Field([], description="Of directed links.")
    validation_mrr: list[Measured] = Field([], description="Of links with relations: filtered, among all nodes.")
    validation_loss: list[Measured] = Field([], description="Of ae and vae.")


class TrainingFacts(Facts):
    """Facts of the training."""

    epoch: Count | None = Field(
        None,
        description="The epoch that validation selected, from 1; where `parts.dense` is 0 of a fit that is not served, or null.",
    )
    node_rows: Flag | None = Field(None, description="Whether each node has a learned embedding beside its features.")
    refit: Flag | None = Field(None, description="Whether the served model was trained again on all data.")
    device: str | None = Field(None, description="Where it was trained, cpu or cuda.")
    split: SplitSizes | None = None
    split_given: Flag = Field(False, description="Whether the split was given by `--split` instead of drawn.")
    split_audit: SplitAudit | None = None
    posterior: Posterior | None = None
    duplicates_merged: Count | None = Field(None, description="Repeated edges of the data.")
    self_loops_dropped: Count | None = Field(None, description="Edges of the data from a node to itself.")
    notes: list[str] = Field([], description="Remarks on the data.")
    module: str | None = Field(None, description="The encoder as torch prints it, where it is a torch module.")
    features_change: Flag = Field(False, description="Whether features of the data change with time.")
    weights_change: Flag = Field(False, description="Whether weights of the data change with time.")
    curve: Curve = Curve()
