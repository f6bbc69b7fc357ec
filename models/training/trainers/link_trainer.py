"""What trainers of links share: message-passing and supervision edges, their mask, and negatives."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Bool, Float32, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler
from latentlink.models.graph.roles import has_reverse, turned_round
from latentlink.models.nn.losses import link_loss
from latentlink.models.nn.pairs import pair_matrix
from latentlink.models.nn.softmax_loss import SharedNegatives, softmax_loss
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.trainers.base_trainer import BaseTrainer
from latentlink.models.training.trainers.ranks import ALONE, Ranks
from latentlink.models.training.trainers.shared_negatives import SCORES, SHARED_NEGATIVES, SharedNegativeSampler

# Supervision edges of one step, at most, with as many negatives. On a larger graph the gradient of a batch is close to that of
# all edges: a step then costs little more than propagation, and the number of steps stays the same.
BATCH_EDGES = 2**17
SAMPLED_EDGES = 1024  # the same of a step on a sample of the graph

Others = Tensor | Sequence[SharedNegatives]
"""What edges are told apart from: negatives, as `pair_matrix` makes them, or in a bipartite graph those that all edges share."""


class SampledPairs(NamedTuple):
    """The pairs of a step on a sample of the graph, of which each rank has a part.

    Attributes:
        supervision: int64 (m,), the supervision edges of all ranks, indices into the training edges.
        nodes: int64 (k,), the ends of this rank's part of them and of as many negatives, or all shared ones, rising.
        edges: this rank's supervision edges between places in `nodes`, as `pair_matrix` makes them, in a mean over all.
        others: the same of the negatives, or the shared ones.
    """

    supervision: Int64
    nodes: Int64
    edges: Tensor
    others: Others


def loss_of(z: Tensor, edges: Tensor, others: Others) -> Tensor:
    """The loss of z (N, D) on supervision edges: of each pair by itself, or of each end among shared negatives."""
    return link_loss(z, edges, others) if isinstance(others, Tensor) else softmax_loss(z, edges, others)


class LinkTrainer(BaseTrainer):
    """Trains on some edges of a graph; the config's seed decides every random number.

    A subclass makes the model, which has N rows, and steps.

    Args:
        graph: N nodes; the other edges are never read.
        train_edges: int64 (e,), indices into `graph.edges`: for message passing and for supervision.
        config: hyperparameters.
        device: of the encoder and its data; masks and negatives are drawn by numpy, on the host.
        ranks: the processes that do each step together.

    Raises:
        DataError: the training edges link every pair of nodes, so that there are no negatives.
    """

    def __init__(
        self,
        graph: Graph,
        train_edges: Int64,
        config: TrainingConfig,
        *,
        device: torch.device = CPU,
        ranks: Ranks = ALONE,
    ) -> None:
        self.config, self.device, self.ranks, self.n_nodes = config, device, ranks, graph.n_nodes
        self.edges = graph.edges[train_edges]
        self.ends = np.ascontiguousarray(self.edges.T, np.int32)  # (2, e)
        self.edge_weights = None if graph.weights is None else graph.weights[train_edges]
        self.ties = np.empty((0, 2), np.int64) if graph.ties is None else graph.ties
        self.negatives = NegativeSampler(graph.pair_space, self.edges)
        self._types = graph.types if graph.bipartite else None
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator(device).manual_seed(config.seed)

    def _passing(self) -> tuple[Int64, Float32 | None]:
        """The training edges, and those between the two roles of each node, which are never masked: int64 (e + t, 2); weights."""
        edges, weights = np.concatenate([self.edges, self.ties]), self.edge_weights
        return edges, None if weights is None else np.concatenate([weights, np.ones(len(self.ties), np.float32)])

    def _hidden(self) -> tuple[Int64 | None, Bool | None]:
        """The supervision edges of this epoch, None for all, and which edges don't pass messages, bool (e + t,), None for none.

        An encoder need not predict an edge along which it passes messages. It can't do so at a test edge, so it must not in
        training (Li et al. 2023, MaskGAE, 2205.10053). Without masking all edges serve for both.
        """
        e = len(self.edges)
        if self.config.edge_masking == 0:
            return None if e <= BATCH_EDGES else self.rng.integers(0, e, BATCH_EDGES), None
        hidden = self.rng.random(e, np.float32) < self.config.edge_masking
        hidden[self.rng.integers(e)] = True  # at least one supervision edge
        supervision = np.flatnonzero(hidden)
        if len(supervision) > BATCH_EDGES:
            supervision = supervision[self.rng.integers(0, len(supervision), BATCH_EDGES)]
        return supervision, np.append(hidden, np.zeros(len(self.ties), np.bool_))

    def _link_loss(self, z: Tensor, edges: Tensor, supervision: Int64 | None) -> Tensor:
        """The loss of z (N, D) on supervision edges, as `pair_matrix` makes them, and as many negatives, or shared ones."""
        if self.shared_negatives is not None:
            fitting = SCORES // (self.n_nodes * self.shared_negatives.ways)
            drawn = self.shared_negatives.draw(self.rng, max(1, min(SHARED_NEGATIVES, fitting)))
            return loss_of(z, edges, self.shared_negatives.among(np.arange(self.n_nodes), drawn))
        negatives = self._negatives(edges.values().shape[0] // 2, supervision)
        return loss_of(z, edges, pair_matrix(len(z), negatives.T, device=self.device))

    def _sampled_pairs(self) -> SampledPairs:
        """The pairs of a step on a sample of the graph."""
        supervision, part = self._supervision(), self.ranks.part
        if self.shared_negatives is not None:
            return self._with_shared_negatives(supervision, self.shared_negatives)
        drawn = self._negatives(len(supervision), supervision)
        nodes, local = np.unique(np.concatenate([self.edges[supervision[part]], drawn[part]]), return_inverse=True)
        edges, negatives = np.split(local.reshape(-1, 2).T, 2, axis=1)
        return SampledPairs(
            supervision,
            nodes,
            self._of_links(len(nodes), edges, supervision),
            pair_matrix(len(nodes), negatives, total=len(drawn), device=self.device),
        )

    def _with_shared_negatives(self, supervision: Int64, negatives: SharedNegativeSampler) -> SampledPairs:
        """The same with negatives that all edges share, and all ranks."""
        drawn, ends = negatives.draw(self.rng), self.edges[supervision[self.ranks.part]]
        nodes = np.unique(np.concatenate([ends.ravel(), *drawn.values()]))
        edges = self._of_links(len(nodes), np.searchsorted(nodes, ends.T), supervision)
        return SampledPairs(supervision, nodes, edges, negatives.among(nodes, drawn))

    @cached_property
    def shared_negatives(self) -> SharedNegativeSampler | None:
        """Draws the negatives that links between two groups of types share; None where each edge has one of its own."""
        return None if self._types is None else SharedNegativeSampler(self._types, self.edges, self.device)

    @property
    def n_supervision(self) -> int:
        """m, the number of supervision edges of such a step, which the ranks divide."""
        return min(SAMPLED_EDGES, max(1, int((self.config.edge_masking or 1) * len(self.edges))))

    def _supervision(self) -> Int64:
        """The supervision edges of such a step, of all ranks, int64 (m,), distinct, in random order."""
        return self.rng.choice(len(self.edges), self.n_supervision, replace=False)

    def _of_links(self, n: int, ends: Int64, supervision: Int64) -> Tensor:
        """The pair matrix (n, n) of this rank's supervision edges, whose ends, (2, m / ranks), are rows of n nodes."""
        if self.edge_weights is None:
            return pair_matrix(n, ends, total=len(supervision), device=self.device)
        weights = self.edge_weights[supervision]
        total = weights.sum(dtype=np.float64)
        return pair_matrix(n, ends, weights[self.ranks.part], total=total, device=self.device)

    def _negatives(self, size: int, supervision: Int64 | None) -> Int64:
        """Pairs that are no training edges, int64 (size, 2): uniform ones, and of roles some supervision edges turned round.

        A uniform pair of a sparse graph is hardly ever a link turned round, so that without these nothing teaches a direction.
        """
        drawn = self.negatives.draw(size, self.rng)
        if len(self.ties):
            possible = self._one_way if supervision is None else supervision[self._is_one_way[supervision]]
            turned = min(round(self.config.reversed_share * size), len(possible))
            chosen = self.rng.choice(possible, turned, replace=False)
            drawn[:turned] = turned_round(self.edges[chosen], self.n_nodes // 2)
        return drawn

    @cached_property
    def _is_one_way(self) -> Bool:
        """Whether each training edge of roles has no training edge that turns it round, bool (e,)."""
        return ~has_reverse(self.edges, self.edges, self.n_nodes // 2)

    @cached_property
    def _one_way(self) -> Int64:
        return np.flatnonzero(self._is_one_way)

    @cached_property
    def _all_edges(self) -> Tensor:
        return self._supervised(np.arange(len(self.edges)))

    def _supervised(self, edges: Int64) -> Tensor:
        weights = None if self.edge_weights is None else self.edge_weights[edges]
        return pair_matrix(self.n_nodes, self.ends[:, edges], weights, device=self.device)
