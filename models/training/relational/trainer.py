"""Trains a ComplEx model on the triples of a graph with relations."""

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.adagrad import Adagrad
from latentlink.models.nn.autoencoders import Posterior
from latentlink.models.nn.complex_embeddings import Batch, ComplexEmbeddings, triple_loss
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.trainers.base_trainer import BaseTrainer, require_finite

BATCH = 512  # triples of a step
MOST_SCORED = 2**14  # nodes up to which an answer is told from all others
SAMPLED = 2**12  # nodes that it is told from in a larger graph


class RelationalTrainer(BaseTrainer):
    """Trains on some triples of a graph; the config's seed decides every random number.

    Args:
        graph: N nodes with relations; the other triples are never read.
        train_edges: int64 (e,), indices into `graph.edges`.
        config: hyperparameters.
        device: of the weights.
    """

    def __init__(self, graph: Graph, train_edges: Int64, config: TrainingConfig, *, device: torch.device = CPU) -> None:
        assert graph.relations is not None
        self.config, self.device, self.n_nodes = config, device, graph.n_nodes
        self.triples = graph.triples[train_edges]
        self.edges, self.edge_weights = self.triples[:, :2], None
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.model: ComplexEmbeddings = ComplexEmbeddings(
            graph.n_nodes, len(graph.relations.names), config.dim, self.generator
        )
        self.optimizer: Adagrad = Adagrad(list(self.model.parameters()), config.learning_rate)

    def step(self) -> float:
        """Train for one epoch, all triples once in batches; return the mean loss of a batch in nats.

        Raises:
            DataError: the loss is not finite.
        """
        order = self.rng.permutation(len(self.triples))
        batches = (self.triples[order[start : start + BATCH]] for start in range(0, len(order), BATCH))
        return require_finite(float(np.mean([self._descend(batch) for batch in batches])))

    def embed(self) -> Embeddings:
        """The vectors of all nodes, and the weights of relations."""
        return Embeddings(
            mu=self.model.nodes.detach().cpu().numpy().copy(),
            logvar=None,
            weights={"relations.weight": self.model.relations.detach().cpu().numpy().copy()},
            edges=self.edges,
            edge_weights=None,
            relations=self.triples[:, 2].astype(np.int16),
        )

    def _descend(self, triples: Int64) -> float:
        """One step on a batch, int64 (B, 3); only rows of nodes that it has, or that are sampled, change."""
        nodes, batch = self._batch(triples)
        table = self.model.nodes if nodes is None else self.model.nodes.detach()[nodes].requires_grad_()
        loss = triple_loss(table, self.model.relations, batch, self.config.weight_decay)
        self.optimizer.step(torch.autograd.grad(loss, [table, self.model.relations]), [nodes, None])
        return loss.item()

    def _batch(self, triples: Int64) -> tuple[Tensor | None, Batch]:
        """The nodes that a batch needs, None for all, and the batch by their places."""
        of, n = self._tensor(triples[:, 2]), self.n_nodes
        if n <= MOST_SCORED:
            return None, Batch(self._tensor(triples[:, 0]), of, self._tensor(triples[:, 1]), None, 1.0)
        sampled = self.rng.choice(n, SAMPLED, replace=False, shuffle=False)
        nodes, places = np.unique(np.concatenate([sampled, *triples[:, :2].T]), return_inverse=True)
        candidates, source, target = map(self._tensor, np.split(places, [SAMPLED, SAMPLED + len(triples)]))
        return self._tensor(nodes), Batch(source, of, target, candidates, SAMPLED / n)

    def _tensor(self, array: Int64) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _posterior(self) -> Posterior:
        return Posterior(self.model.nodes, None)

    def _public_weights(self) -> dict[str, Tensor]:
        return {"relations.weight": self.model.relations}
