"""Full-batch training of a GAE or VGAE: each step propagates over the whole graph."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler
from latentlink.models.nn.adam import Adam
from latentlink.models.nn.autoencoders import GraphAutoencoder, Posterior
from latentlink.models.nn.ensemble import Ensemble, make_ensemble
from latentlink.models.nn.losses import link_loss
from latentlink.models.nn.pairs import pair_matrix
from latentlink.models.nn.sparse import CPU, SparseMatrix
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.base_trainer import BaseTrainer, require_finite
from latentlink.models.training.inputs import Inputs

# Edges that one step asks for, at most, with as many non-edges. A batch of a graph with more says nearly what all of them do:
# a step then costs what propagation costs, and the number of steps stays.
BATCH_EDGES = 2**17


class Trainer(BaseTrainer):
    """Trains on some edges of a graph; the config's seed decides every random number.

    Args:
        graph: N nodes; the other edges are never read.
        train_edges: int64 (e,), indices into `graph.edges`: for message passing and for supervision.
        config: hyperparameters.
        node_embeddings: whether each node has a learned embedding beside its features.
        device: of the encoder and its data; masks and negatives are drawn by numpy, on the host.

    Raises:
        DataError: the training edges link every pair of nodes, so that there are no negatives.
    """

    def __init__(
        self,
        graph: Graph,
        train_edges: Int64,
        config: TrainingConfig,
        *,
        node_embeddings: bool = False,
        device: torch.device = CPU,
    ) -> None:
        self.config, self.device = config, device
        self.edges = graph.edges[train_edges]
        self.ends = np.ascontiguousarray(self.edges.T, np.int32)  # (2, e)
        self.edge_weights = None if graph.weights is None else graph.weights[train_edges]
        self.propagation = Propagation(graph.n_nodes, self.edges, self.edge_weights, device=device)
        self.inputs = Inputs(graph.features, device=device)
        self.negatives = NegativeSampler(graph.n_nodes, self.edges)
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.model: Ensemble = make_ensemble(
            config, graph.n_nodes, graph.n_features, node_embeddings=node_embeddings, generator=self.generator
        )
        # Where a row of weights is that of one node few edges speak for it, and a decay that fits words takes it away.
        decay = config.weight_decay if graph.n_features else 0.0
        self.optimizer = Adam(self.model.parameters(), config.learning_rate, decay)

    def step(self) -> float:
        """One epoch: a step of gradient descent on edges, at most `BATCH_EDGES`, and as many non-edges; the loss in nats.

        Raises:
            DataError: the loss is not finite.
        """
        value, gradients = 0.0, list[Tensor]()
        for member in self.model:  # one at a time, so that what its loss is made of goes before the next one's comes
            loss = self._loss(member) / len(self.model)
            gradients += torch.autograd.grad(loss, list(member.parameters()))
            value += loss.item()
        self.optimizer.step(gradients)
        return require_finite(value)

    def _posterior(self) -> Posterior:
        posterior: Posterior = self.model(self.inputs.whole, self.propagation.whole)
        return posterior

    def _public_weights(self) -> dict[str, Tensor]:
        return self.model.public_weights()

    def _loss(self, member: GraphAutoencoder) -> Tensor:
        """Of one member, on a mask, features and non-edges that are its own."""
        asked, propagation = self._mask()
        posterior = member(self.inputs.dropout(self.config.feature_dropout, self.rng), propagation)
        z, divergence = posterior.sample(self.generator)
        edges = self._every_edge if asked is None else self._asked_for(asked)
        drawn = self.negatives.draw(edges.values().shape[0] // 2, self.rng)
        non_edges = pair_matrix(len(z), drawn.T, device=self.device)
        return torch.add(link_loss(z, edges, non_edges), divergence, alpha=1 / len(z))

    @cached_property
    def _every_edge(self) -> Tensor:
        return self._asked_for(np.arange(len(self.edges)))

    def _asked_for(self, asked: Int64) -> Tensor:
        weights = None if self.edge_weights is None else self.edge_weights[asked]
        return pair_matrix(self.propagation.n_nodes, self.ends[:, asked], weights, device=self.device)

    def _mask(self) -> tuple[Int64 | None, SparseMatrix]:
        """Which edges are asked for in this epoch, None for all, and Â of those that are not hidden.

        An encoder that sees an edge need not predict it. At a test edge it can't see it, so in training it must not
        either (Li et al. 2023, MaskGAE, 2205.10053). Without masking all edges are both seen and asked for.
        """
        e = len(self.edges)
        if self.config.edge_masking == 0:
            return None if e <= BATCH_EDGES else self.rng.integers(0, e, BATCH_EDGES), self.propagation.whole
        hidden = self.rng.random(e, np.float32) < self.config.edge_masking
        hidden[self.rng.integers(e)] = True  # there is something to ask for
        asked = np.flatnonzero(hidden)
        if len(asked) > BATCH_EDGES:
            asked = asked[self.rng.integers(0, len(asked), BATCH_EDGES)]
        return asked, self.propagation.without(hidden)
