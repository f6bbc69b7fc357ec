"""Feature rows as AE and VAE learn them: what kind each column is, blocks of rows, and which rows are held out.

A cell that is NaN is missing: it says nothing about its column, enters an encoder as 0 and takes no part in a loss.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.csr import CSR, Float32, Int64
from models.errors import DataError

Bool = npt.NDArray[np.bool_]
Features = Float32 | CSR

MIN_ROWS = 10  # below this a held-out set would be empty or a single row
_BLOCK_CELLS = 2**21  # of a dense block: 8 MiB


class RowSplit(NamedTuple):
    """Rows of features by what they are for, rising: int64, disjoint."""

    train: Int64
    validation: Int64
    test: Int64


def split_rows(n_nodes: int, validation: float, test: float, rng: np.random.Generator) -> RowSplit:
    """Hold out a share of the nodes at random.

    Args:
        n_nodes: N.
        validation: share of nodes to select the epoch on.
        test: share of nodes to report on.
        rng: where the randomness comes from.

    Raises:
        DataError: there are too few nodes to split.
    """
    if n_nodes < MIN_ROWS:
        raise DataError(f"features: expected at least {MIN_ROWS} rows to hold some out, found {n_nodes}")
    order = rng.permutation(n_nodes)
    first = max(1, int(validation * n_nodes))
    second = first + max(1, int(test * n_nodes))
    return RowSplit(np.sort(order[second:]), np.sort(order[:first]), np.sort(order[first:second]))


def dense_rows(features: Features, rows: Int64) -> Float32:
    """Some rows of (N, F) as a float32 (m, F) array, NaN where a cell is missing."""
    return features.take(rows).to_dense() if isinstance(features, CSR) else features[rows]


def blocks(rows: Int64, n_features: int) -> Iterator[Int64]:
    """`rows` in pieces whose dense blocks stay within some MiB."""
    size = max(1, _BLOCK_CELLS // max(n_features, 1))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def binary_columns(features: Features, rows: Int64) -> Bool:
    """bool (F,): the columns whose known cells in some rows are all 0 or 1."""
    if isinstance(features, CSR):
        taken = features.take(rows)
        other = ~(np.isin(taken.data, (0, 1)) | np.isnan(taken.data))
        return np.asarray(np.bincount(taken.indices[other], minlength=features.shape[1]) == 0)
    x = features[rows]
    return np.asarray((np.isin(x, (0, 1)) | np.isnan(x)).all(axis=0))


def column_means(features: Features, rows: Int64, binary: Bool) -> Float32:
    """Means of the known cells of some rows, float32 (F,); 0 where none is known.

    Those of binary columns lean towards the mean of all by one cell's weight, so that none is 0 or 1 by mere chance.
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
    """How many cells are NaN."""
    values = features.data if isinstance(features, CSR) else features
    if values is None:
        return 0
    size = max(1, _BLOCK_CELLS * len(values) // max(values.size, 1))
    return sum(int(np.isnan(values[at : at + size]).sum()) for at in range(0, len(values), size))
