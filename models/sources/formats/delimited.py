"""Edge lists and feature tables in CSV or TSV, with string ids kept exactly as they are written.

DuckDB reads most files, in a third of the time. Where it fails, or a check does, the file is read again row by row: that
finds the physical line of an error, and reads the rare legal files that DuckDB reads otherwise (see `screening`). Both
readers return the same bits. Joining both tables is left to `latentlink.models.sources`, merging repeats to `Graph`.
"""

from contextlib import suppress
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.sources.formats import delimited_duckdb, delimited_python
from latentlink.models.sources.formats.screening import screened
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, NodeTable


def read_edges(path: Path, columns: EdgeColumns = COLUMNS, *, header: bool = True) -> EdgeTable:
    """Read one link a row.

    Args:
        path: a .csv, .tsv or .tab file, also with .gz behind it.
        columns: their names; named columns may stand anywhere, others are ignored.
        header: whether the first row names the columns; without one they are source, target and, if the first row
            has three fields, weight.

    Raises:
        DataError: the file can't be read, a column is missing, or a row isn't a link; the message names the line.
    """
    with suppress(DataError):
        if file := screened(path):
            return delimited_duckdb.read_edges(file, columns, header=header)
    return delimited_python.read_edges(path, columns, header=header)


def read_features(path: Path) -> NodeTable:
    """Read one node a row: its id in the column `node`, facts about it in the others.

    A column is numbers if nine in ten of its filled cells are, true and false being 1 and 0; then the others are errors. If
    nine in ten are in ISO 8601 it is dates, which are left out with a note, else texts. Empty cells, and NaN among numbers,
    are missing values.

    Raises:
        DataError: the file can't be read, there is no column `node`, a node stands twice, or a number isn't finite; the
            message names the line.
    """
    with suppress(DataError):
        if file := screened(path):
            return delimited_duckdb.read_features(file)
    return delimited_python.read_features(path)
