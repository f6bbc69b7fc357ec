"""Uniform negative sampling of node pairs that are not edges, for training and for evaluation."""

import numpy as np
import numpy.typing as npt

from latentlink.models.arrays import Int64, Ints
from latentlink.models.errors import DataError
from latentlink.models.graph.pair_space import PairSpace


def edge_keys(edges: Int64, n_nodes: int) -> Int64:
    """One sortable number for each undirected pair: int64 (m, 2) in either direction -> int64 (m,), low · N + high."""
    return np.asarray(np.minimum(*edges.T) * n_nodes + np.maximum(*edges.T))


def ordered_keys(pairs: Int64, n_nodes: int) -> Int64:
    """One sortable number for each ordered pair: int64 (m, 2) -> int64 (m,), first · N + second."""
    return np.asarray(pairs[:, 0] * n_nodes + pairs[:, 1])


def _distinct(keys: Int64) -> Int64:
    """The distinct keys, rising; sorting is many times as fast as numpy's hashing of large arrays."""
    keys = np.sort(keys)
    return np.asarray(keys[np.diff(keys, prepend=-1) != 0])


def absent(present: Ints, ranks: Int64) -> Int64:
    """The natural numbers that are not in `present`, by their ranks from 0: int64 (m,).

    Listing them would take as long as there are nodes, for a hub as for a leaf.

    Args:
        present: int (k,), ≥ 0, rising strictly.
        ranks: int64 (m,), in any order.
    """
    below = present - np.arange(len(present))  # absent numbers below each present one
    return np.asarray(ranks + np.searchsorted(below, ranks, side="right"))


class NegativeSampler:
    """Samples uniformly from the pairs of nodes that may be linked and are not, by rejection.

    Args:
        space: the pairs that may be linked.
        edges: int64 (E, 2), undirected, in either direction.

    Raises:
        DataError: every pair of nodes is an edge.
    """

    def __init__(self, space: PairSpace, edges: Int64) -> None:
        self._space, self._n_nodes = space, space.n_nodes
        self._closed = _distinct(edge_keys(np.concatenate([edges, space.apart]), self._n_nodes))
        self._filter = _BloomFilter(self._closed)
        n_edges = len(self._closed) - len(space.apart)
        self._size = space.size - n_edges
        self._require(1)
        # Rejection is slow if most pairs are edges, but then the non-edges are few enough to be listed.
        self._listed = self._list() if self._size < n_edges else None

    def draw(self, size: int, rng: np.random.Generator) -> Int64:
        """int64 (size, 2), drawn with replacement."""
        if self._listed is not None:
            return self._pairs(rng.choice(self._listed, size))
        pairs = self._space.draw(size, rng)
        rejected = self._rejected(pairs)
        while len(rejected):
            pairs[:, rejected] = self._space.draw(len(rejected), rng)
            rejected = rejected[self._rejected(pairs[:, rejected])]
        return pairs.T

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
            keys = _distinct(np.concatenate([keys, drawn]))
        return self._pairs(rng.permutation(keys))

    def _rejected(self, pairs: Int64) -> Int64:
        """Indices of the pairs (2, m) that are edges or may not be linked, rising."""
        keys = edge_keys(pairs.T, self._n_nodes)
        suspects = np.flatnonzero(self._filter.may_contain(keys))
        return np.asarray(suspects[self._is_closed(keys[suspects])])

    def _is_closed(self, keys: Int64) -> npt.NDArray[np.bool_]:
        if len(self._closed) == 0:
            return np.zeros(len(keys), np.bool_)
        at = np.searchsorted(self._closed, keys)
        return np.asarray(self._closed[np.minimum(at, len(self._closed) - 1)] == keys)

    def _list(self) -> Int64:
        return np.setdiff1d(edge_keys(self._space.all_pairs().T, self._n_nodes), self._closed, assume_unique=True)

    def _pairs(self, keys: Int64) -> Int64:
        return np.stack(np.divmod(keys, self._n_nodes), axis=1)

    def _require(self, size: int) -> None:
        if self._size < size:
            raise DataError(
                f"graph: expected at least {size:,} unlinked pairs of nodes to learn and test against, found {self._size:,} "
                f"among {self._n_nodes:,} nodes; where nearly all are linked nothing is left to predict"
            )


class _BloomFilter:
    """A Bloom filter of `keys`, int64 (n,), with one hash function and as many bits as fit the caches."""

    def __init__(self, keys: Int64) -> None:
        bits = min(26, max(8, len(keys).bit_length() + 4))
        self._shift = np.uint64(64 - bits)
        self._taken = np.zeros(2**bits, np.bool_)
        self._taken[self._slots(keys)] = True

    def may_contain(self, keys: Int64) -> npt.NDArray[np.bool_]:
        """bool (m,): True for every key of the filter, and for a few others."""
        return self._taken[self._slots(keys)]

    def _slots(self, keys: Int64) -> npt.NDArray[np.uint64]:
        """Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4) by 2⁶⁴ over the golden ratio."""
        return np.asarray((keys.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> self._shift)
