"""K-hop propagation: rows of the powers of Â for a few nodes, without the matrix.

Â = D̃^(-1/2) (A + I) D̃^(-1/2), the matrix of `latentlink.models.training.adjacency`, here of the served graph. A few
added or removed links are kept beside the graph, so that a leave-one-out copies nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.graph.csr import CSR, SORTED

ENTRIES = 2_000_000  # of Â that one step reads at most: about 40 ms
_STEP, _ENTRY, _COLUMN = 400_000, 40, 50  # ns of a step, of an entry that it reads, and of a column that it reaches


@dataclass(frozen=True)
class PowerRow:
    """A sparse row of a power of Â.

    Attributes:
        nodes: int64 (m,), the columns of its nonzero entries, ascending.
        coefficients: float64 (m,), these entries.
        whole: whether all paths were followed; else only those with the largest coefficients.
    """

    nodes: Int64
    coefficients: Float64
    whole: bool = True


@dataclass(frozen=True)
class Changes:
    """Links added to the graph or removed from it.

    Attributes:
        pairs: int64 (c, 2), the ends of each link; new nodes are N, N + 1, ….
        weights: float64 (c,), added to the weight of each link; negative to remove the link.
        new_nodes: the number of new nodes.
    """

    pairs: Int64
    weights: Float64
    new_nodes: int = 0


_UNCHANGED = Changes(np.empty((0, 2), np.int64), np.empty(0))


class KHop:
    """Propagation over a graph: multiplies sparse rows by Â.

    Args:
        indptr: int64 (N+1,), where each node's neighbours start.
        indices: int32 or int64 (2E,), neighbours, both directions stored.
        weights: float32 (2E,), or None where edges are not weighted.

    Attributes:
        nodes: N, without new nodes.
    """

    def __init__(self, indptr: Ints, indices: Ints, weights: Float32 | None) -> None:
        self.nodes = n = len(indptr) - 1
        data = np.broadcast_to(np.float32(1), len(indices)) if weights is None else weights
        self._matrix = CSR(indptr, indices, data, (n, n))
        self._degrees = 1 + _row_sums(indptr, weights)
        self._change(_UNCHANGED)

    @classmethod
    def without_links(cls, n: int) -> "KHop":
        """Propagation over n nodes without links."""
        return cls(np.zeros(n + 1, np.int64), np.empty(0, np.int64), None)

    def changed(self, changes: Changes) -> "KHop":
        """Propagation over the graph with some links changed; the cost does not depend on the size of the graph."""
        other = object.__new__(KHop)
        other.nodes, other._matrix, other._degrees = self.nodes, self._matrix, self._degrees
        other._change(changes)
        return other

    def _change(self, changes: Changes) -> None:
        self._size = self.nodes + changes.new_nodes
        self._ends = np.concatenate([changes.pairs, changes.pairs[:, ::-1]]).T  # (2, 2c): from, to
        self._weights = np.tile(changes.weights, 2)
        self._touched, at = np.unique(self._ends[0], return_inverse=True)
        self._more = np.bincount(at, self._weights, len(self._touched))

    def degrees(self, nodes: Int64) -> Float64:
        """Degrees D̃ of some nodes, float64 (m,): the sum of the weights of their links, plus 1 for the self-loop."""
        degrees = np.where(nodes < self.nodes, self._degrees.take(nodes, mode="clip"), 1.0)
        if len(self._touched):
            at = np.searchsorted(self._touched, nodes)
            same = self._touched.take(at, mode="clip") == nodes
            degrees[same] += self._more[at[same]]
        return degrees

    def entries(self, neighbors: Ints, hops: int) -> list[int]:
        """How many entries of Â each step from a node reads, at most: exact for two steps from a new node.

        Args:
            neighbors: the known nodes that it is linked to.
            hops: the number of steps; from the third on, all of Â is assumed to be read.
        """
        own = 1 + len(neighbors)
        first, second = own, min(self.links(neighbors), ENTRIES) + 3 * own - 2
        later = min(len(self._matrix.indices), ENTRIES) + self.nodes + 2 * own
        return [first, second, *[later] * (hops - 2)][:hops]

    def links(self, nodes: Ints) -> int:
        """How many links some known nodes have."""
        return int((self._matrix.indptr[nodes + 1] - self._matrix.indptr[nodes]).sum())

    def work(self, entries: int) -> int:
        """About how many ns a step that reads so many entries takes: for each of them, and each distinct column.

        The constants of all these estimates were fitted to CPU times of one thread on a busy x86 server with two cores, on
        the graph of `benchmarks/_forged.py`, around one leaf to ten hubs of 100,000 links. Estimates of more than a
        millisecond were 0.8 to 3 times the least of five times, and at least half of the first, which reads from disk.
        After the first use of `normalized` some were 5 times as large: which row scales are known isn't looked up.
        """
        return _STEP + _ENTRY * entries + _COLUMN * min(entries, self._size)

    def start(self, node: int) -> PowerRow:
        """The row of Â⁰: the node itself with coefficient 1."""
        return PowerRow(np.array([node]), np.ones(1))

    def step(self, power: PowerRow) -> PowerRow:
        """The row of the next power; of more than `ENTRIES` entries of Â only those of the largest coefficients are read."""
        followed = self._affordable(power)
        nodes, coefficients = power.nodes[followed], power.coefficients[followed]
        row, columns, weights = self.rows(nodes)
        reached, sums = self._summed(columns, (coefficients / np.sqrt(self.degrees(nodes)))[row] * weights)
        return PowerRow(reached, sums / np.sqrt(self.degrees(reached)), power.whole and len(nodes) == len(power.nodes))

    def _summed(self, columns: Int64, values: Float64) -> tuple[Int64, Float64]:
        """The distinct columns with a nonzero sum of values, int64 (m,), ascending, and these sums, float64 (m,)."""
        if self._size > SORTED * len(columns):  # sorting a few entries is faster than a pass over all nodes
            columns, at = np.unique(columns, return_inverse=True)
            sums = np.bincount(at, values, len(columns)).astype(np.float64, copy=False)
            return columns[sums != 0], sums[sums != 0]
        sums = np.bincount(columns, values, self._size).astype(np.float64, copy=False)
        reached = np.flatnonzero(sums)
        return reached, sums[reached]

    def rows(self, nodes: Int64) -> tuple[Int64, Int64, Float64]:
        """The entries of A + I in the rows of some nodes, int64 (m,), ascending.

        Returns:
            The index of the row in `nodes`, int64 (e,), the column, int64 (e,), and the weight, float64 (e,). A changed link may
            have two entries, whose weights add up.
        """
        taken = self._matrix.take(nodes[nodes < self.nodes])
        one, other = self._ends
        at = np.minimum(np.searchsorted(nodes, one), len(nodes) - 1)
        own = nodes[at] == one
        return (
            np.concatenate([taken.row_of_entry(), np.arange(len(nodes)), at[own]]),
            np.concatenate([taken.indices, nodes, other[own]]),
            np.concatenate([taken.data, np.ones(len(nodes)), self._weights[own]]),
        )

    def _affordable(self, power: PowerRow) -> npt.NDArray[np.bool_]:
        """The nodes whose rows of Â the next step reads, bool (m,)."""
        known = np.minimum(power.nodes, self.nodes - 1)
        lengths = np.where(power.nodes < self.nodes, self._matrix.indptr[known + 1] - self._matrix.indptr[known], 0)
        if lengths.sum() <= ENTRIES:
            return np.ones(len(known), np.bool_)
        order = np.argsort(-power.coefficients, kind="stable")
        followed = np.zeros(len(known), np.bool_)
        followed[order] = np.cumsum(lengths[order]) <= ENTRIES
        followed[order[0]] = True
        return followed


def _row_sums(indptr: Ints, weights: Float32 | None) -> Float64:
    if weights is None:
        return np.diff(indptr).astype(np.float64)
    before = np.concatenate([[0], np.cumsum(weights, dtype=np.float64)])
    return np.diff(before[indptr])
