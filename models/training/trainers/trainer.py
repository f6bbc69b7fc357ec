"""Full-batch training of a GAE or VGAE: each step propagates over the whole graph."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Bool, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.circulants import CirculantSampler
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler
from latentlink.models.graph.roles import encoder_features, has_reverse, turned_round
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.adam import Adam
from latentlink.models.nn.autoencoders import GraphAutoencoder, Posterior
from latentlink.models.nn.ensemble import Ensemble, make_ensemble
from latentlink.models.nn.losses import circulant_loss, link_loss
from latentlink.models.nn.pairs import pair_matrix
from latentlink.models.nn.sparse import CPU, SparseMatrix
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.inputs import Inputs
from latentlink.models.training.trainers.base_trainer import BaseTrainer, require_finite
from latentlink.models.training.trainers.isolated import replace_isolated

# Supervision edges of one step, at most, with as many negatives. On a larger graph the gradient of a batch is close to that of
# all edges: a step then costs little more than propagation, and the number of steps stays the same.
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
        self.ties = np.empty((0, 2), np.int64) if graph.ties is None else graph.ties
        self.propagation = self._passing(graph.n_nodes)
        self._features, self._typed = encoder_features(graph), graph.types is not None
        self.inputs = Inputs(self._features, device=device)
        self.negatives = NegativeSampler(graph.pair_space, self.edges)
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        width = 0 if self._features is None else self._features.shape[1]
        self.model: Ensemble = make_ensemble(
            config, graph.n_nodes, width, node_embeddings=node_embeddings, generator=self.generator
        )
        # Without features the weights are node embeddings, with few edges each: a decay tuned for words would erase them.
        decay = config.weight_decay if graph.n_features else 0.0
        self.optimizer: Adam = Adam(self.model.parameters(), config.learning_rate, decay)

    def step(self) -> float:
        """Train for one epoch: one gradient step on at most `BATCH_EDGES` edges and on negatives; return the loss in nats.

        Raises:
            DataError: the loss is not finite.
        """
        value, gradients = 0.0, list[Tensor]()
        for member in self.model:  # one at a time: the tensors of its loss are freed before those of the next
            loss = self._loss(member) / len(self.model)
            gradients += torch.autograd.grad(loss, list(member.parameters()))
            value += loss.item()
        self.optimizer.step(gradients)
        return require_finite(value)

    def embed(self) -> Embeddings:
        """The embeddings of all N nodes, those without links as `replace_isolated` has them."""
        return replace_isolated(super().embed(), self._features, self.config, self.ties)

    def _passing(self, n_nodes: int) -> Propagation:
        """Â of the training edges, and of the two roles of each node, which are never masked."""
        edges, weights = np.concatenate([self.edges, self.ties]), self.edge_weights
        if weights is not None:
            weights = np.concatenate([weights, np.ones(len(self.ties), np.float32)])
        return Propagation(n_nodes, edges, weights, device=self.device)

    def _posterior(self) -> Posterior:
        posterior: Posterior = self.model(self.inputs.whole, self.propagation.whole)
        return posterior

    def _public_weights(self) -> dict[str, Tensor]:
        return self.model.public_weights()

    def _loss(self, member: GraphAutoencoder) -> Tensor:
        """The loss of one member, on its own mask, dropout and negatives: as many as edges.

        A graph convolution that learns from all edges has twice as many, in a circulant graph, which cost less than half as
        many pairs that must be sorted. A circulant has pairs of any types, and touches all nodes, a batch of a large graph few.
        """
        supervision, propagation = self._mask()
        posterior = member(self.inputs.dropout(self.config.feature_dropout, self.rng), propagation)
        z, divergence = posterior.sample(self.generator)
        edges = self._all_edges if supervision is None else self._supervised(supervision)
        if self.config.encoder == "gcn" and supervision is None and not self._typed:
            of_links = circulant_loss(z, edges, self.circulants.draw(self.rng))
        else:
            drawn = self._negatives(edges.values().shape[0] // 2, supervision)
            of_links = link_loss(z, edges, pair_matrix(len(z), drawn.T, device=self.device))
        return torch.add(of_links, divergence, alpha=1 / len(z))

    def _negatives(self, size: int, supervision: Int64 | None) -> Int64:
        """Pairs that are no training edges, int64 (size, 2): uniform ones, and of roles some supervision edges turned round.

        A uniform pair of a sparse graph is hardly ever a link turned round, so that without these nothing teaches a direction.
        """
        drawn = self.negatives.draw(size, self.rng)
        if len(self.ties):
            possible = self._one_way if supervision is None else supervision[self._is_one_way[supervision]]
            turned = min(round(self.config.reversed_share * size), len(possible))
            chosen = self.rng.choice(possible, turned, replace=False)
            drawn[:turned] = turned_round(self.edges[chosen], self.propagation.n_nodes // 2)
        return drawn

    @cached_property
    def _is_one_way(self) -> Bool:
        """Whether each training edge of roles has no training edge that turns it round, bool (e,)."""
        return ~has_reverse(self.edges, self.edges, self.propagation.n_nodes // 2)

    @cached_property
    def _one_way(self) -> Int64:
        return np.flatnonzero(self._is_one_way)

    @cached_property
    def circulants(self) -> CirculantSampler:
        """Samples the negatives of a graph convolution; from the seed alone, so that a resumed training has the same."""
        return CirculantSampler(self.propagation.n_nodes, self.edges, np.random.default_rng(self.config.seed))

    @cached_property
    def _all_edges(self) -> Tensor:
        return self._supervised(np.arange(len(self.edges)))

    def _supervised(self, edges: Int64) -> Tensor:
        weights = None if self.edge_weights is None else self.edge_weights[edges]
        return pair_matrix(self.propagation.n_nodes, self.ends[:, edges], weights, device=self.device)

    def _mask(self) -> tuple[Int64 | None, SparseMatrix]:
        """The supervision edges of this epoch, None for all, and Â of its message-passing edges.

        An encoder need not predict an edge along which it passes messages. It can't do so at a test edge, so it must not in
        training (Li et al. 2023, MaskGAE, 2205.10053). Without masking all edges serve for both.
        """
        e = len(self.edges)
        if self.config.edge_masking == 0:
            return None if e <= BATCH_EDGES else self.rng.integers(0, e, BATCH_EDGES), self.propagation.whole
        hidden = self.rng.random(e, np.float32) < self.config.edge_masking
        hidden[self.rng.integers(e)] = True  # at least one supervision edge
        supervision = np.flatnonzero(hidden)
        if len(supervision) > BATCH_EDGES:
            supervision = supervision[self.rng.integers(0, len(supervision), BATCH_EDGES)]
        return supervision, self.propagation.without(np.append(hidden, np.zeros(len(self.ties), np.bool_)))
