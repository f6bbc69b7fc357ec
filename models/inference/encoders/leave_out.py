"""Leave-one-out for graph convolutions: the exact vector of a node without some links, at the cost of a few sums."""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.graph.features import blocks
from latentlink.models.inference.encoders import NumpyGCN

_CELLS = 2**16  # of the sums of a block of nodes: 512 KiB
_CELL = 8  # ns of one of them, for each vector without a link
_VECTOR = 250_000  # ns of such a vector, however few they are


def without_work(encoder: NumpyGCN, near: int) -> int:
    """About how many ns `TwoHopSubgraph.without` takes for one link, where the node has `near` − 1 neighbours."""
    return _VECTOR + _CELL * int(encoder.weight.shape[1]) * near


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
        self.weights = self._adjacency(np.array([node])).dense(0, len(self.near), 1)[:, 0]

    def parts(self, z: Float64) -> Float64:
        """What each node of `near` contributes to the inner product of the centre's vector with z, float64 (D,): float64 (m,)."""
        slope, hidden = self._encoder.head @ z, np.empty(len(self.near))
        for some in blocks(np.arange(len(self.near)), self._sums.shape[1]):
            sums = self._sums[some] / np.sqrt(self._degrees[some])[:, None]
            hidden[some] = np.maximum(sums + self._encoder.bias, 0) @ slope
        own = self._degrees[np.searchsorted(self.near, self.node)]
        return np.asarray(self.weights / np.sqrt(own * self._degrees) * hidden)

    def without(self, links: Int64, weights: Float64) -> Float64:
        """The vector of the node, float64 (D,), without the links int64 (c, 2), distinct pairs, with weights float64 (c,)."""
        changed, ends = np.unique(links, return_inverse=True)
        one, other = ends.reshape(-1, 2).T
        before = self._khop.degrees(changed)
        after = before - np.bincount(one, weights, len(changed)) - np.bincount(other, weights, len(changed))
        inputs = self._encoder.transformed(changed)
        grown, gone = inputs * (after**-0.5 - before**-0.5)[:, None], inputs * (after**-0.5)[:, None]
        removed = self._cells(changed[np.append(one, other)], np.append(other, one), np.tile(weights, 2))
        linked = self._adjacency(changed)
        own, width = int(np.searchsorted(self.near, self.node)), len(changed)
        degree = self._degrees[own] - removed.dense(own, own + 1, width).sum()
        to_centre = np.flatnonzero(changed == self.node)
        aggregated, size = np.zeros(self._sums.shape[1]), max(1, _CELLS // max(self._sums.shape[1], width))
        for start in range(0, len(self.near), size):  # all at once, of a hub, would fill the memory
            some = slice(start, start + size)
            out = removed.dense(start, start + size, width)
            sums = self._sums[some] + linked.dense(start, start + size, width) @ grown
            sums -= out @ gone
            degrees = self._degrees[some] - out.sum(axis=1)
            left = self.weights[some] - out[:, to_centre].sum(axis=1)
            hidden = np.maximum(sums / np.sqrt(degrees)[:, None] + self._encoder.bias, 0)
            aggregated += (left / np.sqrt(degree * degrees)) @ hidden
        return np.asarray(aggregated @ self._encoder.head + self._encoder.head_bias)

    def _adjacency(self, nodes: Int64) -> "_Cells":
        """A + I between `near` and some nodes, int64 (c,), ascending."""
        row, columns, weights = self._khop.rows(nodes)
        return self._cells(columns, row, weights)

    def _cells(self, nodes: Int64, columns: Int64, values: Float64) -> "_Cells":
        """Values in the rows of those nodes, int64 (e,), that `near` contains."""
        at = np.minimum(np.searchsorted(self.near, nodes), len(self.near) - 1)
        inside = np.flatnonzero(self.near[at] == nodes)
        inside = inside[np.argsort(at[inside], kind="stable")]
        return _Cells(len(self.near), at[inside], columns[inside], values[inside])


class _Cells(NamedTuple):
    """A sparse matrix (m, c), of which blocks of rows are made dense.

    Attributes:
        height: m.
        rows: int64 (e,), ascending.
        columns: int64 (e,).
        values: float64 (e,).
    """

    height: int
    rows: Int64
    columns: Int64
    values: Float64

    def dense(self, start: int, end: int, width: int) -> Float64:
        """The rows from `start` to `end`, at most m: float64 (≤ end − start, width)."""
        first, last = np.searchsorted(self.rows, [start, end])
        block = np.zeros((min(end, self.height) - start, width))
        block[self.rows[first:last] - start, self.columns[first:last]] = self.values[first:last]
        return block
