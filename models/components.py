"""Connected components of a graph, for training to store: scipy finds them, which serving does without."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from models.csr import CSR, Int32


def components(adjacency: CSR) -> Int32:
    """int32 (N,): the component of each node of a symmetric adjacency (N, N), numbered from 0 by their first nodes."""
    matrix = csr_array((adjacency.data, adjacency.indices, adjacency.indptr), shape=adjacency.shape)
    _, labels = connected_components(matrix, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first)).astype(np.int32)[inverse]
