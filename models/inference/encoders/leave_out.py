"""Leave-one-out for graph convolutions: a node's exact vector without some links, without recomputing its two-hop subgraph."""

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.inference.encoders import NumpyGCN


class TwoHopSubgraph:
    """The two-hop subgraph of one node under a graph convolution, from which links can be left out.

    A link (i, a) that is gone changes the sums S = (A + I) D̃^(-1/2) X W of the node and its neighbours in two ways: i and a no
    longer count for each other, and count more for all others, since their degrees are less. Both are sums over the few nodes
    whose links change; the subgraph itself is read once.

    Args:
        encoder: the encoder.
        node: the centre.

    Attributes:
        near: int64 (m,), the node and its neighbours, rising.
        weights: float64 (m,), of the node's links to them, with 1 for itself.
    """

    def __init__(self, encoder: NumpyGCN, node: int) -> None:
        self._encoder, self._khop, self.node = encoder, encoder.khop, node
        self.near = encoder.khop.step(encoder.khop.start(node)).nodes
        self._degrees = encoder.khop.degrees(self.near)
        self._sums = encoder.sums(self.near, encoder.khop)
        self.weights = self._adjacency(np.array([node]))[:, 0]

    def parts(self, z: Float64) -> Float64:
        """What each of `near` adds to the inner product of the node's vector with another, float64 (D,)."""
        hidden = np.maximum(self._sums / np.sqrt(self._degrees)[:, None], 0) @ (self._encoder.head @ z)
        own = self._degrees[np.searchsorted(self.near, self.node)]
        return np.asarray(self.weights / np.sqrt(own * self._degrees) * hidden)

    def without(self, links: Int64, weights: Float64) -> Float64:
        """z, float64 (D,), where the links, int64 (c, 2) of distinct pairs, with their weights, float64 (c,), are gone."""
        changed, ends = np.unique(links, return_inverse=True)
        one, other = ends.reshape(-1, 2).T
        before = self._khop.degrees(changed)
        after = before - np.bincount(one, weights, len(changed)) - np.bincount(other, weights, len(changed))
        inputs = self._encoder.transformed(changed)
        gone = np.zeros((len(self.near), len(changed)))
        for end, across in ((one, other), (other, one)):
            at, inside = self._positions(changed[end])
            gone[at[inside], across[inside]] = weights[inside]
        sums = self._sums + self._adjacency(changed) @ (inputs * (after**-0.5 - before**-0.5)[:, None])
        sums -= gone @ (inputs * (after**-0.5)[:, None])
        return self._embedded(sums, self._degrees - gone.sum(axis=1), self.weights - self._gone_here(changed, gone))

    def _embedded(self, sums: Float64, degrees: Float64, weights: Float64) -> Float64:
        own = degrees[np.searchsorted(self.near, self.node)]
        hidden = np.maximum(sums / np.sqrt(degrees)[:, None], 0)
        return np.asarray((weights / np.sqrt(own * degrees)) @ hidden @ self._encoder.head)

    def _gone_here(self, changed: Int64, gone: Float64) -> Float64:
        """float64 (m,): of the weights between the node and `near`, what is gone."""
        own = np.searchsorted(changed, self.node)
        if own < len(changed) and changed[own] == self.node:
            return gone[:, own]
        return np.zeros(len(self.near))

    def _adjacency(self, nodes: Int64) -> Float64:
        """A + I between `near` and some nodes, int64 (c,), rising: float64 (m, c)."""
        matrix = np.zeros((len(self.near), len(nodes)))
        row, columns, weights = self._khop.rows(nodes)
        at, inside = self._positions(columns)
        matrix[at[inside], row[inside]] = weights[inside]
        return matrix

    def _positions(self, nodes: Int64) -> tuple[Int64, Int64]:
        """Where nodes would stand in `near`, and which of them do: int64 (c,) and int64 (≤ c,)."""
        at = np.minimum(np.searchsorted(self.near, nodes), len(self.near) - 1)
        return at, np.flatnonzero(self.near[at] == nodes)
