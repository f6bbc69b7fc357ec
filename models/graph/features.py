"""Features for AE and VAE: kinds and means of columns, and blocks of rows.

NaN is a missing cell: statistics and losses leave it out, and an encoder gets 0 in its place.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from latentlink.models.arrays import Bool, Float32, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.preprocessing import SPARSE

Features = Float32 | CSR

BLOCK_CELLS = 2**21  # of a dense block: 8 MiB


def dense_rows(features: Features, rows: Int64) -> Float32:
    """Some rows of (N, F) as a float32 (m, F) array, NaN where a cell is missing."""
    return features.take(rows).to_dense() if isinstance(features, CSR) else features[rows]


def blocks(rows: Int64, n_features: int) -> Iterator[Int64]:
    """`rows` in pieces whose dense blocks take at most 8 MiB each."""
    size = max(1, BLOCK_CELLS // max(n_features, 1))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def binary_columns(features: Features, rows: Int64) -> Bool:
    """bool (F,): whether all known cells of a column are 0 or 1, within the given rows."""
    if isinstance(features, CSR):
        taken = features.take(rows)
        other = ~(np.isin(taken.data, (0, 1)) | np.isnan(taken.data))
        return np.asarray(np.bincount(taken.indices[other], minlength=features.shape[1]) == 0)
    x = features[rows]
    return np.asarray((np.isin(x, (0, 1)) | np.isnan(x)).all(axis=0))


def column_means(features: Features, rows: Int64, binary: Bool) -> Float32:
    """Means of the known cells of each column in the given rows, float32 (F,); 0 if no cell is known.

    Means of binary columns are shrunk towards their common mean by the weight of one cell, so that none is exactly 0 or 1.
    """
    total, known = np.zeros((2, features.shape[1]))
    for block in blocks(rows, features.shape[1]):
        x = dense_rows(features, block)
        total += np.nansum(x, axis=0, dtype=np.float64)
        known += (~np.isnan(x)).sum(axis=0)
    ones, cells = total[binary].sum(), known[binary].sum()
    means = total / np.maximum(known, 1)
    means[binary] = (total[binary] + (ones + 0.5) / (cells + 1)) / (known[binary] + 1)
    return means.astype(np.float32)


def count_missing(features: Features | None) -> int:
    """The number of NaN cells; 0 without features."""
    values = features.data if isinstance(features, CSR) else features
    if values is None:
        return 0
    size = max(1, BLOCK_CELLS * len(values) // max(values.size, 1))
    return sum(int(np.isnan(values[at : at + size]).sum()) for at in range(0, len(values), size))


def block_diagonal(parts: Sequence[Features]) -> Features:
    """The features (nᵢ, fᵢ) of nodes of each type as (Σ nᵢ, Σ fᵢ), one after another: 0 in the columns of other types.

    CSR if a part is, or if fewer than a third of the entries are not 0; else float32.
    """
    (n, width) = shape = (sum(part.shape[0] for part in parts), sum(part.shape[1] for part in parts))
    dense = [part for part in parts if not isinstance(part, CSR)]
    if len(dense) == len(parts) and sum(map(np.count_nonzero, dense)) >= SPARSE * n * width:
        return _dense_blocks(dense, np.zeros(shape, np.float32))
    sparse = [part if isinstance(part, CSR) else CSR.from_dense(part) for part in parts]
    shifts = np.cumsum([0, *(part.shape[1] for part in sparse)])
    lengths = np.concatenate([np.diff(part.indptr) for part in sparse])
    indices = [part.indices + shift for part, shift in zip(sparse, shifts[:-1], strict=True)]
    indptr = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return CSR(indptr, np.concatenate(indices), np.concatenate([part.data for part in sparse]), shape)


def of_block(x: Features, rows: Int64, columns: slice) -> Features:
    """One part of `block_diagonal`: rows, int64 (m,), of a type, in its columns."""
    if not isinstance(x, CSR):
        return x[rows, columns]
    own = x.take(rows)
    return CSR(own.indptr, own.indices - columns.start, own.data, (len(rows), columns.stop - columns.start))


def _dense_blocks(parts: Sequence[Float32], x: Float32) -> Float32:
    """`x` with the parts along its diagonal."""
    row = column = 0
    for part in parts:
        x[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return x
