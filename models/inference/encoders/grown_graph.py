"""The graph extended by new nodes, for encoders that propagate."""

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.encoders.gcn import NumpyGCN
from latentlink.models.inference.encoders.new_nodes import NewNode, NewNodeGroup
from latentlink.models.inference.encoders.propagation import Neighborhood, NumpyPropagation


class Grown:
    """Known nodes 0 … N − 1 with their new degrees, and new nodes from N on, which have no learned row.

    Args:
        encoder: the encoder.
        new_nodes: the new nodes.
    """

    def __init__(self, encoder: NumpyPropagation, new_nodes: NewNodeGroup) -> None:
        self._encoder, self._khop, self.new_nodes = encoder, encoder.khop.changed(new_nodes.changes), new_nodes
        self._hidden = new_nodes.hidden(encoder.weight, encoder.dim)  # (S, D)

    def embed(self, at: int) -> NewNode:
        """The new node of that place; without features it has nothing of its own, and what it gets from others is exact."""
        reached = self.neighborhood(self._encoder.khop.nodes + at)
        known, met = self._parted(reached.nodes)
        coefficients = self.coefficients(reached)
        z = self._encoder.gathered(reached.nodes[:known], coefficients[:known])
        z += (self._encoder.spread(coefficients[known:]) * self._hidden[met]).sum(axis=0)
        return NewNode(z, self._encoder.logvar(z), reached.whole, met)

    def neighborhood(self, node: int) -> Neighborhood:
        """As `NumpyPropagation.neighborhood`, on this graph."""
        return self._encoder.neighborhood(node, self._khop)

    def features_of(self, node: int) -> Float32 | None:
        """float32 (F,) of a node, or None without."""
        n = self._encoder.khop.nodes
        return self._encoder.features_of(node) if node < n else self.new_nodes.features[node - n]

    def coefficients(self, reached: Neighborhood) -> Float64:
        """float64 (m, V): the coefficients of nodes, each times what brings its row to its length."""
        known, met = self._parted(reached.nodes)
        own = self._encoder.row_scales_of(self._hidden[met])
        return np.asarray(reached.coefficients * np.concatenate([self._encoder.row_scales(reached.nodes[:known]), own]))

    def against(self, nodes: Int64, z: Float32) -> tuple[Float64, Float64]:
        """As `NumpyPropagation.against`, of nodes, int64 (m,), rising, new nodes among them."""
        known, met = self._parted(nodes)
        of_features, of_rows = self._encoder.against(nodes[:known], z)
        own = self._encoder.products(self._hidden[met], z)
        return np.concatenate([of_features, own]), np.concatenate([of_rows, np.zeros_like(own)])

    def _parted(self, nodes: Int64) -> tuple[int, Int64]:
        """How many of rising nodes are known, and the places of those that are new_nodes."""
        known = int(np.searchsorted(nodes, self._encoder.khop.nodes))
        return known, nodes[known:] - self._encoder.khop.nodes


def embed_new_nodes(encoder: NumpyPropagation | NumpyGCN, new_nodes: NewNodeGroup) -> list[NewNode]:
    """Embed new nodes on the graph with all of them: K hops, with the degrees that their neighbours then have."""
    if isinstance(encoder, NumpyGCN):
        return encoder.embed_new_nodes(new_nodes)
    grown = Grown(encoder, new_nodes)
    return [grown.embed(at) for at in range(len(new_nodes.features))]
