"""Edge lists and feature tables in CSV or TSV, with string ids kept exactly as they are written.

DuckDB reads most files, in a third of the time. Where it fails, or a check does, the file is read again row by row: that
finds the physical line of an error, and reads the rare legal files that DuckDB reads otherwise (see `screening`). Both
readers return the same bits. Joining both tables is left to `latentlink.models.sources`, merging repeats to `Graph`.
"""

from contextlib import suppress
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.delimited import by_duckdb, by_rows
from latentlink.models.sources.formats.delimited.screening import screened
from latentlink.models.sources.formats.numbers import parsed
from latentlink.models.sources.formats.rows import first_row, read_rows
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, NodeTable
from latentlink.models.sources.formats.unread import disguise


def read_edges(path: Path, columns: EdgeColumns = COLUMNS, *, header: bool = True) -> EdgeTable:
    """Read one link a row.

    Args:
        path: a .csv, .tsv or .tab file, also with .gz behind it.
        columns: their names; named columns may stand anywhere, others are ignored.
        header: whether the first row names the columns; without one they are called by their places from 1, and
            the first two are the ends.

    Raises:
        DataError: the file can't be read, a column is missing, or a row isn't a link; the message names the line.
    """
    _require_text(path)
    table = _read_edges(path, columns, header=header)
    if not header:
        _refuse_matrix(path, len(table.pairs))
    return table


def _read_edges(path: Path, columns: EdgeColumns, *, header: bool) -> EdgeTable:
    with suppress(DataError):
        if file := screened(path):
            return by_duckdb.read_edges(file, columns, header=header)
    return by_rows.read_edges(path, columns, header=header)


def _refuse_matrix(path: Path, height: int) -> None:
    """A symmetric square of numbers without a header is an adjacency matrix, whose first two columns are no ends."""
    _, first = first_row(path, read_rows(path))
    if not 2 < len(first) == height:
        return
    cells = [[parsed(cell) for cell in row] for _, row in read_rows(path)]
    if all(cells[i][j] == cells[j][i] is not None for i in range(height) for j in range(i + 1)):
        raise DataError(
            f"{path}: expected one link a row, found what reads as an adjacency matrix of {height} nodes; write its links as "
            "rows of two columns and a weight"
        )


def read_features(path: Path) -> NodeTable:
    """Read one node a row: its id in the column `node` or `id`, facts about it in the others.

    A column is numbers if nine in ten of its filled cells are, true and false being 1 and 0, and none has a 0 before other
    digits, as codes have; then the others are errors. If
    nine in ten are in ISO 8601 it is dates, which are left out with a note, else texts. Empty cells, and NaN among numbers,
    are missing values.

    Raises:
        DataError: the file can't be read, there is no column `node`, a node stands twice, or a number isn't finite; the
            message names the line.
    """
    _require_text(path)
    with suppress(DataError):
        if file := screened(path):
            return by_duckdb.read_features(file)
    return by_rows.read_features(path)


def _require_text(path: Path) -> None:
    """Refuse what another format has left under this name, with the way to read it."""
    if path.is_file() and (way := disguise(path)):
        raise DataError(f"{path}: expected text, found another format; {way}")
