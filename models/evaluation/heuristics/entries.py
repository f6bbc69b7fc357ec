"""Sparse rows, as several heuristics use them: columns that two rows share, sums of terms, and a matrix for products."""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from latentlink.models.arrays import Float64, Int64, Ints
from latentlink.models.graph.csr import CSR, find, runs

_ENTRIES = 2**15  # of shorter rows at once: what is computed of them stays in the cache


def common_entries(matrix: CSR, pairs: Int64) -> Iterator[tuple[Int64, Int64, Ints]]:
    """The columns that both rows of a pair store, for all pairs, int64 (m, 2), in blocks.

    The entries of the shorter row are looked up in the longer one: a pair with a hub costs no more than the links of the other
    node, and two hubs cost the links of one.

    Yields:
        For each such column the pair, ascending, and the positions of both entries, int64 (c,) each; all columns of a pair are
        in one block, ascending.
    """
    lengths = np.diff(matrix.indptr)
    swap = lengths[pairs[:, 0]] > lengths[pairs[:, 1]]
    shorter, longer = np.where(swap, pairs.T[::-1], pairs.T)
    for block in runs(lengths[shorter] + 1, _ENTRIES):
        pair, entries = entries_of(matrix, shorter[block])
        pair += block.start
        places, both = find(matrix.indptr, matrix.indices, longer[pair], matrix.indices[entries])
        yield pair[both], entries[both], places[both]


def entries_of(matrix: CSR, rows: Int64) -> tuple[Int64, Int64]:
    """The position in `rows` and the place in the matrix of each entry of some rows, int64 (m,), in order."""
    sizes = matrix.indptr[rows + 1] - matrix.indptr[rows]
    position = np.repeat(np.arange(len(rows)), sizes)
    return position, np.arange(len(position)) + np.repeat(matrix.indptr[rows] - np.cumsum(sizes) + sizes, sizes)


def add_terms(scores: Float64, pair: Int64, terms: Float64) -> None:
    """Set the score of each pair that occurs to the sum of its terms, float64 (c,), which stand together."""
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    if len(first):
        scores[pair[first]] = np.add.reduceat(terms, first)


def ones(adjacency: CSR) -> csr_array:
    """The adjacency for products, float64, without edge weights."""
    return csr_array((np.ones(len(adjacency.indices)), adjacency.indices, adjacency.indptr), shape=adjacency.shape)
