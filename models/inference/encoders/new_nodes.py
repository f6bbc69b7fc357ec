"""New nodes (inductive prediction): their features and links, and their embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.encoders.khop import Changes


@dataclass(frozen=True)
class NewNodeGroup:
    """S nodes that are to stand on one graph: N, N + 1, … beside its N.

    Attributes:
        features: of each, float32 (F,), or None.
        links: int64 (c, 2), distinct undirected pairs, at least one end of each a new node.
        weights: float64 (c,) > 0.
    """

    features: Sequence[Float32 | None]
    links: Int64
    weights: Float64

    @classmethod
    def one(cls, n: int, x: Float32 | None, neighbors: Int64, weights: Float64 | None = None) -> "NewNodeGroup":
        """The node N with its links to distinct known nodes, int64 (m,); without weights, float64 (m,), they weigh 1."""
        links = np.stack([neighbors, np.full(len(neighbors), n)], axis=1)
        return cls([x], links, np.ones(len(neighbors)) if weights is None else weights)

    @property
    def changes(self) -> Changes:
        """What the graph has more with them."""
        return Changes(self.links, self.weights, len(self.features))

    def hidden(self, weight: Float32 | None, width: int) -> Float32:
        """x W of each, float32 (S, width); 0 without features or without `weight`, (F, width)."""
        none = np.zeros(width, np.float32)
        return np.stack([none if x is None or weight is None else x @ weight for x in self.features])


class NewNode(NamedTuple):
    """Embedding of a new node.

    Attributes:
        z: float64 (D,).
        logvar: float64 (D,), log σ² of its posterior, or None for a model that isn't variational.
        whole: whether all that powers it was looked at.
        met: int64, which new_nodes power it, itself among them, counted from 0.
    """

    z: Float64
    logvar: Float64 | None
    whole: bool
    met: Int64
