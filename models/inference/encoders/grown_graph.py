"""The graph with some strangers on it, as an encoder that propagates sees it."""

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.encoders.gcn import NumpyGCN
from latentlink.models.inference.encoders.new_nodes import Stranger, Strangers
from latentlink.models.inference.encoders.propagation import NumpyPropagation, Reached


class Grown:
    """Known nodes 0 … N − 1 with their new degrees, and strangers from N on, which have no learned row.

    Args:
        twin: the encoder.
        strangers: who comes.
    """

    def __init__(self, twin: NumpyPropagation, strangers: Strangers) -> None:
        self._twin, self._walks, self.strangers = twin, twin.walks.changed(strangers.changes), strangers
        self._hidden = strangers.hidden(twin.weight, twin.dim)  # (S, D)

    def embed(self, at: int) -> Stranger:
        """The stranger of that place; without features it has nothing of its own, and what it gets from others is exact."""
        reached = self.reaching(self._twin.walks.nodes + at)
        known, met = self._parted(reached.nodes)
        coefficients = self.coefficients(reached)
        z = self._twin.gathered(reached.nodes[:known], coefficients[:known])
        z += (self._twin.spread(coefficients[known:]) * self._hidden[met]).sum(axis=0)
        return Stranger(z, self._twin.logvar(z), reached.whole, met)

    def reaching(self, node: int) -> Reached:
        """As `NumpyPropagation.reaching`, on this graph."""
        return self._twin.reaching(node, self._walks)

    def features_of(self, node: int) -> Float32 | None:
        """float32 (F,) of a node, or None without."""
        n = self._twin.walks.nodes
        return self._twin.features_of(node) if node < n else self.strangers.features[node - n]

    def coefficients(self, reached: Reached) -> Float64:
        """float64 (m, V): the shares of nodes, each times what brings its row to its length."""
        known, met = self._parted(reached.nodes)
        own = self._twin.stretches_of(self._hidden[met])
        return np.asarray(reached.shares * np.concatenate([self._twin.stretches(reached.nodes[:known]), own]))

    def against(self, nodes: Int64, z: Float32) -> tuple[Float64, Float64]:
        """As `NumpyPropagation.against`, of nodes, int64 (m,), rising, strangers among them."""
        known, met = self._parted(nodes)
        of_features, of_rows = self._twin.against(nodes[:known], z)
        own = self._twin.products(self._hidden[met], z)
        return np.concatenate([of_features, own]), np.concatenate([of_rows, np.zeros_like(own)])

    def _parted(self, nodes: Int64) -> tuple[int, Int64]:
        """How many of rising nodes are known, and the places of those that are strangers."""
        known = int(np.searchsorted(nodes, self._twin.walks.nodes))
        return known, nodes[known:] - self._twin.walks.nodes


def embed_strangers(twin: NumpyPropagation | NumpyGCN, strangers: Strangers) -> list[Stranger]:
    """Nodes that were not there, on the graph with all of them: K hops, with the degrees that their neighbours then have."""
    if isinstance(twin, NumpyGCN):
        return twin.embed_strangers(strangers)
    grown = Grown(twin, strangers)
    return [grown.embed(at) for at in range(len(strangers.features))]
