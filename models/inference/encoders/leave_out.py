"""Leave-one-out for graph convolutions: the exact vector of a node without some links, at the cost of a few sums."""

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.inference.encoders import NumpyGCN


class TwoHopSubgraph:
    """The two-hop subgraph of one node under a graph convolution, from which links can be removed.

    Removing a link (i, a) changes the sums S = (A + I) D̃^(-1/2) X W of the node and its neighbours in two ways: the terms of i
    and a leave each other's sums, and their terms in all other sums grow, because their degrees fall. Both changes are sums over
    the few nodes whose links change, so that the subgraph is read once.

    Args:
        encoder: the numpy encoder.
        node: the centre of the subgraph.

    Attributes:
        near: int64 (m,), the node and its neighbours, ascending.
        weights: float64 (m,), of the node's links to them, and 1 for its self-loop.
    """

    def __init__(self, encoder: NumpyGCN, node: int) -> None:
        self._encoder, self._khop, self.node = encoder, encoder.khop, node
        self.near = encoder.khop.step(encoder.khop.start(node)).nodes
        self._degrees = encoder.khop.degrees(self.near)
        self._sums = encoder.sums(self.near, encoder.khop)
        self.weights = self._adjacency(np.array([node]))[:, 0]

    def parts(self, z: Float64) -> Float64:
        """What each node of `near` contributes to the inner product of the centre's vector with z, float64 (D,): float64 (m,)."""
        hidden = np.maximum(self._sums / np.sqrt(self._degrees)[:, None], 0) @ (self._encoder.head @ z)
        own = self._degrees[np.searchsorted(self.near, self.node)]
        return np.asarray(self.weights / np.sqrt(own * self._degrees) * hidden)

    def without(self, links: Int64, weights: Float64) -> Float64:
        """The vector of the node, float64 (D,), without the links int64 (c, 2), distinct pairs, with weights float64 (c,)."""
        changed, ends = np.unique(links, return_inverse=True)
        one, other = ends.reshape(-1, 2).T
        before = self._khop.degrees(changed)
        after = before - np.bincount(one, weights, len(changed)) - np.bincount(other, weights, len(changed))
        inputs = self._encoder.transformed(changed)
        removed = np.zeros((len(self.near), len(changed)))
        for end, across in ((one, other), (other, one)):
            at, inside = self._positions(changed[end])
            removed[at[inside], across[inside]] = weights[inside]
        sums = self._sums + self._adjacency(changed) @ (inputs * (after**-0.5 - before**-0.5)[:, None])
        sums -= removed @ (inputs * (after**-0.5)[:, None])
        weights_left = self.weights - self._removed_from_centre(changed, removed)
        return self._embedded(sums, self._degrees - removed.sum(axis=1), weights_left)

    def _embedded(self, sums: Float64, degrees: Float64, weights: Float64) -> Float64:
        own = degrees[np.searchsorted(self.near, self.node)]
        hidden = np.maximum(sums / np.sqrt(degrees)[:, None], 0)
        return np.asarray((weights / np.sqrt(own * degrees)) @ hidden @ self._encoder.head)

    def _removed_from_centre(self, changed: Int64, removed: Float64) -> Float64:
        """The weight removed from the link of the centre to each node of `near`, float64 (m,)."""
        own = np.searchsorted(changed, self.node)
        if own < len(changed) and changed[own] == self.node:
            return removed[:, own]
        return np.zeros(len(self.near))

    def _adjacency(self, nodes: Int64) -> Float64:
        """A + I between `near` and some nodes, int64 (c,), ascending: float64 (m, c)."""
        matrix = np.zeros((len(self.near), len(nodes)))
        row, columns, weights = self._khop.rows(nodes)
        at, inside = self._positions(columns)
        matrix[at[inside], row[inside]] = weights[inside]
        return matrix

    def _positions(self, nodes: Int64) -> tuple[Int64, Int64]:
        """The position of each node in `near`, int64 (c,), and the indices of the nodes that `near` contains, int64 (≤ c,)."""
        at = np.minimum(np.searchsorted(self.near, nodes), len(self.near) - 1)
        return at, np.flatnonzero(self.near[at] == nodes)
