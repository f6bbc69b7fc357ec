"""The candidates of a node: nodes that it may be linked to and is not, which a ranking ranks."""

import numpy as np

from latentlink.models.arrays import Bool, Float32, Float64, Int64
from latentlink.models.graph.csr import contains
from latentlink.models.graph.graph import adjacency
from latentlink.models.graph.pair_space import PairSpace


class Candidates:
    """The candidates of each of N nodes in a graph with some known links.

    Args:
        space: the pairs that may be linked.
        links: int64 (e, 2), distinct, in one direction; their ends are no candidates of each other.

    Attributes:
        counts: int64 (N,), how many each node has.
    """

    def __init__(self, space: PairSpace, links: Int64) -> None:
        self._space = space
        # As if a pair that may not be linked were linked already: neither is a candidate.
        self._closed = adjacency(space.n_nodes, np.concatenate([links, space.apart]))
        self.counts = space.partners - np.diff(self._closed.indptr)

    def contains(self, pairs: Int64) -> Bool:
        """Whether the second node of each pair, int64 (m, 2), is a candidate of the first, bool (m,)."""
        return self._space.are_partners(pairs) & ~self._are_closed(*pairs.T)

    def keep(self, scores: Float32 | Float64, nodes: Int64) -> None:
        """Set the scores (q, N) of some nodes with each node to −∞ where that is no candidate, in place."""
        closed = self._closed.take(nodes)
        scores[closed.row_of_entry(), closed.indices] = -np.inf
        self._space.forbid(scores, nodes)

    def draw(self, nodes: Int64, rng: np.random.Generator) -> Int64:
        """A uniform candidate of each of some nodes (m,) with candidates, int64 (m,)."""
        drawn = self._space.draw_partners(nodes, rng)
        while len(wrong := np.flatnonzero(self._are_closed(nodes, drawn))):
            drawn[wrong] = self._draw_again(nodes[wrong], rng)
        return drawn

    def _draw_again(self, nodes: Int64, rng: np.random.Generator) -> Int64:
        """Partners of nodes; for hubs, linked to most partners, candidates, where rejection would be slow."""
        drawn = self._space.draw_partners(nodes, rng)
        hub = self.counts < (self._space.partners - 1) // 2
        for node in np.unique(nodes[hub[nodes]]).tolist():
            at, free = np.flatnonzero(nodes == node), self._of(node)
            drawn[at] = free[rng.integers(0, len(free), len(at))]
        return drawn

    def _of(self, node: int) -> Int64:
        return np.setdiff1d(self._space.partners_of(node), self._closed.row(node), assume_unique=True)

    def _are_closed(self, one: Int64, other: Int64) -> Bool:
        return contains(self._closed.indptr, self._closed.indices, one, other)
