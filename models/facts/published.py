"""The facts that a training publishes with a model; `Manifest` adds name, version, time and files."""

from typing import Annotated, Literal, Self

from pydantic import Field
from typing_extensions import TypeAliasType

from latentlink.models.facts.base import Count, Facts, Flag, Integer, Positive, Share
from latentlink.models.facts.columns import ColumnFacts
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.probabilities import CalibrationFacts, CutOffs, RelationProbabilities
from latentlink.models.facts.training import TrainingFacts, TrainingSettings

# Aliases of this kind keep their names in /openapi.json, and so in generated clients.
ModelKind = TypeAliasType("ModelKind", Literal["ae", "vae", "gae", "vgae", "complex"])
BiasColumns = TypeAliasType("BiasColumns", Literal[0, 2])
MapMethod = TypeAliasType("MapMethod", Literal["pca", "umap"])
Fingerprint = Annotated[str, Field(description="Digest of the graph: ids, edges, weights, times and features.")]
Software = Annotated[dict[str, str], Field(description="Versions of the packages that trained it.")]


class Counts(Facts):
    """Sizes of a model."""

    nodes: Positive = Field(description="N, nodes.")
    edges: Count = Field(description="E, edges that the model knows.")
    features: Count = Field(description="F, encoded features a node; 0 without.")
    dim: Positive = Field(description="D, width of the embeddings.")


class Parts(Facts):
    """The parts whose sum is a logit: groups of columns of the embeddings, and the known links that two nodes share."""

    dense: Count = Field(description="Columns of the encoder.")
    spectral: Count = Field(description="Columns of eigenvectors of the known graph.")
    bias: BiasColumns = Field(description="Columns of the bias, 0 or 2: a constant, in some models also by degree.")
    shared_links: Flag = Field(description="Whether known links to the same nodes add to a logit.")


RelationName = Annotated[str, Field(min_length=1)]
TypePair = Annotated[list[str], Field(min_length=2, max_length=2)]


class IndexFacts(Facts):
    """How the index of neighbours is searched."""

    probes: Positive = Field(description="Clusters that a search scans.")
    recall_at_10: Share = Field(description="Share of the true neighbours that these held when the index was built.")


class ModelFacts(Facts):
    """A model, its evaluation and its training."""

    model: ModelKind
    encoder: str
    config: TrainingSettings
    seed: Integer
    software: Software
    counts: Counts
    map_method: MapMethod = "pca"  # absent in the oldest checkpoints; some were written with umap
    data_fingerprint: Fingerprint
    metrics: Metrics
    calibration: CalibrationFacts | None = None
    thresholds: CutOffs | None = None
    training: TrainingFacts = TrainingFacts()
    index: IndexFacts | None = None
    parts: Parts | None = None  # without them all columns are dense
    directed: Flag = Field(False, description="Whether links lead from a source to a target.")
    types: list[str] = Field(
        [], max_length=1_000, description="Names of the types of nodes; none where all nodes are of one type."
    )
    linked: list[TypePair] = Field([], description="Pairs of types between which links may be.")
    relations: list[RelationName] = Field(
        [], max_length=1_000, description="Names of the relations of links; none where links have none."
    )
    relation_probabilities: list[RelationProbabilities] = Field(
        [], max_length=1_000, description="Calibration and cut-offs of each of `relations`, in their order."
    )
    columns: list[ColumnFacts] = Field(default_factory=list, description="Columns by which searches filter.")

    def of_relation(self, place: int) -> Self:
        """The same of one of `relations`: with its prior, its calibration curve, else that of all, and its cut-offs, if any."""
        own = self.relation_probabilities[place] if self.relation_probabilities else RelationProbabilities(prior=0)
        calibration = self.calibration
        if calibration is not None:
            found = {"prior": own.prior, "knots": own.knots}  # 0 and None where nothing was held out, or too little
            calibration = calibration.model_copy(update={name: fact for name, fact in found.items() if fact})
        return self.model_copy(update={"calibration": calibration, "thresholds": own.thresholds})

    @property
    def targets(self) -> bool:
        """Whether nodes have other vectors as targets of links than as sources; a relation says which is which instead."""
        return self.directed and not self.relations

    @property
    def dense(self) -> int:
        """Columns of the encoder, at most D: the first ones; 0 where validation left it out."""
        return self.counts.dim if self.parts is None else self.parts.dense
