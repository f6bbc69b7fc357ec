"""Nodes without links, as the encoders `normalized` and `linear` embed them: by their features alone, as new nodes.

Only negatives train the learned embedding of such a node: they drive it away from linked nodes, and towards others without links.
Its row is averaged with no others and stays longer than the averages of linked nodes, and the longest vectors lead every list.
"""

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.features import blocks
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.encoders import Features, NumpyPropagation
from latentlink.models.inference.encoders.khop import KHop


def replace_isolated(embeddings: Embeddings, features: Features, config: TrainingConfig, ties: Int64) -> Embeddings:
    """Replace the vectors of nodes without links, in place; a `gcn` is left as it is.

    Their learned embeddings become 0. Where rows are normalized, the weight `normalized.isolated_scale` gives their vectors the
    mean length at the ends of links, where a node with many links counts as often: these are the vectors they compete with.

    Args:
        embeddings: of all N nodes, with their message-passing edges.
        features: (N, F), or None: the vectors are 0.
        config: of the encoder.
        ties: int64 (t, 2), the two roles of each node, if any; without links of the one, the other's reach it.
    """
    kind, n, mu, weights = config.encoder, len(embeddings.mu), embeddings.mu, embeddings.weights
    if kind == "gcn":
        return embeddings
    links = np.bincount(embeddings.edges.ravel(), minlength=n)
    links[ties] = links[ties].sum(axis=1, keepdims=True)
    isolated = np.flatnonzero(links == 0)
    if (rows := weights.get(f"{kind}.rows.weight")) is not None:
        rows[isolated] = 0
    if (scale := weights.get(f"{kind}.scale")) is not None:
        lengths = np.sqrt(np.einsum("nd,nd->n", mu, mu, dtype=np.float64))[embeddings.edges]
        # The length of a row that is averaged with no others.
        alone = np.sqrt(np.square(scale, dtype=np.float64).mean())
        weights[f"{kind}.isolated_scale"] = np.array([lengths.mean() / alone], np.float32)
    encoder = NumpyPropagation(weights, features, KHop.without_links(n), kind=kind, dim=config.dim, hops=config.hops)
    for some in blocks(isolated, config.dim):
        mu[some] = z = encoder.embed_isolated(some)
        if embeddings.logvar is not None:
            embeddings.logvar[some] = encoder.logvar(z)
    return embeddings
