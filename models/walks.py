"""Rows of Â and of its powers for a few nodes, without the matrix: what reaches a node, and with which share.

Â = D̃^(-1/2) (A + I) D̃^(-1/2), as `models.propagation` has it for training, here of the served graph, in numpy. The graph may be
changed by a few links beside it, so that a question such as "without this link" copies nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.csr import CSR, Float32, Int64, Ints
from models.scoring import Float64

ENTRIES = 2_000_000  # of Â, at most, that one step follows: about 40 ms


@dataclass(frozen=True)
class Reach:
    """A sparse row of a power of Â.

    Attributes:
        nodes: int64 (m,), the nodes that reach, rising.
        shares: float64 (m,), with which share each does.
        whole: whether all walks were followed, or the likeliest only since there are too many.
    """

    nodes: Int64
    shares: Float64
    whole: bool = True


@dataclass(frozen=True)
class Changes:
    """Links that the graph is taken to have more, or less.

    Attributes:
        pairs: int64 (c, 2), nodes; a node that is new is N.
        weights: float64 (c,), what is added to the weight of each link; less than 0 to take it away.
        strangers: how many nodes there are more.
    """

    pairs: Int64
    weights: Float64
    strangers: int = 0


_UNCHANGED = Changes(np.empty((0, 2), np.int64), np.empty(0))


class Walks:
    """Multiplies sparse rows by Â.

    Args:
        indptr: int64 (N+1,), where each node's neighbours start.
        indices: int32 or int64 (2E,), neighbours, both directions stored.
        weights: float32 (2E,), or None where edges are not weighted.
    """

    def __init__(self, indptr: Ints, indices: Ints, weights: Float32 | None) -> None:
        n = len(indptr) - 1
        data = np.broadcast_to(np.float32(1), len(indices)) if weights is None else weights
        self._matrix = CSR(indptr, indices, data, (n, n))
        self._changes = _UNCHANGED
        self.degrees = 1 + _row_sums(indptr, weights)

    def changed(self, changes: Changes) -> "Walks":
        """The same of the graph with some links changed."""
        other = object.__new__(Walks)
        other._matrix, other._changes = self._matrix, changes
        other.degrees = np.concatenate([self.degrees, np.ones(changes.strangers)])
        np.add.at(other.degrees, changes.pairs.ravel(), np.repeat(changes.weights, 2))
        return other

    def start(self, node: int) -> Reach:
        """The node itself, row of Â⁰."""
        return Reach(np.array([node]), np.ones(1))

    def step(self, reach: Reach) -> Reach:
        """The row of the next power; where it would take more than `ENTRIES` entries, those of the largest shares alone."""
        followed = self._affordable(reach)
        nodes, shares = reach.nodes[followed], reach.shares[followed]
        scaled = shares / np.sqrt(self.degrees[nodes])
        row, columns, weights = self.rows(nodes)
        sums = np.bincount(columns, scaled[row] * weights, len(self.degrees))
        reached = np.flatnonzero(sums)
        whole = reach.whole and len(nodes) == len(reach.nodes)
        return Reach(reached, sums[reached] / np.sqrt(self.degrees[reached]), whole)

    def rows(self, nodes: Int64) -> tuple[Int64, Int64, Float64]:
        """The entries of A + I in the rows of some nodes, int64 (m,), rising.

        Returns:
            int64 (e,), int64 (e,) and float64 (e,): where in `nodes` the row is, the column and the weight; a changed link
            may stand there twice, with weights to be added.
        """
        known = nodes[nodes < self._matrix.shape[0]]
        taken = self._matrix.take(known)
        one, other = np.concatenate([self._changes.pairs, self._changes.pairs[:, ::-1]]).T
        at = np.minimum(np.searchsorted(nodes, one), len(nodes) - 1)
        own = nodes[at] == one
        return (
            np.concatenate([taken.row_of_entry(), np.arange(len(nodes)), at[own]]),
            np.concatenate([taken.indices, nodes, other[own]]),
            np.concatenate([taken.data, np.ones(len(nodes)), np.tile(self._changes.weights, 2)[own]]),
        )

    def _affordable(self, reach: Reach) -> npt.NDArray[np.bool_]:
        """bool (m,): the nodes whose rows are followed."""
        known = np.minimum(reach.nodes, self._matrix.shape[0] - 1)
        lengths = self._matrix.indptr[known + 1] - self._matrix.indptr[known]
        if lengths.sum() <= ENTRIES:
            return np.ones(len(known), np.bool_)
        order = np.argsort(-reach.shares, kind="stable")
        followed = np.zeros(len(known), np.bool_)
        followed[order] = np.cumsum(lengths[order]) <= ENTRIES
        followed[order[0]] = True
        return followed


def _row_sums(indptr: Ints, weights: Float32 | None) -> Float64:
    if weights is None:
        return np.diff(indptr).astype(np.float64)
    before = np.concatenate([[0], np.cumsum(weights, dtype=np.float64)])
    return np.diff(before[indptr])
