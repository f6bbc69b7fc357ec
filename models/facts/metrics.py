"""How well a model predicts: facts of the evaluated run, measured on held-out pairs and rows."""

from pydantic import Field

from latentlink.models.facts.base import Count, Facts, Measured, Number, Share

FEWEST_DIRECTIONS = 20
"""Links of one kind, below which there is no figure of directions: it would be chance."""


class LinkMetrics(Facts):
    """How well scores separate edges from non-edges; each in 0–1."""

    auc: Measured = Field(None, description="Area under the ROC curve.")
    ap: Measured = Field(None, description="Average precision.")
    hits_10: Measured = Field(
        None, alias="hits@10", description="Share of edges above the 10th best non-edge; null with fewer than 10."
    )
    hits_50: Measured = Field(None, alias="hits@50", description="Likewise, above the 50th best.")
    hits_100: Measured = Field(None, alias="hits@100", description="Likewise, above the 100th best.")
    mrr: Measured = Field(
        None, description="Mean reciprocal rank of an edge among 100 unlinked pairs that share an end with it."
    )
    full_mrr: Measured = Field(
        None,
        description="Mean reciprocal rank of the one end of a test edge among all nodes that the other is not linked to.",
    )
    full_hits_10: Measured = Field(
        None, alias="full_hits@10", description="Share of these ranks that are at most 10, ties counting half."
    )
    full_hits_1: Measured = Field(None, alias="full_hits@1", description="Likewise, first; models with relations only.")
    full_hits_3: Measured = Field(
        None, alias="full_hits@3", description="Likewise, at most 3; models with relations only."
    )
    recall_20: Measured = Field(
        None,
        alias="recall@20",
        description="With two groups of types: share of the test edges of a node of the first group that are among its 20 best "
        "candidates, mean over these nodes.",
    )
    ndcg_20: Measured = Field(
        None,
        alias="ndcg@20",
        description="Likewise, their normalized discounted cumulative gain, with gains of 0 and 1.",
    )
    direction: Measured = Field(
        None,
        description="Area under the ROC curve of one-way links against the same links turned round; directed models only, null "
        f"with fewer than {FEWEST_DIRECTIONS} such links.",
    )
    bidirectional: Measured = Field(
        None,
        description="Area under the ROC curve of test links whose reverse is a training link against one-way training links "
        f"turned round; directed models only, null with fewer than {FEWEST_DIRECTIONS} of either.",
    )
    reconstruction: Measured = Field(None, description="Reconstruction error of the held-out rows, of ae and vae only.")

    def by_name(self) -> dict[str, float | None]:
        """The measured metrics by their names on disk."""
        return self.model_dump(exclude_unset=True)


class Stratum(Facts):
    """Metrics of a part of the test pairs; null where it holds no edges or no non-edges."""

    positives: Count = Field(description="Edges.")
    negatives: Count = Field(description="Non-edges.")
    auc: Measured = None
    ap: Measured = None


class ReconstructionErrors(Facts):
    """Reconstruction errors, summed over the known cells of a row and averaged over rows; null without such columns."""

    bce: Measured = Field(None, description="Cross-entropy of the binary columns, in nats.")
    squared_error: Measured = Field(
        None, description="Squared error of the others, and of cells in binary columns that are neither 0 nor 1."
    )

    @property
    def total(self) -> float:
        """The sum of both, the training loss."""
        return (self.bce or 0.0) + (self.squared_error or 0.0)


class IntervalCoverage(Facts):
    """Intervals of a variational model, compared with samples of its posterior and with the errors on test pairs."""

    level: Number = Field(description="Nominal probability that an interval contains its logit.")
    samples: Count = Field(description="Number of logits sampled from the posterior.")
    coverage: Share = Field(description="Share of the samples that the intervals contain.")
    rank_correlation: Measured = Field(
        None, description="Spearman correlation of interval width and |y − p|; null if one is constant."
    )


class NewNodeMetrics(Facts):
    """Metrics of links between hidden nodes and known ones, of the model and of baselines."""

    links: Count = Field(description="Links that were scored.")
    model: LinkMetrics = LinkMetrics()
    mean_of_neighbors: LinkMetrics | None = Field(None, description="Scores by the mean of the neighbours' embeddings.")
    feature_cosine: LinkMetrics | None = None

    def rows(self) -> dict[str, LinkMetrics]:
        """The metrics that were measured, by name, the model's first."""
        return {name: row for name, row in self if isinstance(row, LinkMetrics)}


class NewNodes(Facts):
    """Inductive prediction: nodes that were hidden from one more training and then embedded as new nodes."""

    hidden: Count = Field(description="Nodes that were hidden.")
    transductive: LinkMetrics = Field(
        LinkMetrics(), description="Test metrics of the same training, between known nodes."
    )
    with_links: NewNodeMetrics | None = Field(
        None, description="Links of nodes that were embedded by their other links."
    )
    features_alone: NewNodeMetrics | None = Field(
        None, description="Links of nodes that were embedded by their features alone."
    )


class RelationMetrics(Facts):
    """How well links of one relation are predicted: from either end among all nodes, filtered."""

    links: Count = Field(description="Links of the relation.")
    test_links: Count = Field(description="Those of them in the test.")
    test: LinkMetrics = Field(
        LinkMetrics(), description="Of the ranks of both ends of these; none where there are none."
    )


class Metrics(Facts):
    """All metrics of the evaluated run."""

    validation: LinkMetrics = Field(LinkMetrics(), description="On the validation pairs, which selected the epoch.")
    test: LinkMetrics = Field(LinkMetrics(), description="On the test pairs, scored once after the selection.")
    without: dict[str, LinkMetrics] = Field(
        {},
        description="The model without one of its parts each, fitted anew, on the same test pairs; by the part's name.",
    )
    baselines: dict[str, LinkMetrics] = Field({}, description="Heuristics on the same test pairs, by name.")
    ranked_queries: Count | None = Field(
        None, description="Number of ranks in `full_mrr` and `full_hits@10`: two for each test edge, or for a sample."
    )
    reciprocal: Count | None = Field(
        None, description="Test links of a directed model that have a training link in the opposite direction."
    )
    parallel: Count | None = Field(
        None, description="Test links of a model with relations whose pair has a training link of another relation."
    )
    relations: dict[str, RelationMetrics] = Field({}, description="Of a model with relations, by name.")
    left_out: dict[str, str] = Field(
        {}, description="Heuristics that would take too long on this graph, each with the reason."
    )
    strata: dict[str, Stratum] = Field(
        {}, description="Test pairs by the end with fewer links: cold, middle or hub (quartiles of all degrees)."
    )
    support: dict[str, Stratum] = Field({}, description="Test pairs by their local evidence in the training graph.")
    intervals: IntervalCoverage | None = Field(None, description="Of variational models.")
    reconstruction: dict[str, ReconstructionErrors] = Field(
        {}, description="Of ae and vae: errors of the test rows, of `model` and of baselines, by name."
    )
    unseen: NewNodes | None = Field(None, description="Where `evaluate_unseen` hid nodes.")
