"""Features for AE and VAE: kinds and means of columns, and blocks of rows.

NaN is a missing cell: statistics and losses leave it out, and an encoder gets 0 in its place.
"""

from collections.abc import Iterator

import numpy as np

from latentlink.models.arrays import Bool, Float32, Int64
from latentlink.models.graph.csr import CSR

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
