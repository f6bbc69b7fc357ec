"""Uniform node pairs that are not edges: negatives for training and for evaluation."""

import numpy as np
import numpy.typing as npt

from models.csr import Int64
from models.errors import DataError


def edge_keys(edges: Int64, n_nodes: int) -> Int64:
    """One sortable number for each undirected pair: int64 (m, 2) in either direction -> int64 (m,), low · N + high."""
    return np.asarray(edges.min(axis=1) * n_nodes + edges.max(axis=1))


class NonEdges:
    """The pairs of two different nodes that are not among `edges`, to be drawn from uniformly.

    Args:
        n_nodes: N.
        edges: int64 (E, 2), undirected, in either direction.

    Raises:
        DataError: every pair of nodes is an edge.
    """

    def __init__(self, n_nodes: int, edges: Int64) -> None:
        self._n_nodes = n_nodes
        self._edges = np.unique(edge_keys(edges, n_nodes))
        n_pairs = n_nodes * (n_nodes - 1) // 2
        self._size = n_pairs - len(self._edges)
        self._require(1)
        # Where most pairs are edges rejection would draw for ever; then the rest is small enough to be listed.
        self._listed = self._list() if self._size < len(self._edges) else None

    def draw(self, size: int, rng: np.random.Generator) -> Int64:
        """int64 (size, 2), drawn with replacement."""
        if self._listed is not None:
            return self._pairs(rng.choice(self._listed, size))
        kept = np.empty((0, 2), np.int64)
        while (missing := size - len(kept)) > 0:
            pairs = rng.integers(0, self._n_nodes, (missing + missing // 8 + 8, 2))
            free = (pairs[:, 0] != pairs[:, 1]) & ~self._is_edge(pairs)
            kept = np.concatenate([kept, pairs[free]])
        return kept[:size]

    def draw_distinct(self, size: int, rng: np.random.Generator) -> Int64:
        """int64 (size, 2), drawn without replacement, the lower row first.

        Raises:
            DataError: there are fewer than `size`.
        """
        self._require(size)
        if self._size < 2 * size:
            return self._pairs(rng.choice(self._list(), size, replace=False))
        keys = np.empty(0, np.int64)
        while len(keys) < size:
            drawn = edge_keys(self.draw(size - len(keys), rng), self._n_nodes)
            keys = np.union1d(keys, drawn)
        return self._pairs(rng.permutation(keys))

    def _is_edge(self, pairs: Int64) -> npt.NDArray[np.bool_]:
        if len(self._edges) == 0:
            return np.zeros(len(pairs), np.bool_)
        keys = edge_keys(pairs, self._n_nodes)
        at = np.searchsorted(self._edges, keys)
        return np.asarray(self._edges[np.minimum(at, len(self._edges) - 1)] == keys)

    def _list(self) -> Int64:
        low, high = np.triu_indices(self._n_nodes, 1)
        return np.setdiff1d(low * self._n_nodes + high, self._edges, assume_unique=True)

    def _pairs(self, keys: Int64) -> Int64:
        return np.stack(np.divmod(keys, self._n_nodes), axis=1)

    def _require(self, size: int) -> None:
        if self._size < size:
            raise DataError(
                f"graph: expected at least {size:,} unlinked pairs of nodes to learn and test against, found {self._size:,} "
                f"among {self._n_nodes:,} nodes; where nearly all are linked nothing is left to predict"
            )
