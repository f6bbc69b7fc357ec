"""A matrix of SciPy as links: an entry is a link from the node of its row to that of its column, and its value the weight."""

from pathlib import Path

import numpy as np
from scipy.sparse import coo_array, sparray, spmatrix

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.numbers import LARGEST, SMALLEST
from latentlink.models.sources.formats.tables import EdgeTable, Layout, Matrix

_ANY = 1 << 20  # rows that a matrix may have with any number of entries
_RATIO = 100  # rows for each entry beyond: more are a number that was written by mistake


def from_sparse(
    what: Path | str,
    matrix: sparray | spmatrix,
    form: str,
    *,
    first: int = 0,
    directions: frozenset[bool] = frozenset(),
) -> EdgeTable:
    """The non-zero entries of a matrix as links between nodes that are called by their places; all ones are no weights.

    Args:
        what: the file or the object, with which errors begin.
        matrix: (N, N) of numbers; in one of another shape, rows and columns are nodes of two kinds.
        form: what the report calls the format.
        first: the id of the first row, 0 or 1.
        directions: what is said of all links: whether they are directed.

    Raises:
        DataError: the entries are no numbers > 0 that float32 holds, there are none, or very few for so many rows.
    """
    entries = coo_array(matrix)
    if entries.ndim != 2 or entries.dtype.kind not in "biuf":
        raise DataError(
            f"{what}: expected a matrix of real numbers, found {entries.dtype} of shape {entries.shape}; write a row and a "
            "column for each node, and the weights as numbers"
        )
    rows, columns = entries.shape
    kept = entries.data != 0
    pairs = np.stack([entries.row[kept], entries.col[kept]], axis=1).astype(np.int64)
    values, size = entries.data[kept].astype(np.float64), max(rows, columns)
    if not len(pairs) or size > max(_ANY, _RATIO * len(pairs)):
        raise DataError(
            f"{what}: expected entries, each a link, found {len(pairs):,} in {rows:,} rows and "
            f"{columns:,} columns; check that it was written to the end"
        )
    if (wrong := np.flatnonzero(~((values >= SMALLEST) & (values <= LARGEST)))).size:
        place, value = pairs[wrong[0]] + first, float(values[wrong[0]])
        raise DataError(
            f"{what}, row {place[0]}, column {place[1]}: weight: expected a finite number > 0, found {value!r}; correct it, "
            "or set it to 0 where there is no link"
        )
    empty = int((~kept).sum())
    whole = coo_array((values, (pairs[:, 0], pairs[:, 1])), (rows, columns)).tocsr()
    symmetric = rows == columns and (whole != whole.T).nnz == 0
    weighted = bool((values != 1).any())
    return EdgeTable(
        ids=[str(place) for place in range(first, first + size)],
        pairs=pairs,
        weights=values.astype(np.float32) if weighted else None,
        notes=(f"Entries that are 0 are no links: {empty:,}.",) if empty else (),
        directions=directions,
        layout=Layout(
            form, "row", "column", "entry" if weighted else None, matrix=Matrix(rows, columns, symmetric=symmetric)
        ),
    )
