"""The graph extended by new nodes, for encoders that propagate a linear map."""

from collections.abc import Iterator

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.encoders.gcn import NumpyGCN
from latentlink.models.inference.encoders.new_nodes import NewNode, NewNodeGroup
from latentlink.models.inference.encoders.nothing import NoEncoder
from latentlink.models.inference.encoders.propagation import Neighborhood, NumpyPropagation


class ExtendedGraph:
    """The extended graph: known nodes 0 … N − 1 with their new degrees, and new nodes from N on, which have no learned embedding.

    Args:
        encoder: the numpy encoder of the known graph.
        new_nodes: S new nodes with their features and links.
    """

    def __init__(self, encoder: NumpyPropagation, new_nodes: NewNodeGroup) -> None:
        self._encoder, self._khop, self.new_nodes = encoder, encoder.khop.changed(new_nodes.changes), new_nodes
        self._hidden = new_nodes.hidden(encoder.weight, encoder.dim)  # (S, D)

    def embed(self, at: int) -> NewNode:
        """Embed the new node `at`, counted from 0; without features its own term is 0, and the sum over the others is exact."""
        near = self.neighborhood(self._encoder.khop.nodes + at)
        known, met = self._partition(near.nodes)
        coefficients = self.coefficients(near)
        z = self._encoder.weighted_sum(near.nodes[:known], coefficients[:known])
        z += (self._encoder.by_column(coefficients[known:]) * self._hidden[met]).sum(axis=0)
        return NewNode(z, self._encoder.logvar(z), near.whole, met)

    def neighborhood(self, node: int) -> Neighborhood:
        """`NumpyPropagation.neighborhood` on the extended graph."""
        return self._encoder.neighborhood(node, self._khop)

    def features_of(self, node: int) -> Float32 | None:
        """Features of a node, float32 (F,), or None without."""
        n = self._encoder.khop.nodes
        return self._encoder.features_of(node) if node < n else self.new_nodes.features[node - n]

    def coefficients(self, neighborhood: Neighborhood) -> Float64:
        """`NumpyPropagation.coefficients` on the extended graph."""
        known, met = self._partition(neighborhood.nodes)
        own = self._encoder.row_scales_of(self._hidden[met])
        scales = np.concatenate([self._encoder.row_scales(neighborhood.nodes[:known]), own])
        return np.asarray(neighborhood.coefficients * scales)

    def against(self, nodes: Int64, z: Float32) -> tuple[Float64, Float64]:
        """`NumpyPropagation.against` of ascending nodes, int64 (m,), which may include new nodes."""
        known, met = self._partition(nodes)
        of_features, of_rows = self._encoder.against(nodes[:known], z)
        own = self._encoder.products(self._hidden[met], z)
        return np.concatenate([of_features, own]), np.concatenate([of_rows, np.zeros_like(own)])

    def _partition(self, nodes: Int64) -> tuple[int, Int64]:
        """How many of the ascending nodes are known, and the indices of the new ones, counted from 0."""
        known = int(np.searchsorted(nodes, self._encoder.khop.nodes))
        return known, nodes[known:] - self._encoder.khop.nodes


def embed_new_nodes(encoder: NumpyPropagation | NumpyGCN | NoEncoder, new_nodes: NewNodeGroup) -> Iterator[NewNode]:
    """Embed new nodes by K hops over the graph extended by all of them, with the degrees of the extended graph.

    Each node is embedded when it is asked for, so that a caller can stop between two.
    """
    if not isinstance(encoder, NumpyPropagation):
        return encoder.embed_new_nodes(new_nodes)
    extended = ExtendedGraph(encoder, new_nodes)
    return map(extended.embed, range(len(new_nodes.features)))
