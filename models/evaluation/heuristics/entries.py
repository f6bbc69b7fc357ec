"""What several heuristics need of an adjacency matrix: sums of terms, and a matrix for products."""

import numpy as np
from scipy.sparse import csr_array

from latentlink.models.arrays import Float64, Int64
from latentlink.models.graph.csr import CSR


def add_terms(scores: Float64, pair: Int64, terms: Float64) -> None:
    """Set the score of each pair that occurs to the sum of its terms, float64 (c,), which stand together."""
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    if len(first):
        scores[pair[first]] = np.add.reduceat(terms, first)


def ones(adjacency: CSR) -> csr_array:
    """The adjacency for products, float64, without edge weights."""
    return csr_array((np.ones(len(adjacency.indices)), adjacency.indices, adjacency.indptr), shape=adjacency.shape)
