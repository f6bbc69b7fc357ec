"""Compressed sparse rows: the one sparse layout of the project, on disk, in training and in serving."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlink.models.arrays import Float32, Int64, Ints

SORTED = 32  # columns per entry, above which sorting the entries is faster than a sum over all columns
_ENTRIES = 2**15  # of shorter rows at once: what is computed of them stays in the cache


@dataclass(frozen=True)
class CSR:
    """A sparse matrix (R, C) in compressed rows; columns rise strictly within each row.

    Attributes:
        indptr: int64 (R+1,), where each row starts in `indices` and `data`; int32 for torch.
        indices: int64 (nnz,), column of each entry; int32 for torch and from a checkpoint.
        data: float32 (nnz,), value of each entry.
        shape: (R, C).
    """

    indptr: Ints
    indices: Ints
    data: Float32
    shape: tuple[int, int]

    @classmethod
    def from_coo(cls, rows: Int64, columns: Int64, data: Float32, shape: tuple[int, int]) -> "CSR":
        """Build from coordinates, int64 (nnz,) each, in any order; entries of one cell are summed."""
        keys = rows * shape[1] + columns
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        summed = np.add.reduceat(data[order], first, dtype=np.float64) if len(first) else data
        rows, columns = np.divmod(keys[first], max(shape[1], 1))
        indptr = np.zeros(shape[0] + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=shape[0]), out=indptr[1:])
        return cls(indptr, columns, summed.astype(np.float32), shape)

    @classmethod
    def from_dense(cls, matrix: Float32) -> "CSR":
        """The non-zero entries of a float32 (R, C) array."""
        rows, columns = np.nonzero(matrix)
        return cls.from_coo(rows, columns, matrix[rows, columns], (matrix.shape[0], matrix.shape[1]))

    @classmethod
    def identity(cls, n: int) -> "CSR":
        """The identity (n, n)."""
        return cls(np.arange(n + 1), np.arange(n), np.ones(n, np.float32), (n, n))

    def transposing(self) -> Int64:
        """int64 (nnz,): for each entry of the transposed matrix, its index among the entries of this one."""
        return np.argsort(self.indices, kind="stable")

    def transpose(self) -> "CSR":
        """The transposed matrix (C, R)."""
        order = self.transposing()
        indptr = np.zeros(self.shape[1] + 1, np.int64)
        np.cumsum(np.bincount(self.indices, minlength=self.shape[1]), out=indptr[1:])
        return CSR(indptr, self.row_of_entry()[order], self.data[order], (self.shape[1], self.shape[0]))

    def select(self, keep: npt.NDArray[np.bool_]) -> "CSR":
        """The matrix without the entries where `keep`, bool (nnz,), is False."""
        before = np.concatenate([[0], np.cumsum(keep)])  # kept entries before each
        return CSR(before[self.indptr], self.indices[keep], self.data[keep], self.shape)

    def take(self, rows: Int64) -> "CSR":
        """The matrix (m, C) of some rows, int64 (m,), in the given order."""
        lengths = self.indptr[rows + 1] - self.indptr[rows]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], lengths)
        return CSR(indptr, self.indices[entries], self.data[entries], (len(rows), self.shape[1]))

    def to_dense(self) -> Float32:
        """A float32 (R, C) array; meant for blocks of rows, since a whole table may exceed the memory."""
        dense = np.zeros(self.shape, np.float32)
        dense[self.row_of_entry(), self.indices] = self.data
        return dense

    def row(self, row: int) -> Ints:
        """The columns stored in one row, rising."""
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def row_of_entry(self) -> Int64:
        """int64 (nnz,): the row of each entry."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))


def contains(indptr: Ints, indices: Ints, rows: Ints, columns: Ints) -> npt.NDArray[np.bool_]:
    """Whether each cell (rows[i], columns[i]) is stored, bool (m,); the arguments are those of `find`."""
    return find(indptr, indices, rows, columns)[1]


def find(indptr: Ints, indices: Ints, rows: Ints, columns: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The entry of each cell (rows[i], columns[i]), by one bisection for all m cells.

    Args:
        indptr: int64 (R+1,), as in `CSR`.
        indices: int32 or int64 (nnz,), rising within each row.
        rows: int64 or int32 (m,), each in [0, R).
        columns: int64 or int32 (m,).

    Returns:
        The position in `indices`, int64 (m,), and whether the cell is stored, bool (m,); where it isn't, the position
        means nothing.
    """
    if len(indices) == 0:
        return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    low = indptr[rows]
    left = indptr[rows + 1] - low
    # The last entry ≤ the column is among the `left` entries from `low` on; each round halves their number.
    while (half := left >> 1).any():
        not_above = indices.take(low + half, mode="clip") <= columns
        np.add(low, half, out=low, where=not_above)
        left -= half
    return low, np.asarray((left > 0) & (indices.take(low, mode="clip") == columns))


def common_entries(indptr: Ints, indices: Ints, pairs: Int64) -> Iterator[tuple[Int64, Int64, Ints]]:
    """The columns that both rows of a pair store, for all pairs, int64 (m, 2), in blocks.

    The entries of the shorter row are looked up in the longer one: a pair with a hub costs no more than the links of the other
    node, and two hubs cost the links of one. The first two arguments are those of `find`.

    Yields:
        For each such column the pair, ascending, and the positions of both entries, int64 (c,) each; all columns of a pair are
        in one block, ascending.
    """
    lengths = indptr[pairs + 1] - indptr[pairs]
    swap = lengths[:, 0] > lengths[:, 1]
    shorter, longer = np.where(swap, pairs.T[::-1], pairs.T)
    fewer = lengths.min(axis=1)
    for block in runs(fewer + 1, _ENTRIES):
        pair, entries = entries_of(indptr, shorter[block])
        pair += block.start
        places, both = find(indptr, indices, longer[pair], indices[entries])
        yield pair[both], entries[both], places[both]


def entries_of(indptr: Ints, rows: Int64) -> tuple[Int64, Int64]:
    """The position in `rows` and the place in the matrix of each entry of some rows, int64 (m,), in order."""
    sizes = indptr[rows + 1] - indptr[rows]
    position = np.repeat(np.arange(len(rows)), sizes)
    return position, np.arange(len(position)) + np.repeat(indptr[rows] - np.cumsum(sizes) + sizes, sizes)


def runs(sizes: Int64, most: int) -> Iterator[slice]:
    """Slices of consecutive items whose `sizes`, int64 (m,), sum to at most `most` each; a larger item is a run of its own."""
    ends = np.cumsum(sizes)
    start = before = 0
    while start < len(ends):
        stop = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield slice(start, stop)
        start, before = stop, int(ends[stop - 1])
