"""CSV and TSV read row by row: the reader of every file that `by_duckdb` can't read, and of every error.

Whatever is wrong is a `DataError` that names the file, the line and the way out. Text, quotes and lines are left to `rows`.
"""

from array import array
from collections.abc import Sized
from itertools import chain, islice
from pathlib import Path

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell
from latentlink.models.sources.formats.delimited.header import (
    comment_notes,
    edge_layout,
    edge_notes,
    edge_places,
    node_place,
    table_form,
    type_place,
)
from latentlink.models.sources.formats.ends import said_directions
from latentlink.models.sources.formats.moments import Moments, are_dates
from latentlink.models.sources.formats.numbers import LARGEST, SMALLEST, NumberColumn, parsed
from latentlink.models.sources.formats.rows import first_row, read_rows
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, Labels, NodeTable, date_notes


def read_edges(path: Path, columns: EdgeColumns, *, header: bool) -> EdgeTable:
    """Read one link a row, see `delimited.read_edges`.

    Raises:
        DataError: the file can't be read, a column is missing, or a row isn't a link; the message names the line.
    """
    rows = read_rows(path)
    first = first_row(path, rows)
    s, t, w, m, *_ = places = edge_places(path, first, columns, header=header)
    k = type_place(first, places, header=header)
    if not header:
        rows = chain([first], rows)
    row_of: dict[str, int] = {}
    pairs, weights, moments, types = array("q"), array("f"), Moments(columns.time or ""), set[str]()
    labels = {label: _LabelColumn() for label in places.labels}
    for line, row in rows:
        one, other = row[s], row[t]
        if not one or not other:
            raise DataError(f"{path}, line {line}: link: expected two ids, found an empty one; fill it or drop the row")
        pairs.append(row_of.setdefault(one, len(row_of)))
        pairs.append(row_of.setdefault(other, len(row_of)))
        if w is not None:
            weights.append(_weight(path, line, row[w]))
        if m is not None:
            moments.append(f"{path}, line {line}", row[m])
        for label, place in places.labels.items():
            labels[label].append(f"{path}, line {line}: {label}", row[place])
        if k is not None:
            types.add(row[k])
    _require_rows(path, pairs)
    layout = edge_layout(path, first, columns, places, header=header)
    return EdgeTable(
        ids=list(row_of),
        pairs=np.frombuffer(pairs, np.int64).reshape(-1, 2),
        weights=None if w is None else np.frombuffer(weights, np.float32),
        times=None if m is None else moments.values(),
        notes=edge_notes(path, first, layout),
        directions=said_directions(types),
        layout=layout,
        labels={label: column.labels() for label, column in labels.items()},
    )


def read_features(path: Path) -> NodeTable:
    """Read one node a row, see `delimited.read_features`.

    Raises:
        DataError: the file can't be read, there is no column `node`, a node stands twice, or a number isn't finite; the
            message names the line.
    """
    rows = read_rows(path)
    first = first_row(path, rows)
    node, names = node_place(path, first), first[1]
    line_of: dict[str, int] = {}
    columns = {place: NumberColumn() for place in range(len(names)) if place != node}
    for line, row in rows:
        _require_new(path, line, row[node], line_of)
        for place, column in columns.items():
            column.append(line, row[place])
    _require_rows(path, line_of)
    texts = _texts(path, [place for place, column in columns.items() if not column.numeric])
    dates = [place for place, cells in texts.items() if are_dates(cells)]
    return NodeTable(
        list(line_of),
        {
            names[place]: texts.get(place) or column.finite(path, names[place])
            for place, column in columns.items()
            if place not in dates
        },
        (*comment_notes(path), *date_notes(names[place] for place in dates)),
        table_form(path),
        names[node],
        dict.fromkeys((names[place] for place in dates), "date"),
        booleans=frozenset(names[place] for place, column in columns.items() if column.boolean),
    )


class _LabelColumn:
    """The texts of a column, as they are read row by row."""

    def __init__(self) -> None:
        self._place_of, self._places = dict[str, int](), array("q")

    def append(self, place: str, text: str) -> None:
        """Add a cell; an empty one is a DataError that begins with `place`."""
        if not text:
            raise DataError(f"{place}: expected a text, found none; fill it or drop the row")
        self._places.append(self._place_of.setdefault(text, len(self._place_of)))

    def labels(self) -> Labels:
        """All of them."""
        return Labels(tuple(self._place_of), np.frombuffer(self._places, np.int64))


def _texts(path: Path, places: list[int]) -> dict[int, list[Cell]]:
    """The columns of texts. The file is read a second time, since the first pass decides which these are.

    Equal texts are one object.
    """
    texts: dict[int, list[Cell]] = {place: [] for place in places}
    if places:
        same: dict[str, str] = {}
        for _, row in islice(read_rows(path), 1, None):
            for place, cells in texts.items():
                cells.append(same.setdefault(row[place], row[place]) or None)
    return texts


def _require_new(path: Path, line: int, node: str, line_of: dict[str, int]) -> None:
    """Note the line of `node`, which must not be empty or known already."""
    if not node:
        raise DataError(f"{path}, line {line}: node: expected an id, found an empty one; fill it or drop the row")
    if node in line_of:
        raise DataError(
            f"{path}, line {line}: node: expected one row a node, found {node!r} again after line {line_of[node]}; "
            "drop or rename one of them"
        )
    line_of[node] = line


def _require_rows(path: Path, values: Sized) -> None:
    if not values:
        raise DataError(f"{path}: expected rows below the header, found none; check that it was written to the end")


def _weight(path: Path, line: int, text: str) -> float:
    """`text` as a number > 0 that float32 holds."""
    value = parsed(text)
    if value is None or not SMALLEST <= value <= LARGEST:
        raise DataError(
            f"{path}, line {line}: weight: expected a finite number > 0, found {text!r}; correct the field or drop the row"
        )
    return value
