"""Neighbor-sampling training of a GAE or VGAE, for graphs whose full batches do not fit into memory."""

from collections.abc import Iterator
from functools import cached_property
from math import expm1, log, sqrt

import numpy as np
import torch
from torch import Tensor

from latentlink.models.config import TrainingConfig
from latentlink.models.inference.encoders import split_evenly
from latentlink.models.nn.autoencoders import GraphAutoencoder, Posterior
from latentlink.models.nn.encoders import GCNEncoder, PropagationEncoder
from latentlink.models.nn.ensemble import Ensemble
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.inputs import Inputs
from latentlink.models.training.trainers.link_trainer import SAMPLED_EDGES, loss_of
from latentlink.models.training.trainers.ranks import ALONE, Ranks
from latentlink.models.training.trainers.sampler import NeighborSampler
from latentlink.models.training.trainers.trainer import Trainer

FAN_OUT = 5  # sampled neighbors of a node, at most
_ROWS, _COLUMNS = 2**14, 16  # of a block of embeddings


def sampled_nodes(n: int, n_edges: int, config: TrainingConfig) -> int:
    """The approximate number of nodes in a step: d draws among N nodes hit N (1 − e^(−d / N)) of them."""
    hops = 2 if config.encoder == "gcn" or config.of_module else config.hops  # most modules have two layers
    draws = 4 * min(n_edges, SAMPLED_EDGES) * sum(FAN_OUT**hop for hop in range(hops + 1))
    return round(n * -expm1(-draws / n))


class NeighborSamplingTrainer(Trainer):
    """A `Trainer` whose steps use the sampled neighborhood of their supervision pairs, and only the features of those nodes.

    The memory of a step does not grow with the graph, except for a few bytes per node and edge, and for node embeddings (N, D)
    with gradient and moments; `embed` works in blocks. With `edge_masking` the supervision edges of a step, at most that share
    of all, are not message-passing edges. With `FAN_OUT` at least the largest degree, and neither masking nor dropout, a step
    equals that of `Trainer` on the same pairs.
    """

    @cached_property
    def sampler(self) -> NeighborSampler:
        """Samples the nodes within the hops of the encoder."""
        hops = max(hops for member in self.model for hops in member.encoder.widths)
        return NeighborSampler(self.propagation, hops, FAN_OUT)

    def _posterior(self) -> Posterior:
        self.ranks.compare(self.model)
        return embed(self.model, self.config, self.inputs, self.propagation, self.ranks)

    def _loss(self, member: GraphAutoencoder) -> Tensor:
        pairs = self._sampled_pairs()
        rng, generator = self.ranks.own(self.rng, self.generator)
        near = self.sampler.around(pairs.nodes, rng, pairs.supervision if self.config.edge_masking else None)
        x = self.inputs.some(near.nodes, self.config.feature_dropout, rng)
        posterior: Posterior = member(x, near.propagation, torch.from_numpy(near.nodes).to(self.device))
        z, divergence = posterior.first(len(pairs.nodes)).sample(generator)
        loss = loss_of(z, pairs.edges, pairs.others)
        return loss + divergence / (self.propagation.n_nodes * self.ranks.size)


def embed(
    ensemble: Ensemble, config: TrainingConfig, inputs: Inputs, propagation: Propagation, ranks: Ranks = ALONE
) -> Posterior:
    """The ensemble's posterior of all N nodes, in blocks: beside the result it needs two of (N, 16).

    A graph convolution needs its hidden layer (N, H) as well.
    """
    widths = split_evenly(config.dim, len(ensemble))
    heads = [
        torch.empty(propagation.n_nodes, config.dim, device=propagation.device) for _ in range(1 + config.variational)
    ]
    parts = zip(*(torch.split(head, widths, dim=1) for head in heads), strict=True)
    for member, of_encoder in zip(ensemble, parts, strict=True):
        _embed(member.encoder, inputs, propagation, of_encoder, ranks)
    mu, *logvar = heads
    mu /= sqrt(len(ensemble))
    for head in logvar:
        head -= log(len(ensemble))
    return Posterior(mu, logvar[0] if logvar else None)


def _embed(
    encoder: GCNEncoder | PropagationEncoder,
    inputs: Inputs,
    propagation: Propagation,
    heads: tuple[Tensor, ...],
    ranks: Ranks,
) -> None:
    """Fill the heads (N, d) of one encoder; a hidden layer as wide as the first head is stored in it.

    Ranks share the blocks of rows and those of columns.
    """
    n, width = propagation.n_nodes, sum(encoder.widths.values())
    hidden = heads[0] if heads[0].shape[1] == width else heads[0].new_empty(n, width)
    blocks = list(_pieces(0, n, _ROWS))
    for rows in blocks[ranks.part]:
        nodes = torch.arange(rows.start, rows.stop, device=hidden.device)
        hidden[rows] = encoder.entered(inputs.block(rows), nodes)
    ranks.exchange(hidden, blocks)
    start = 0
    for hops, columns in encoder.widths.items():
        strips = [np.s_[:, piece] for piece in _pieces(start, start + columns, _COLUMNS) if hops]
        for strip in strips[ranks.part]:
            propagated = propagation.whole @ hidden[strip].contiguous()
            for _ in range(hops - 1):
                propagated = propagation.whole @ encoder.between(propagated)
            hidden[strip] = propagated
        ranks.exchange(hidden, strips)
        start += columns
    for rows in _pieces(0, n, _ROWS):
        for head, values in zip(heads, encoder.finished(hidden[rows]), strict=True):
            head[rows] = values


def _pieces(start: int, stop: int, size: int) -> Iterator[slice]:
    return (slice(at, min(at + size, stop)) for at in range(start, stop, size))
