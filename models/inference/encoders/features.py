"""Products and sums of selected feature rows, dense or sparse; only the selected rows are read."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import blocks, dense_rows

_SPARSE = 8  # dense multiply-adds in the time of one sparse multiply-add, with a wide matrix; with a vector both take the same
_SUMMED = 2**22  # cells of rows that are summed at once: 16 MiB

Weights = Mapping[str, Float32]
Features = Float32 | CSR | None


def stored_in_a_row(features: Features) -> int:
    """Numbers of one feature row, of sparse ones on average and rounded up; 0 without features."""
    if features is None:
        return 0
    return len(features.data) // features.shape[0] + 1 if isinstance(features, CSR) else features.shape[1]


def products(features: Features, nodes: Int64, matrix: Float32) -> Float64:
    """X M for the feature rows of some nodes: float64 (m, C), with M float32 (F, C); zeros without features."""
    out = np.zeros((len(nodes), matrix.shape[1]))
    if features is None or not len(nodes):
        return out
    stored = len(features.data) / features.shape[0] if isinstance(features, CSR) else features.shape[1]  # per row
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
    """Sparse rows (m, F) times a matrix (F, C), float32 (m, C): all rows at once for few columns, else row by row."""
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
    """Weighted sums of the feature rows of m nodes, one for each column of coefficients (m, V): float64 (V, F), F = 0 without."""
    if features is None:
        return np.zeros((coefficients.shape[1], 0))
    total = np.zeros((coefficients.shape[1], features.shape[1]))
    size = max(1, _SUMMED // stored_in_a_row(features))
    for start in range(0, len(nodes), size):
        some = slice(start, start + size)
        total += _sums(features, nodes[some], coefficients[some])
    return total


def _sums(features: Float32 | CSR, nodes: Int64, coefficients: Float64) -> Float64:
    if isinstance(features, CSR):
        taken = features.take(nodes)
        row, width = taken.row_of_entry(), features.shape[1]
        return np.stack([np.bincount(taken.indices, taken.data * column[row], width) for column in coefficients.T])
    return np.asarray(coefficients.T.astype(np.float32) @ features[nodes], np.float64)
