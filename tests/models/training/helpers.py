"""A graph with communities, and configs of a few epochs."""

import numpy as np

from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph

VGAE = TrainingConfig(encoder="gcn", epochs=15, hidden=8, dim=4)
GAE = VGAE.model_copy(update={"model": "gae"})
AE = TrainingConfig(model="ae", dim=2, hidden=16, epochs=6)
VAE = AE.model_copy(update={"model": "vae"})


def communities(*, features: bool = True, weights: bool = False, n: int = 60, size: int = 30) -> Graph:
    """Communities of equal size with dense links inside and few between; the features are the identity."""
    rng = np.random.default_rng(5)
    i, j = np.triu_indices(n, 1)
    linked = rng.random(len(i)) < np.where(i // size == j // size, 0.4, 0.01)
    pairs = np.stack([i[linked], j[linked]], axis=1)
    x = np.eye(n, dtype=np.float32) if features else None
    w = rng.uniform(0.5, 2, len(pairs)).astype(np.float32) if weights else None
    return Graph.from_pairs([f"n{k}" for k in range(n)], pairs, w, x)
