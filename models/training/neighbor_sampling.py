"""A fit that looks at a sampled part of the graph in each step: where all of it does not fit."""

from collections.abc import Iterator
from math import expm1, log, sqrt

import numpy as np
import torch
from torch import Tensor

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.encoders import split_evenly
from latentlink.models.nn.autoencoders import GraphAutoencoder, Posterior
from latentlink.models.nn.encoders import GCNEncoder, PropagationEncoder
from latentlink.models.nn.ensemble import Ensemble
from latentlink.models.nn.losses import link_loss
from latentlink.models.nn.pairs import pair_matrix
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.inputs import Inputs
from latentlink.models.training.sampler import NeighborSampler
from latentlink.models.training.trainer import Trainer

SAMPLED_EDGES = 1024  # that one step asks for, at most, with as many non-edges
FAN_OUT = 5  # neighbours that a node looks at, at most
_ROWS, _COLUMNS = 2**14, 16  # of a block of embeddings


def sampled_nodes(graph: Graph, config: TrainingConfig) -> int:
    """About how many nodes a step looks at: so many draws among N hit N (1 − e^(−draws / N)) of them."""
    n, hops = graph.n_nodes, 2 if config.encoder == "gcn" else config.hops
    draws = 4 * min(graph.n_edges, SAMPLED_EDGES) * sum(FAN_OUT**hop for hop in range(hops + 1))
    return round(n * -expm1(-draws / n))


class NeighborSamplingTrainer(Trainer):
    """As `Trainer`, but a step takes the sampled neighbourhood of its supervision pairs, and the features of those nodes alone.

    What a step takes beside the graph does not grow with it, but for a few bytes a node and edge, and learned rows (N, D) with
    gradient and moments; embeddings come in blocks. With `edge_masking` the encoder does not see the edges that a step asks
    for, at most that share of all; of the others what the sample leaves. With `fan_out` at least the largest degree, and
    neither masking nor dropout, a step is that of `Trainer` on the same pairs.

    Args:
        graph: as for `Trainer`, and so are the others.
        fan_out: neighbours of a node, at most.
    """

    def __init__(
        self,
        graph: Graph,
        train_edges: Int64,
        config: TrainingConfig,
        *,
        node_embeddings: bool = False,
        device: torch.device = CPU,
        fan_out: int = FAN_OUT,
    ) -> None:
        super().__init__(graph, train_edges, config, node_embeddings=node_embeddings, device=device)
        hops = max(hops for member in self.model for hops in member.encoder.widths)
        self.neighbourhoods = NeighborSampler(self.propagation, hops, fan_out)

    def _posterior(self) -> Posterior:
        return embed(self.model, self.config, self.inputs, self.propagation)

    def _loss(self, member: GraphAutoencoder) -> Tensor:
        asked = self._asked()
        drawn = self.negatives.draw(len(asked), self.rng)
        ends, places = np.unique(np.concatenate([self.edges[asked], drawn]), return_inverse=True)
        near = self.neighbourhoods.around(ends, self.rng, asked if self.config.edge_masking else None)
        x = self.inputs.some(near.nodes, self.config.feature_dropout, self.rng)
        posterior: Posterior = member(x, near.propagation, torch.from_numpy(near.nodes).to(self.device))
        z, divergence = posterior.first(len(ends)).sample(self.generator)
        weights = None if self.edge_weights is None else self.edge_weights[asked]
        edges, non_edges = np.split(places.reshape(-1, 2).T, 2, axis=1)
        loss: Tensor = link_loss(
            z,
            pair_matrix(len(ends), edges, weights, device=self.device),
            pair_matrix(len(ends), non_edges, device=self.device),
        )
        return loss + divergence / self.propagation.n_nodes

    def _asked(self) -> Int64:
        """Which edges this step asks for, int64 (m,), distinct."""
        e, share = len(self.edges), self.config.edge_masking or 1
        return self.rng.choice(e, min(SAMPLED_EDGES, max(1, int(share * e))), replace=False)


def embed(committee: Ensemble, config: TrainingConfig, inputs: Inputs, propagation: Propagation) -> Posterior:
    """What the committee gives for the whole graph; beside the result two blocks (N, 16) are there at once.

    A graph convolution's hidden layer (N, H) comes on top.
    """
    widths = split_evenly(config.dim, len(committee))
    heads = [
        torch.empty(propagation.n_nodes, config.dim, device=propagation.device) for _ in range(1 + config.variational)
    ]
    parts = zip(*(torch.split(head, widths, dim=1) for head in heads), strict=True)
    for member, of_member in zip(committee, parts, strict=True):
        _embed(member.encoder, inputs, propagation, of_member)
    mu, *logvar = heads
    mu /= sqrt(len(committee))
    for head in logvar:
        head -= log(len(committee))
    return Posterior(mu, logvar[0] if logvar else None)


def _embed(
    encoder: GCNEncoder | PropagationEncoder, inputs: Inputs, propagation: Propagation, heads: tuple[Tensor, ...]
) -> None:
    """Fill the heads (N, d) of one member; where the hidden layer is as wide as the first, it takes its place."""
    n, width = propagation.n_nodes, sum(encoder.widths.values())
    hidden = heads[0] if heads[0].shape[1] == width else heads[0].new_empty(n, width)
    for rows in _pieces(0, n, _ROWS):
        nodes = torch.arange(rows.start, rows.stop, device=hidden.device)
        hidden[rows] = encoder.entered(inputs.block(rows), nodes)
    start = 0
    for hops, columns in encoder.widths.items():
        for piece in _pieces(start, start + columns, _COLUMNS) if hops else ():
            underway = propagation.whole @ hidden[:, piece].contiguous()
            for _ in range(hops - 1):
                underway = propagation.whole @ encoder.between(underway)
            hidden[:, piece] = underway
        start += columns
    for rows in _pieces(0, n, _ROWS):
        for head, values in zip(heads, encoder.finished(hidden[rows]), strict=True):
            head[rows] = values


def _pieces(start: int, stop: int, size: int) -> Iterator[slice]:
    return (slice(at, min(at + size, stop)) for at in range(start, stop, size))
