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
        """Pairs of partners, int64 (2, size), uniform over all that may be linked; others are those of `apart`."""

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
    """Nodes of types that may be linked, as a `PairSpace`."""

    def __init__(self, types: NodeTypes) -> None:
        self.kinds, self._linked = types.of.astype(np.int64), types.linked.astype(np.int64)
        self._fit = np.zeros((len(types.names), len(types.names)), np.bool_)
        self._fit[tuple(self._linked.T)] = self._fit[tuple(self._linked.T[::-1])] = True
        self._members = [np.flatnonzero(self.kinds == one) for one in range(len(types.names))]
        self._partners = [np.flatnonzero(fit[self.kinds]) for fit in self._fit]
        loops = _loops(np.flatnonzero(self._fit.diagonal()[self.kinds]))
        given = np.empty((0, 2), np.int64) if types.apart is None else types.apart
        self.n_nodes = len(self.kinds)
        self.apart = np.concatenate([loops, given])
        self.partners = np.array([len(some) for some in self._partners], np.int64)[self.kinds]
        # Either direction of a pair, and loops once.
        self.size = (int(self.partners.sum()) - len(loops)) // 2 - len(given)

    def draw(self, size: int, rng: np.random.Generator) -> Int64:
        """As in `PairSpace`: ordered pairs are numbered, one pair of types after the other."""
        sizes = np.array([len(some) for some in self._members], np.int64)[self._linked]
        once = sizes.prod(axis=1)
        ends = np.cumsum(np.where(self._linked[:, 0] == self._linked[:, 1], once, 2 * once))
        number = rng.integers(0, ends[-1], size)
        kind = np.searchsorted(ends, number, side="right")
        places = np.stack(np.divmod((number - ends[kind]) % once[kind], sizes[kind, 1]))
        nodes, starts = np.concatenate(self._members), np.cumsum([0, *map(len, self._members)])
        return np.asarray(nodes[starts[self._linked[kind].T] + places])

    def all_pairs(self) -> Int64:
        """As in `PairSpace`."""
        return np.concatenate([self._pairs_of(*one) for one in self._linked.tolist()], axis=1)

    def partners_of(self, node: int) -> Int64:
        """As in `PairSpace`."""
        return self._partners[int(self.kinds[node])]

    def draw_partners(self, nodes: Int64, rng: np.random.Generator) -> Int64:
        """As in `PairSpace`."""
        starts = np.cumsum([0, *map(len, self._partners)])[self.kinds[nodes]]
        return np.concatenate(self._partners)[starts + rng.integers(0, self.partners[nodes])]

    def forbid(self, scores: Float32 | Float64, nodes: Int64) -> None:
        """As in `PairSpace`."""
        for kind in np.unique(self.kinds[nodes]).tolist():
            rows = np.flatnonzero(self.kinds[nodes] == kind)
            scores[np.ix_(rows, np.flatnonzero(~self._fit[kind][self.kinds]))] = -np.inf

    def are_partners(self, pairs: Int64) -> Bool:
        """As in `PairSpace`."""
        one, other = self.kinds[pairs].T
        return np.asarray(self._fit[one, other])

    def _pairs_of(self, one: int, other: int) -> Int64:
        """The pairs of two types, int64 (2, m), each in one direction."""
        if one == other:
            return self._members[one][np.stack(np.triu_indices(len(self._members[one]), 1))]
        return np.stack(np.meshgrid(self._members[one], self._members[other], indexing="ij")).reshape(2, -1)


def _loops(nodes: Int64) -> Int64:
    """Each node with itself, int64 (n, 2)."""
    return np.stack([nodes, nodes], axis=1)
