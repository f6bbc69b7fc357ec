"""Edge lists and feature tables in delimited text, with string ids kept exactly as they are written.

`dialect` finds the delimiter, `copies` makes the text ready, `detection` finds out whether it has names of columns.

DuckDB reads large files, in a third of the time. A small one is read row by row before DuckDB has started. Where DuckDB
fails, or a check does, the file is read again row by row: that finds the physical line of an error, and reads the rare
legal files that DuckDB reads otherwise (see `screening`). Both readers return the same bits. Joining both tables is left to
`latentlink.models.sources`, merging repeats to `Graph`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.delimited import by_duckdb, by_rows
from latentlink.models.sources.formats.delimited.copies import Named, ready
from latentlink.models.sources.formats.delimited.detection import edge_header, names_ends, names_nodes, node_header
from latentlink.models.sources.formats.delimited.screening import Screened, screened
from latentlink.models.sources.formats.delimited.signs import are_triples
from latentlink.models.sources.formats.numbers import parsed
from latentlink.models.sources.formats.rows import Text, first_row, line_of_row, read_rows
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, NodeTable, TextOptions
from latentlink.models.sources.formats.unread import disguise

_ASKED = TextOptions()
SMALL = (
    1 << 16
)  # bytes of a file that is read row by row: DuckDB takes 60 ms for the smallest, and is quicker from twice as many


def read_edges(path: Path, columns: EdgeColumns = COLUMNS, options: TextOptions = _ASKED) -> EdgeTable:
    """Read one link a row.

    Args:
        path: a file with a suffix of `rows.DELIMITERS`, also packed; the content decides what stands between its fields.
        columns: their names; named columns may stand anywhere, others are ignored.
        options: whether the first row names the columns; without one they are called by their places from 1, and the first two
            are the ends. The delimiter and the encoding.

    Raises:
        DataError: the file can't be read, it may be read in two ways, a column is missing, or a row isn't a link; the message
            names the line.
    """
    _require_text(path)
    named = partial(names_ends, columns)
    with ready(path, options, named) as text:
        header = options.header
        if header is None:
            columns, header = edge_header(text, columns)
        table = _read_edges(text, columns, header=header)
        if not header:
            _refuse_matrix(text, len(table.pairs))
        if options.header is None and not header:
            _refuse_counts(text, table)
            _refuse_triples(text, columns)
    return replace(table, line_of=partial(_line_of, path, options, named, int(header)))


def _read_edges(text: Text, columns: EdgeColumns, *, header: bool) -> EdgeTable:
    with suppress(DataError):
        if file := _for_duckdb(text):
            return by_duckdb.read_edges(file, columns, header=header)
    return by_rows.read_edges(text, columns, header=header)


def _for_duckdb(text: Text) -> Screened | None:
    """The file, or None where it is small, or DuckDB may read it otherwise."""
    return screened(text) if text.data.stat().st_size > SMALL else None


def _refuse_matrix(text: Text, height: int) -> None:
    """A symmetric square of numbers without a header is an adjacency matrix, whose first two columns are no ends."""
    _, first = first_row(text, read_rows(text))
    if not 2 < len(first) == height:
        return
    cells = [[parsed(cell) for cell in row] for _, row in read_rows(text)]
    if all(cells[i][j] == cells[j][i] is not None for i in range(height) for j in range(i + 1)):
        raise DataError(
            f"{text}: expected one link a row, found what reads as an adjacency matrix of {height} nodes; write its links as "
            "rows of two columns and a weight"
        )


def _refuse_counts(text: Text, table: EdgeTable) -> None:
    """A first row of two numbers, those of the nodes and links below, is no link; with --no-header it is one."""
    line, first = first_row(text, read_rows(text))
    if len(first) != 2 or first[1] != str(len(table.pairs) - 1):
        return
    below = np.unique(table.pairs[1:])
    if first[0] == str(len(below)):
        raise DataError(
            f"{text}, line {line}: link: expected two ids, found {first[0]!r} and {first[1]!r}, as many as there are nodes and "
            "links below; drop the row, or pass --no-header if it is a link"
        )


def _refuse_triples(text: Text, columns: EdgeColumns) -> None:
    """Relations in the second column are no ends of links; with --no-header they are."""
    if columns[:2] == COLUMNS[:2] and columns.relation is None and are_triples(text):
        line, first = first_row(text, read_rows(text))
        raise DataError(
            f"{text}, line {line}: link: expected two ids, found {first[1]!r} in column 2, which repeats few texts, as relations "
            "do; pass --relation-column 2 if it holds them, or --no-header if they are ids"
        )


def read_features(path: Path, options: TextOptions = _ASKED) -> NodeTable:
    """Read one node a row: its id in the column `node` or `id`, facts about it in the others.

    A first row that holds no names but a node makes the first column that of the ids; the others are called by their places.

    A column is numbers if nine in ten of its filled cells are, true and false being 1 and 0, and none has a 0 before other
    digits, as codes have; then the others are errors. If
    nine in ten are in ISO 8601 it is dates, which are left out with a note, else texts. Empty cells, and NaN among numbers,
    are missing values.

    Raises:
        DataError: the file can't be read, there is no column `node`, a node stands twice, or a number isn't finite; the
            message names the line.
    """
    _require_text(path)
    with ready(path, options, names_nodes) as text:
        header = node_header(text)
        table = _read_features(text, options.ignored, header=header)
    return replace(table, line_of=partial(_line_of, path, options, names_nodes, int(header)))


def _read_features(text: Text, ignored: Sequence[str], *, header: bool) -> NodeTable:
    with suppress(DataError):
        if file := _for_duckdb(text):
            return by_duckdb.read_features(file, ignored, header=header)
    return by_rows.read_features(text, ignored, header=header)


def _line_of(path: Path, options: TextOptions, named: Named, above: int, row: int) -> int:
    """The line of a data row, below as many rows of names."""
    with ready(path, options, named) as text:
        return line_of_row(text, row + above)


def _require_text(path: Path) -> None:
    """Refuse what another format has left under this name, with the way to read it."""
    if path.is_file() and (way := disguise(path)):
        raise DataError(f"{path}: expected text, found another format; {way}")
