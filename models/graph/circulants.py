"""Negative sampling in which every node has as many pairs, and nothing is sorted: circulant graphs of relabelled nodes."""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Int64


class Circulant(NamedTuple):
    """The pairs of nodes (order[i], order[(i + s) mod N]) for each i and each shift s, without those that are edges.

    Attributes:
        order: int64 (N,), a permutation of the nodes.
        places: int64 (N,), its inverse.
        shifts: (k,), from 1 to N − 1, distinct.
        edges: int64 (r,), what is left out, as places in an array (k, N).
    """

    order: Int64
    places: Int64
    shifts: list[int]
    edges: Int64

    @property
    def size(self) -> int:
        """The number of pairs."""
        return len(self.shifts) * len(self.order) - len(self.edges)


class CirculantSampler:
    """Samples circulant graphs with about two non-edges for each edge.

    Over permutations and shifts every pair of two different nodes is as likely as any other. The permutation is drawn once,
    so that the edges of a shift are known; only the shifts differ between draws.

    Args:
        n_nodes: N.
        edges: int64 (E, 2), undirected, in either direction; at least one pair of nodes is no edge.
        rng: of the permutation.
    """

    def __init__(self, n_nodes: int, edges: Int64, rng: np.random.Generator) -> None:
        self._order = rng.permutation(n_nodes)
        self._places = np.argsort(self._order)
        self._n_shifts = max(1, round(2 * len(edges) / n_nodes))
        first, second = self._places[edges].T
        shifts = np.concatenate([second - first, first - second]) % n_nodes
        by_shift = np.argsort(shifts, kind="stable")
        # Where the pair of a shift begins, for either direction.
        self._edges = np.concatenate([first, second])[by_shift]
        self._starts = np.searchsorted(shifts[by_shift], np.arange(n_nodes + 1))

    def draw(self, rng: np.random.Generator) -> Circulant:
        """Distinct shifts, drawn again where all their pairs are edges."""
        n = len(self._order)
        while True:
            shifts = (1 + rng.choice(n - 1, self._n_shifts, replace=False)).tolist()
            edges = [row * n + self._edges[self._starts[s] : self._starts[s + 1]] for row, s in enumerate(shifts)]
            drawn = Circulant(self._order, self._places, shifts, np.concatenate(edges))
            if drawn.size:
                return drawn
