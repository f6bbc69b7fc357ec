"""A fit that looks at a sampled part of the graph in each step: where all of it does not fit."""

from math import expm1

import numpy as np
import torch
from torch import Tensor

from models.autoencoders import GraphAutoencoder, Posterior
from models.config import TrainingConfig
from models.csr import Int64
from models.embedding import embed
from models.graph import Graph
from models.losses import link_loss
from models.neighbourhoods import Neighbourhoods
from models.pairs import pair_matrix
from models.run import Run
from models.sparse import CPU

SAMPLED_EDGES = 1024  # that one step asks for, at most, with as many non-edges
FAN_OUT = 5  # neighbours that a node looks at, at most


def sampled_nodes(graph: Graph, config: TrainingConfig) -> int:
    """About how many nodes a step looks at: so many draws among N hit N (1 − e^(−draws / N)) of them."""
    n, hops = graph.n_nodes, 2 if config.encoder == "gcn" else config.hops
    draws = 4 * min(graph.n_edges, SAMPLED_EDGES) * sum(FAN_OUT**hop for hop in range(hops + 1))
    return round(n * -expm1(-draws / n))


class SampledRun(Run):
    """As `Run`, but a step takes the sampled neighbourhood of the pairs that it asks for, and the features of its nodes alone.

    What a step takes beside the graph does not grow with it, but for a few bytes a node and edge, and learned rows (N, D) with
    gradient and moments; embeddings come in blocks. With `edge_masking` the encoder does not see the edges that a step asks
    for, at most that share of all; of the others what the sample leaves. With `fan_out` at least the largest degree, and
    neither masking nor dropout, a step is that of `Run` on the same pairs.

    Args:
        graph: as for `Run`, and so are the others.
        fan_out: neighbours of a node, at most.
    """

    def __init__(
        self,
        graph: Graph,
        seen: Int64,
        config: TrainingConfig,
        *,
        rows: bool = False,
        device: torch.device = CPU,
        fan_out: int = FAN_OUT,
    ) -> None:
        super().__init__(graph, seen, config, rows=rows, device=device)
        hops = max(hops for member in self.model for hops in member.encoder.widths)
        self.neighbourhoods = Neighbourhoods(self.propagation, hops, fan_out)

    def _posterior(self) -> Posterior:
        return embed(self.model, self.config, self.inputs, self.propagation)

    def _loss(self, member: GraphAutoencoder) -> Tensor:
        asked = self._asked()
        drawn = self.non_edges.draw(len(asked), self.rng)
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
