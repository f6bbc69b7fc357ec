"""Texts read row by row: the reader of every file that `by_duckdb` can't read, and of every error.

Whatever is wrong is a `DataError` that names the file, the line and the way out. Text, quotes and lines are left to `rows`.
"""

from array import array
from collections.abc import Sequence, Sized
from itertools import chain, islice

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell
from latentlink.models.sources.formats.delimited.header import (
    decimals_hint,
    edge_layout,
    edge_notes,
    edge_places,
    ignored_among,
    node_place,
    table_form,
    type_place,
)
from latentlink.models.sources.formats.delimited.queries import links_alone
from latentlink.models.sources.formats.delimited.signs import comment_notes, said_by_comments
from latentlink.models.sources.formats.ends import direction, said_directions
from latentlink.models.sources.formats.moments import Moments, are_dates
from latentlink.models.sources.formats.numbers import LARGEST, SMALLEST, NumberColumn, parsed
from latentlink.models.sources.formats.rows import Text, first_row, read_rows
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, Labels, NodeTable, date_notes


def read_edges(text: Text, columns: EdgeColumns, *, header: bool) -> EdgeTable:
    """Read one link a row, see `delimited.read_edges`.

    Raises:
        DataError: the file can't be read, a column is missing, or a row isn't a link; the message names the line.
    """
    rows = read_rows(text)
    first = first_row(text, rows)
    s, t, w, m, *_ = places = edge_places(text, first, columns, header=header)
    k = type_place(first, places, header=header)
    if not header:
        rows = chain([first], rows)
    row_of: dict[str, int] = {}
    pairs, weights, moments, directions = array("q"), array("f"), Moments(columns.time or ""), set[int | None]()
    labels = {label: _LabelColumn() for label in places.labels}
    for line, row in rows:
        one, other = row[s], row[t]
        if not one or not other:
            way = links_alone(text, first[1][s], first[1][t]) if header and not (one or other) else ""
            raise DataError(
                f"{text}, line {line}: link: expected two ids, found an empty one; fill it or drop the row{way}"
            )
        pairs.append(row_of.setdefault(one, len(row_of)))
        pairs.append(row_of.setdefault(other, len(row_of)))
        if w is not None:
            weights.append(_weight(text, line, row[w]))
        if m is not None:
            moments.append(f"{text}, line {line}", row[m])
        for label, place in places.labels.items():
            labels[label].append(f"{text}, line {line}: {label}", row[place])
        if k is not None:
            directions.add(direction(row[k]))
    _require_rows(text, pairs)
    layout = edge_layout(text, first, columns, places, header=header)
    return EdgeTable(
        ids=list(row_of),
        pairs=np.frombuffer(pairs, np.int64).reshape(-1, 2),
        weights=None if w is None else np.frombuffer(weights, np.float32),
        times=None if m is None else moments.values(),
        notes=edge_notes(text, first, layout),
        directions=said_directions(directions) | said_by_comments(text),
        layout=layout,
        labels={label: column.labels() for label, column in labels.items()},
    )


def read_features(text: Text, ignored: Sequence[str] = (), *, header: bool) -> NodeTable:
    """Read one node a row, see `delimited.read_features`.

    Raises:
        DataError: the file can't be read, there is no column `node`, a node stands twice, or a number isn't finite; the
            message names the line.
    """
    rows = read_rows(text)
    first = first_row(text, rows)
    node, names = node_place(text, first, header=header)
    if not header:
        rows = chain([first], rows)
    line_of: dict[str, int] = {}
    left_out = ignored_among(names, ignored, node)
    columns = {place: NumberColumn() for place, name in enumerate(names) if place != node and name not in left_out}
    for line, row in rows:
        _require_new(text, line, row[node], line_of)
        for place, column in columns.items():
            column.append(line, row[place])
    _require_rows(text, line_of)
    texts = _texts(text, [place for place, column in columns.items() if not column.numeric], header=header)
    dates = [place for place, cells in texts.items() if are_dates(cells)]
    return NodeTable(
        list(line_of),
        {
            names[place]: texts.get(place) or column.finite(text.path, names[place])
            for place, column in columns.items()
            if place not in dates
        },
        (*comment_notes(text), *date_notes(names[place] for place in dates)),
        table_form(text, header=header),
        names[node],
        {**left_out, **dict.fromkeys((names[place] for place in dates), "date")},
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


def _texts(text: Text, places: list[int], *, header: bool) -> dict[int, list[Cell]]:
    """The columns of texts. The file is read a second time, since the first pass decides which these are.

    Equal texts are one object.
    """
    texts: dict[int, list[Cell]] = {place: [] for place in places}
    if places:
        same: dict[str, str] = {}
        for _, row in islice(read_rows(text), int(header), None):
            for place, cells in texts.items():
                cells.append(same.setdefault(row[place], row[place]) or None)
    return texts


def _require_new(text: Text, line: int, node: str, line_of: dict[str, int]) -> None:
    """Note the line of `node`, which must not be empty or known already."""
    if not node:
        raise DataError(f"{text}, line {line}: node: expected an id, found an empty one; fill it or drop the row")
    if node in line_of:
        raise DataError(
            f"{text}, line {line}: node: expected one row a node, found {node!r} again after line {line_of[node]}; "
            "drop or rename one of them"
        )
    line_of[node] = line


def _require_rows(text: Text, values: Sized) -> None:
    if not values:
        raise DataError(f"{text}: expected rows below the header, found none; check that it was written to the end")


def _weight(text: Text, line: int, cell: str) -> float:
    """A cell as a number > 0 that float32 holds."""
    value = parsed(cell)
    if value is None or not SMALLEST <= value <= LARGEST:
        way = decimals_hint(text, cell) or "correct the field or drop the row"
        raise DataError(f"{text}, line {line}: weight: expected a finite number > 0, found {cell!r}; {way}")
    return value
