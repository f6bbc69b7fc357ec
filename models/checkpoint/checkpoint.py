"""`Checkpoint`, an open one: its facts, its arrays, and the decoder that they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Array, Float32
from latentlink.models.checkpoint.best_links import BestLinks
from latentlink.models.checkpoint.ids.nodes import NodeTable
from latentlink.models.checkpoint.known_graph import KnownGraph
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.split import SPLIT, NodePairs, read_split
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.filter_columns import FilterColumns
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.inference.ivf import Index
from latentlink.models.inference.link_decoder import LinkDecoder, SharedLinks
from latentlink.models.inference.scoring import conjugate


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint, mapped read-only.

    Attributes:
        path: its directory.
        manifest: its facts.
        mu: float32 (N, D), the embeddings z that are served.
        logvar: float32 (N, D₁), of the dense columns, the first D₁ of `mu`; None unless the model is variational and has some.
        target: float32 (N, D), the embeddings of targets in a directed model, whose `mu` are those of sources; else None.
        target_logvar: float32 (N, D₁), beside `logvar` in a directed model; else None.
        graph: the known links.
        nodes: ids by row and rows by id.
        features: (N, F), the inputs of the encoder, with int32 columns if sparse; None without features or if not stored.
        preprocessing: how a node table is encoded as features, or None.
        index: the clusters of a large graph for searches, or None.
        map: float32 (N, 2), the embeddings in two dimensions, or None if the checkpoint has none.
        row_scales: float32 (N, V), the factors by which `NumpyPropagation` scales each block of a row, or None if not stored.
        weights: the model's parameters, float32, under their public names.
        column_weights: float32 (D,), by which the products of each column count in a logit, of either sign; None for ones.
        columns: those of the node table by which searches filter, by name.
        relation: float32 (D,), the weights of the relation that the decoder and the graph are of; None where links have none, and
            in a checkpoint of several as long as `of_relation` has chosen none.
        best_links: the most likely missing links of all relations, or None if not stored.
    """

    path: Path
    manifest: Manifest
    mu: Float32
    logvar: Float32 | None
    graph: KnownGraph
    nodes: NodeTable
    features: Float32 | CSR | None = None
    preprocessing: Preprocessing | None = None
    index: Index | None = None
    map: Float32 | None = None
    row_scales: Float32 | None = None
    weights: Mapping[str, Array] = field(default_factory=dict)
    column_weights: Float32 | None = None
    target: Float32 | None = None
    target_logvar: Float32 | None = None
    columns: FilterColumns = field(default_factory=dict)
    relation: Float32 | None = None
    best_links: BestLinks | None = None

    @cached_property
    def decoder(self) -> LinkDecoder:
        """The logits of pairs of nodes."""
        parts = None if self.column_weights is None else self.manifest.parts
        if parts is None or not parts.shared_links:
            return LinkDecoder(self.mu, self.column_weights, targets=self.target, relation=self.relation)
        weights = self.weights["shared_links.weight"].astype(np.float64)
        return LinkDecoder(self.mu, self.column_weights, SharedLinks(self.graph.indptr, self.graph.indices, weights))

    def of_relation(self, relation: int) -> "Checkpoint":
        """The checkpoint of the links of one relation, of the same memory: a directed one."""
        weights = self.weights["relations.weight"].astype(np.float32, copy=False)[relation]
        graph, manifest = self.graph.of_relation(relation), self.manifest.of_relation(relation)
        return replace(self, relation=weights, graph=graph, manifest=manifest)

    def reversed(self) -> "Checkpoint":
        """A directed checkpoint with each link turned round, without its index and map; the logit of a link stays, to the bit."""
        turned = replace(self, graph=self.graph.reversed(), index=None, map=None)
        if self.relation is not None:
            return replace(turned, relation=conjugate(self.relation))
        assert self.target is not None
        return replace(turned, mu=self.target, target=self.mu, logvar=self.target_logvar, target_logvar=self.logvar)

    @property
    def dense(self) -> Float32:
        """The dense columns of `mu`, float32 (N, D₁)."""
        return self.mu[:, : self.manifest.dense]

    @property
    def dense_target(self) -> tuple[Float32, Float32] | None:
        """The dense columns of `target`, and `target_logvar`, float32 (N, D₁) each; None without them."""
        logvar = self.target_logvar
        return None if self.target is None or logvar is None else (self.target[:, : self.manifest.dense], logvar)

    @property
    def dense_weights(self) -> Float32 | None:
        """The weights of the dense columns, float32 (D₁,), or None for ones."""
        return None if self.column_weights is None else self.column_weights[: self.manifest.dense]

    def read_split(self) -> NodePairs | None:
        """The split that the model was evaluated on; None in a checkpoint without.

        Raises:
            CheckpointError: the file is not a split.
        """
        return read_split(self.path / SPLIT) if SPLIT in self.manifest.files else None
