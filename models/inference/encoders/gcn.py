"""Two graph convolutions in numpy: the 2-hop ball of a node is computed anew."""

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.encoders.features import Features, Weights, products
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.encoders.new_nodes import Stranger, Strangers


class NumpyGCN:
    """`models.nn.encoders.GCNEncoder`: hₖ = Â ReLU(Â X W) Wₖ.

    Args:
        weights: the encoder's parameters under their public names.
        features: (N, F), or None for a graph without, where X is the identity.
        walks: over the graph that the encoder saw.

    Raises:
        KeyError: a weight is missing.
        ValueError: the weights do not fit the features.
    """

    def __init__(self, weights: Weights, features: Features, walks: KHop) -> None:
        self.weight, self.head = weights["gcn.hidden.weight"], weights["gcn.mu.weight"]
        self.features, self.walks, self._logvar = features, walks, weights.get("gcn.logvar.weight")
        expected = walks.nodes if features is None else features.shape[1]
        if len(self.weight) != expected or self.weight.shape[1] != len(self.head):
            found = f"{self.weight.shape} and {self.head.shape}"
            raise ValueError(f"gcn weights: expected ({expected}, H) and (H, D), found {found}")

    def transformed(self, nodes: Int64) -> Float64:
        """X W of some known nodes, float64 (m, H)."""
        if self.features is None:
            return self.weight[nodes].astype(np.float64)
        return products(self.features, nodes, self.weight)

    def sums(self, nodes: Int64, walks: KHop, strangers: Float32 | None = None) -> Float64:
        """(A + I) D̃^(-1/2) X W in the rows of some nodes, int64 (m,), rising: float64 (m, H).

        `strangers`, float32 (S, H), are x W of the nodes from N on, where the graph has some.
        """
        row, columns, weights = walks.rows(nodes)
        ball, at = np.unique(columns, return_inverse=True)
        known = int(np.searchsorted(ball, self.walks.nodes))
        inputs = self.transformed(ball[:known])
        if strangers is not None:
            inputs = np.concatenate([inputs, strangers[ball[known:] - self.walks.nodes]])
        inputs /= np.sqrt(walks.degrees(ball))[:, None]
        return np.stack([np.bincount(row, weights * column[at], len(nodes)) for column in inputs.T.copy()], axis=1)

    def seen(self, node: int, walks: KHop, strangers: Float32 | None = None) -> Float64:
        """The row of Â ReLU(Â X W) of a node, float64 (H,), of which all heads are made; arguments as of `sums`."""
        near = walks.step(walks.start(node))
        hidden = self.sums(near.nodes, walks, strangers) / np.sqrt(walks.degrees(near.nodes))[:, None]
        return np.asarray(near.shares @ np.maximum(hidden, 0))

    def embed(self, node: int) -> Float64:
        """z of one node, float64 (D,)."""
        return np.asarray(self.seen(node, self.walks) @ self.head)

    def embed_strangers(self, strangers: Strangers) -> list[Stranger]:
        """Nodes that were not there, on the graph with all of them; one without features has no row of W."""
        n, walks = self.walks.nodes, self.walks.changed(strangers.changes)
        with_features = None if self.features is None else self.weight
        hidden = strangers.hidden(with_features, self.weight.shape[1])
        return [self._stranger(n + at, walks, hidden) for at in range(len(hidden))]

    def _stranger(self, node: int, walks: KHop, hidden: Float32) -> Stranger:
        seen = self.seen(node, walks, hidden)
        logvar = None if self._logvar is None else seen @ self._logvar
        met = np.array([0])
        if len(hidden) > 1:
            reach = walks.step(walks.step(walks.start(node)))
            met = reach.nodes[reach.nodes >= self.walks.nodes] - self.walks.nodes
        return Stranger(seen @ self.head, logvar, whole=True, met=met)
