"""Metrics of models, as a client returns them; see `latentlink.client.facts.model`."""

from typing import Required, TypedDict

Number = float | None

LinkMetrics = TypedDict(
    "LinkMetrics",
    {
        "auc": Number,
        "ap": Number,
        "hits@10": Number,
        "hits@50": Number,
        "hits@100": Number,
        "mrr": Number,
        "full_mrr": Number,
        "full_hits@10": Number,
        "full_hits@1": Number,
        "full_hits@3": Number,
        "recall@20": Number,
        "ndcg@20": Number,
        "direction": Number,
        "bidirectional": Number,
        "reconstruction": Number,
    },
    total=False,
)
"""Separation of edges and negatives by the scores, each in 0–1; and the reconstruction error of ae and vae."""


class Stratum(TypedDict, total=False):
    """Metrics of a part of the test pairs."""

    positives: Required[int]
    negatives: Required[int]
    auc: Number
    ap: Number


class ReconstructionErrors(TypedDict, total=False):
    """Errors a row: cross-entropy of binary features in nats, squared error of the others."""

    bce: Number
    squared_error: Number


class IntervalCoverage(TypedDict, total=False):
    """The fraction of the posterior's samples that intervals hold, and the rank correlation of their width and the error."""

    level: Required[float]
    samples: Required[int]
    coverage: Required[float]
    rank_correlation: Number


class NewNodeMetrics(TypedDict, total=False):
    """Metrics of links between hidden nodes and known ones."""

    links: Required[int]
    model: LinkMetrics
    mean_of_neighbors: LinkMetrics | None
    feature_cosine: LinkMetrics | None


class NewNodes(TypedDict, total=False):
    """Inductive prediction: metrics of nodes that were hidden from a training."""

    hidden: Required[int]
    transductive: LinkMetrics
    with_links: NewNodeMetrics | None
    features_alone: NewNodeMetrics | None


class RelationMetrics(TypedDict, total=False):
    """Metrics of links of one relation."""

    links: Required[int]
    test_links: Required[int]
    test: LinkMetrics


class Metrics(TypedDict, total=False):
    """All metrics of the evaluated run."""

    validation: LinkMetrics
    test: LinkMetrics
    without: dict[str, LinkMetrics]
    baselines: dict[str, LinkMetrics]
    ranked_queries: int | None
    reciprocal: int | None
    parallel: int | None
    relations: dict[str, RelationMetrics]
    left_out: dict[str, str]
    strata: dict[str, Stratum]
    support: dict[str, Stratum]
    intervals: IntervalCoverage | None
    reconstruction: dict[str, ReconstructionErrors]
    unseen: NewNodes | None
