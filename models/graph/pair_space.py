"""Which pairs of nodes may be linked: any two different nodes, or nodes of certain types.

Training, splits and evaluation draw negatives and candidates from these pairs alone.
"""

from typing import Protocol

import numpy as np

from latentlink.models.arrays import Bool, Float32, Float64, Int64
from latentlink.models.graph.types import NodeTypes


class PairSpace(Protocol):
    """The undirected pairs of N nodes that may be linked.

    A partner of a node is a node whose type fits; with partners of their own type, nodes are partners of themselves. Of the pairs
    of partners those of `apart` may not be linked.
    """

    n_nodes: int
    size: int
    """The number of pairs that may be linked."""
    kinds: Int64
    """int64 (N,), the same number for nodes with the same partners."""
    partners: Int64
    """int64 (N,), the number of partners of each node."""
    apart: Int64
    """int64 (x, 2), the pairs of partners that may not be linked, among them each node that is its own partner."""

    def draw(self, size: int, rng: np.random.Generator) -> Int64:
        """Pairs of partners, int64 (2, size), in either order, uniform over all that may be linked; others are of `apart`."""

    def all_pairs(self) -> Int64:
        """Every pair that may be linked, in one direction, and perhaps some of `apart`: int64 (2, m)."""

    def partners_of(self, node: int) -> Int64:
        """The partners of a node, int64 (p,), rising."""

    def draw_partners(self, nodes: Int64, rng: np.random.Generator) -> Int64:
        """A uniform partner of each of some nodes (m,) with partners, int64 (m,)."""

    def forbid(self, scores: Float32 | Float64, nodes: Int64) -> None:
        """Set the scores (q, N) of some nodes with each node to −∞ where that is no partner, in place."""

    def are_partners(self, pairs: Int64) -> Bool:
        """Whether the nodes of each pair, int64 (m, 2), are partners, bool (m,)."""


class AllPairs:
    """Any two different nodes, as a `PairSpace`: every node is a partner of every node."""

    def __init__(self, n_nodes: int) -> None:
        self.n_nodes = n_nodes
        self.size = n_nodes * (n_nodes - 1) // 2
        self.kinds, self.partners = np.zeros(n_nodes, np.int64), np.full(n_nodes, n_nodes)
        self.apart = _loops(np.arange(n_nodes))

    def draw(self, size: int, rng: np.random.Generator) -> Int64:
        """As in `PairSpace`."""
        return rng.integers(0, self.n_nodes, (2, size))

    def all_pairs(self) -> Int64:
        """As in `PairSpace`."""
        return np.stack(np.triu_indices(self.n_nodes, 1))

    def partners_of(self, node: int) -> Int64:  # noqa: ARG002
        """As in `PairSpace`."""
        return np.arange(self.n_nodes)

    def draw_partners(self, nodes: Int64, rng: np.random.Generator) -> Int64:
        """As in `PairSpace`."""
        return rng.integers(0, self.n_nodes, len(nodes))

    def forbid(self, scores: Float32 | Float64, nodes: Int64) -> None:
        """As in `PairSpace`."""

    def are_partners(self, pairs: Int64) -> Bool:
        """As in `PairSpace`."""
        return np.ones(len(pairs), np.bool_)


class TypedPairs:
    """Nodes of T types that may be linked, as a `PairSpace`; it holds O(N + T²) numbers."""

    def __init__(self, types: NodeTypes) -> None:
        self.kinds, self._linked = types.of.astype(np.int64), types.linked
        self._fit = np.zeros((len(types.names), len(types.names)), np.bool_)
        self._fit[tuple(self._linked.T)] = self._fit[tuple(self._linked.T[::-1])] = True
        # All nodes, one type after the other.
        self._nodes, sizes = np.argsort(self.kinds, kind="stable"), np.bincount(self.kinds, minlength=len(types.names))
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self.n_nodes, self._counts = len(self.kinds), self._fit @ sizes
        # If the partners of a node of type k are numbered from k N: where those of each type end, rising over all k.
        ends = np.cumsum(self._fit * sizes, axis=1)
        self._ends = (ends + np.arange(len(ends))[:, None] * self.n_nodes).ravel()
        # And all ordered pairs: where those end that begin with a node of each type.
        self._ordered = np.cumsum(sizes * self._counts)
        self.partners = self._counts[self.kinds]
        loops = _loops(np.flatnonzero(self._fit.diagonal()[self.kinds]))
        given = np.empty((0, 2), np.int64) if types.apart is None else types.apart
        self.apart = np.concatenate([loops, given])
        # Either direction of a pair, and loops once.
        self.size = (int(self._ordered[-1]) - len(loops)) // 2 - len(given)

    def draw(self, size: int, rng: np.random.Generator) -> Int64:
        """As in `PairSpace`."""
        number = rng.integers(0, self._ordered[-1], size)
        kinds = np.searchsorted(self._ordered, number, side="right")
        first, second = np.divmod(self._ordered[kinds] - 1 - number, self._counts[kinds])
        return np.stack([self._nodes[self._starts[kinds] + first], self._partners(kinds, second)])

    def all_pairs(self) -> Int64:
        """As in `PairSpace`."""
        return np.concatenate([self._pairs_of(*one) for one in self._linked.tolist()], axis=1)

    def partners_of(self, node: int) -> Int64:
        """As in `PairSpace`."""
        return np.flatnonzero(self._fit[self.kinds[node]][self.kinds])

    def draw_partners(self, nodes: Int64, rng: np.random.Generator) -> Int64:
        """As in `PairSpace`."""
        return self._partners(self.kinds[nodes], rng.integers(0, self.partners[nodes]))

    def forbid(self, scores: Float32 | Float64, nodes: Int64) -> None:
        """As in `PairSpace`."""
        for kind in np.unique(self.kinds[nodes]).tolist():
            rows = np.flatnonzero(self.kinds[nodes] == kind)
            scores[np.ix_(rows, np.flatnonzero(~self._fit[kind][self.kinds]))] = -np.inf

    def are_partners(self, pairs: Int64) -> Bool:
        """As in `PairSpace`."""
        one, other = self.kinds[pairs].T
        return np.asarray(self._fit[one, other])

    def _partners(self, kinds: Int64, places: Int64) -> Int64:
        """The partners of nodes of these types, int64 (m,), in these places among all their partners, int64 (m,)."""
        number = kinds * self.n_nodes + places
        at = np.searchsorted(self._ends, number, side="right")
        return np.asarray(self._nodes[self._starts[at % len(self._counts) + 1] - (self._ends[at] - number)])

    def _pairs_of(self, one: int, other: int) -> Int64:
        """The pairs of two types, int64 (2, m), each in one direction."""
        first, second = (self._nodes[self._starts[kind] : self._starts[kind + 1]] for kind in (one, other))
        if one == other:
            return first[np.stack(np.triu_indices(len(first), 1))]
        return np.stack(np.meshgrid(first, second, indexing="ij")).reshape(2, -1)


def _loops(nodes: Int64) -> Int64:
    """Each node with itself, int64 (n, 2)."""
    return np.stack([nodes, nodes], axis=1)
