"""What a model of triples is trained on and selected by."""

from dataclasses import dataclass

import numpy as np
import torch

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.ranking import full_metrics, spaced
from latentlink.models.evaluation.relational.ranking import joined, triple_ranks
from latentlink.models.evaluation.relational.scorers import RelationDecoders
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.metrics import Metrics
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.relational.trainer import RelationalTrainer

_WORK = 2**36  # multiply-adds of a look at validation, at most


@dataclass(frozen=True)
class RelationalObjective:
    """Train on triples; select by the filtered MRR of validation triples. An `Objective` of `latentlink.models.training`."""

    graph: Graph
    split: Split
    config: TrainingConfig
    device: torch.device

    @property
    def choices(self) -> list[bool]:
        """As in `Objective`: every node has a vector of its own."""
        return [True]

    def trainer(self, node_embeddings: bool) -> RelationalTrainer:  # noqa: ARG002
        """As in `Objective`."""
        return self._trainer(self.split.train)

    def trainer_on_all(self, node_embeddings: bool) -> RelationalTrainer:  # noqa: ARG002
        """As in `Objective`."""
        return self._trainer(np.arange(self.graph.n_edges))

    def validate(self, embeddings: Embeddings) -> dict[str, float]:
        """The filtered MRR of both ends among all nodes; of evenly spaced triples where all would take too long."""
        most = max(1, _WORK // (2 * self.graph.n_nodes * self.config.dim))
        ranks = triple_ranks(self.graph, spaced(self.split.validation, most), [RelationDecoders(embeddings)])
        return {"mrr": full_metrics(joined([one for (one,) in ranks.values()]))["full_mrr"] or 0.0}

    def test(self, embeddings: Embeddings, links: Metrics) -> Metrics:  # noqa: ARG002
        """The metrics of links alone."""
        return links

    def _trainer(self, edges: Int64) -> RelationalTrainer:
        return RelationalTrainer(self.graph, edges, self.config, device=self.device)
