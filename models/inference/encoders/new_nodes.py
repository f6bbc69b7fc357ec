"""New nodes (inductive prediction): their features and links, and their embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.encoders.khop import Changes


@dataclass(frozen=True)
class NewNodeGroup:
    """S new nodes N, N + 1, …, N + S − 1 that extend one graph of N nodes.

    Attributes:
        features: for each node float32 (F,), or None.
        links: int64 (c, 2), distinct undirected pairs; at least one end of each is a new node.
        weights: float64 (c,), positive.
    """

    features: Sequence[Float32 | None]
    links: Int64
    weights: Float64

    @classmethod
    def one(cls, n: int, x: Float32 | None, neighbors: Int64, weights: Float64 | None = None) -> "NewNodeGroup":
        """One new node N.

        Args:
            n: N.
            x: its features, float32 (F,), or None.
            neighbors: int64 (m,), the distinct known nodes that it is linked to.
            weights: float64 (m,), of these links; ones if None.
        """
        links = np.stack([neighbors, np.full(len(neighbors), n)], axis=1)
        return cls([x], links, np.ones(len(neighbors)) if weights is None else weights)

    @property
    def changes(self) -> Changes:
        """The changes that extend the graph by these nodes."""
        return Changes(self.links, self.weights, len(self.features))

    def hidden(self, weight: Float32 | None, width: int) -> Float32:
        """x W of each node, float32 (S, width), with W `weight`, (F, width); zeros without features or if `weight` is None."""
        none = np.zeros(width, np.float32)
        return np.stack([none if x is None or weight is None else x @ weight for x in self.features])


class NewNode(NamedTuple):
    """Embedding of a new node.

    Attributes:
        z: float64 (D,).
        logvar: float64 (D,), log σ² of its posterior, or None for a model that isn't variational.
        whole: whether all paths of K hops were followed; else only those with the largest coefficients.
        met: int64, the new nodes within its K hops, itself included, counted from 0.
    """

    z: Float64
    logvar: Float64 | None
    whole: bool
    met: Int64
