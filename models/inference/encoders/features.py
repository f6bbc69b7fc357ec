"""Products and sums of some rows of features, dense or sparse, that touch what they need and no more."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import blocks, dense_rows

_SPARSE = 8  # multiply-adds of a dense row in the time of one of a sparse row, by a wide matrix; by a vector they take the same

Weights = Mapping[str, Float32]
Features = Float32 | CSR | None


def products(features: Features, nodes: Int64, matrix: Float32) -> Float64:
    """x M for some rows of features: float64 (m, C) of a float32 (F, C); 0 without features."""
    out = np.zeros((len(nodes), matrix.shape[1]))
    if features is None or not len(nodes):
        return out
    stored = len(features.data) / features.shape[0] if isinstance(features, CSR) else features.shape[1]  # a row
    sparse = isinstance(features, CSR) and stored * min(matrix.shape[1], _SPARSE) < features.shape[1]
    start, width = 0, int(stored + 1) * matrix.shape[1] if sparse else features.shape[1]
    for some in blocks(nodes, width):
        if isinstance(features, CSR) and sparse:
            out[start : start + len(some)] = _sparse_product(features.take(some), matrix)
        else:
            out[start : start + len(some)] = dense_rows(features, some) @ matrix
        start += len(some)
    return out


def _sparse_product(rows: CSR, matrix: Float32) -> Float32:
    """Rows (m, F) times (F, C), float32 (m, C): only what is stored is touched; at once for few columns, else row by row."""
    out = np.zeros((rows.shape[0], matrix.shape[1]), np.float32)
    if matrix.shape[1] <= _SPARSE:
        filled = np.diff(rows.indptr) > 0
        if filled.any():
            terms = matrix[rows.indices] * rows.data[:, None]
            out[filled] = np.add.reduceat(terms, rows.indptr[:-1][filled])
        return out
    for at, (start, end) in enumerate(pairwise(rows.indptr.tolist())):
        np.dot(rows.data[start:end], matrix[rows.indices[start:end]], out=out[at])
    return out


def sums(features: Features, nodes: Int64, coefficients: Float64) -> Float64:
    """Sums of rows of features, each times its coefficient, float64 (m, V): float64 (V, F); F is 0 without features."""
    if features is None:
        return np.zeros((coefficients.shape[1], 0))
    if isinstance(features, CSR):
        taken = features.take(nodes)
        row, width = taken.row_of_entry(), features.shape[1]
        return np.stack([np.bincount(taken.indices, taken.data * column[row], width) for column in coefficients.T])
    return np.asarray(coefficients.T.astype(np.float32) @ features[nodes], np.float64)
