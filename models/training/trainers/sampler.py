"""Neighbor sampling: the neighborhood of a few nodes within some hops, with a bounded number of neighbors for each node.

As in GraphSAGE (Hamilton et al. 2017, 1706.02216), with the weights of Â, so that a sampled sum has the
expectation of the full one (Chen et al. 2018, 1710.10568, eq. 3).
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from latentlink.models.arrays import Float32, Int32, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.nn.sparse import SparseMatrix
from latentlink.models.training.adjacency import Propagation


class SampledSubgraph(NamedTuple):
    """Some nodes and their sampled neighborhood.

    Attributes:
        nodes: int64 (m,), distinct: the given ones in their order, then those of their neighborhood.
        propagation: (m, m), the sampled Â between them; the rows of the outermost nodes are empty.
    """

    nodes: Int64
    propagation: SparseMatrix


class SampledLinks(NamedTuple):
    """Some nodes and the links of their sampled neighborhood.

    Attributes:
        nodes: as of a `SampledSubgraph`.
        pairs: int64 (2, s), from a sampled neighbor to the node that it was drawn for, as places in `nodes`; no self-loops.
        edge: int32 (s,), the edge of the graph that each is.
    """

    nodes: Int64
    pairs: Int64
    edge: Int32


class _Drawn(NamedTuple):
    """Nodes as of a `SampledSubgraph`, and sampled entries of Â: rows among them, places in the layout and factors, (s,) each."""

    nodes: Int64
    rows: Int64
    entries: Int64
    factors: Float32


class NeighborSampler:
    """Samples neighborhoods in time that grows with the sample, and with a few bytes per node and edge of the graph.

    Of a node's d neighbors f = min(d, fan_out) are drawn, each with the factor d / f; the self-loop is always included.
    Neighbors are drawn in even steps from a random start (systematic sampling, Madow & Madow 1944): none twice, each with
    probability f / d. Rows of S are independent, so that E[S] = Â; E[S²] = Â², since no path of two sampled steps uses a row
    twice. Longer paths may, and have the expectation approximately.

    Args:
        propagation: of the whole graph.
        hops: radius of a neighborhood.
        fan_out: sampled neighbors of a node, at most.
    """

    def __init__(self, propagation: Propagation, hops: int, fan_out: int) -> None:
        self._whole, self._hops, self._fan_out = propagation, hops, fan_out
        layout = propagation.layout
        # Where the self-loop of each row stands within it.
        self._loops = np.flatnonzero(propagation.edge == propagation.n_edges) - layout.indptr[:-1]

    def around(self, nodes: Int64, rng: np.random.Generator, hidden: Int64 | None = None) -> SampledSubgraph:
        """The neighborhood of `nodes`, int64 (k,), distinct, in the graph without the edges `hidden`, int64 (h,), distinct."""
        hidden = np.empty(0, np.int64) if hidden is None else hidden
        drawn = self._around(nodes, rng, hidden)
        return SampledSubgraph(drawn.nodes, self._matrix(drawn, self._scale(drawn.nodes, hidden)))

    def links_around(self, nodes: Int64, rng: np.random.Generator, hidden: Int64 | None = None) -> SampledLinks:
        """The same neighborhood as links, for encoders that weigh them themselves: no factors make up for what wasn't drawn."""
        drawn = self._around(nodes, rng, np.empty(0, np.int64) if hidden is None else hidden)
        edge = self._whole.edge[drawn.entries]
        pairs = np.stack([self._columns(drawn), drawn.rows])
        linked = edge < self._whole.n_edges
        return SampledLinks(drawn.nodes, pairs[:, linked], edge[linked])

    def _around(self, nodes: Int64, rng: np.random.Generator, hidden: Int64) -> _Drawn:
        n, layout, passing = self._whole.n_nodes, self._whole.layout, np.ones(self._whole.n_edges + 1, np.bool_)
        passing[hidden] = False
        rows, entries, factors = [], [], []
        frontier, reached = nodes, [nodes]
        unreached = np.ones(n, np.bool_)
        for _ in range(self._hops):
            row, entry, factor = self._drawn(frontier, rng)
            kept = passing[self._whole.edge[entry]]
            rows.append(row[kept] + (sum(map(len, reached)) - len(frontier)))
            entries.append(entry[kept])
            factors.append(factor[kept])
            unreached[frontier] = False
            found = np.zeros(n, np.bool_)
            found[layout.indices[entries[-1]]] = True
            frontier = np.flatnonzero(found & unreached)
            reached.append(frontier)
        return _Drawn(np.concatenate(reached), np.concatenate(rows), np.concatenate(entries), np.concatenate(factors))

    def _drawn(self, nodes: Int64, rng: np.random.Generator) -> tuple[Int64, Int64, Float32]:
        """Sampled entries of Â in the rows of `nodes`: row (m,), position in the layout (m,) and factor (m,)."""
        starts, loops = self._whole.layout.indptr[nodes].astype(np.int64), self._loops[nodes]
        degrees = self._whole.layout.indptr[nodes + 1] - starts - 1
        taken = np.minimum(degrees, self._fan_out)
        row = np.repeat(np.arange(len(nodes)), taken + 1)  # the last one of each is the self-loop
        turn = np.arange(len(row)) - np.repeat(np.cumsum(taken + 1) - taken - 1, taken + 1)
        step = degrees / np.maximum(taken, 1)
        place = ((turn + rng.random(len(nodes), np.float32).astype(np.float64)[row]) * step[row]).astype(np.int64)
        place = np.minimum(place, degrees[row] - 1)
        place += place >= loops[row]
        looping = turn == taken[row]
        return (
            row,
            starts[row] + np.where(looping, loops[row], place),
            np.where(looping, 1, step[row]).astype(np.float32),
        )

    def _scale(self, nodes: Int64, hidden: Int64) -> Float32:
        """1 / √degree of nodes in the graph without the hidden edges, float32 (m,)."""
        weights = None if self._whole.weights is None else np.tile(self._whole.weights[hidden], 2)
        gone = np.bincount(self._whole.edges[hidden].T.ravel(), weights, self._whole.n_nodes)
        return np.asarray((self._whole.degrees[nodes] - gone[nodes]) ** -0.5, np.float32)

    def _columns(self, drawn: _Drawn) -> Int32:
        """The neighbor of each sampled entry as a place among the nodes, int32 (s,)."""
        local = np.empty(self._whole.n_nodes, np.int32)
        local[drawn.nodes] = np.arange(len(drawn.nodes), dtype=np.int32)
        columns: Int32 = local[self._whole.layout.indices[drawn.entries]]
        return columns

    def _matrix(self, drawn: _Drawn, scale: Float32) -> SparseMatrix:
        columns, m = self._columns(drawn), len(drawn.nodes)
        values = drawn.factors * scale[drawn.rows] * scale[columns]
        if self._whole.weights is not None:
            values *= self._whole.weights[self._whole.edge[drawn.entries]]
        indptr = np.zeros(m + 1, np.int32)
        np.cumsum(np.bincount(drawn.rows, minlength=m), out=indptr[1:])
        other = sparse.csr_array((values, columns, indptr), (m, m)).tocsc()  # by counting, which is faster than sorting
        return SparseMatrix(
            CSR(indptr, columns, values, (m, m)),
            CSR(other.indptr, other.indices, other.data, (m, m)),
            device=self._whole.device,
        )
