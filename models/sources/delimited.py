"""Edge lists and feature tables in CSV or TSV, with string ids kept exactly as they are written.

Whatever is wrong is a `DataError` that names the file, the line and the way out. Text, quotes and lines are left to
`rows`, joining both tables to `models.sources`, merging repeats to `Graph`.
"""

from array import array
from collections import Counter
from collections.abc import Sized
from itertools import chain, islice
from pathlib import Path

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Cell
from latentlink.models.sources.encoding import listed
from latentlink.models.sources.moments import Moments, are_dates
from latentlink.models.sources.numbers import LARGEST, SMALLEST, NumberColumn, parsed
from latentlink.models.sources.rows import first_row, read_rows
from latentlink.models.sources.tables import EdgeTable, NodeTable

Columns = tuple[int, int, int | None, int | None]  # source, target, weight, time


def read_edges(
    path: Path,
    *,
    source: str = "source",
    target: str = "target",
    weight: str | None = None,
    time: str | None = None,
    header: bool = True,
) -> EdgeTable:
    """Read one link a row.

    Args:
        path: a .csv, .tsv or .tab file, also with .gz behind it.
        source: name of the column with one end of each link.
        target: name of the column with the other end.
        weight: name of a column with numbers > 0; None takes the column "weight" if there is one.
        time: name of a column with numbers, or dates or times in ISO 8601, which become seconds since 1970 in UTC; or None.
        header: whether the first row names the columns; without one they are source, target and, if the first row
            has three fields, weight. Named columns may stand anywhere, others are ignored.

    Raises:
        DataError: the file can't be read, a column is missing, or a row isn't a link.
    """
    rows = read_rows(path)
    line, first = first_row(path, rows)
    if header:
        s, t, w, m = _named(path, line, first, source, target, weight, time)
    else:
        s, t, w, m = _positional(path, line, first, weight, time)
        rows = chain([(line, first)], rows)
    row_of: dict[str, int] = {}
    pairs, weights, moments = array("q"), array("f"), Moments(time or "")
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
    _require_rows(path, pairs)
    return EdgeTable(
        ids=list(row_of),
        pairs=np.frombuffer(pairs, np.int64).reshape(-1, 2),
        weights=None if w is None else np.frombuffer(weights, np.float32),
        times=None if m is None else moments.values(),
    )


def read_features(path: Path) -> NodeTable:
    """Read one node a row: its id in the column `node`, facts about it in the others.

    A column is numbers if nine in ten of its filled cells are, true and false being 1 and 0; then the others are errors. If
    nine in ten are in ISO 8601 it is dates, which are left out with a note, else texts. Empty cells, and NaN among numbers,
    are missing values.

    Raises:
        DataError: the file can't be read, there is no column `node`, a node stands twice, or a number isn't finite.
    """
    rows = read_rows(path)
    line, names = first_row(path, rows)
    node = _column(path, line, names, "node", "name the column of ids 'node'")
    if len(names) == 1:
        raise DataError(f"{path}, line {line}: header: expected a column beside 'node', found none; add one")
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
        (f"Columns of dates are ignored: {listed(names[place] for place in dates)}.",) if dates else (),
    )


def _texts(path: Path, places: list[int]) -> dict[int, list[Cell]]:
    """The columns of texts: read again, since nobody knew before that they aren't numbers. Equal texts are one object."""
    texts: dict[int, list[Cell]] = {place: [] for place in places}
    if places:
        same: dict[str, str] = {}
        for _, row in islice(read_rows(path), 1, None):
            for place, cells in texts.items():
                cells.append(same.setdefault(row[place], row[place]) or None)
    return texts


def _named(
    path: Path, line: int, names: list[str], source: str, target: str, weight: str | None, time: str | None
) -> Columns:
    """Where source, target, weight and time stand below a header."""
    hint = "name yours with --source/--target, or pass --no-header if this row is a link"
    if len(names) == 1:
        hint = "fields stand between commas in a .csv, between tabs in a .tsv"
    s, t = _column(path, line, names, source, hint), _column(path, line, names, target, hint)
    m = None if time is None else _column(path, line, names, time, "mend --time-column")
    if weight is not None:
        return s, t, _column(path, line, names, weight, "name yours with --weight"), m
    return s, t, names.index("weight") if "weight" in names else None, m


def _positional(path: Path, line: int, first: list[str], weight: str | None, time: str | None) -> Columns:
    """Where source, target and weight stand without a header: the first row decides."""
    for what, name in (("weight", weight), ("time", time)):
        if name is not None:
            raise DataError(
                f"{path}: {what}: expected a header that names {name!r}, found --no-header; drop one of them"
            )
    if len(first) not in (2, 3):
        raise DataError(
            f"{path}, line {line}: row: expected 2 or 3 fields (source, target[, weight]), found {len(first)}; "
            "name the columns in a header and drop --no-header"
        )
    return 0, 1, 2 if len(first) == 3 else None, None


def _column(path: Path, line: int, names: list[str], name: str, hint: str) -> int:
    """Where the column `name` stands below a header whose names are distinct."""
    commonest, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise DataError(
            f"{path}, line {line}: header: expected distinct names, found {commonest!r} {times} times; rename all but one"
        )
    if name not in names:
        found = ", ".join(map(repr, names))
        raise DataError(f"{path}, line {line}: header: expected a column {name!r}, found {found}; {hint}")
    return names.index(name)


def _require_new(path: Path, line: int, node: str, line_of: dict[str, int]) -> None:
    """Note the line of `node`, which must not be empty or known already."""
    if not node:
        raise DataError(f"{path}, line {line}: node: expected an id, found an empty one; fill it or drop the row")
    if node in line_of:
        raise DataError(
            f"{path}, line {line}: node: expected one row a node, found {node!r} again after line {line_of[node]}; "
            "drop one of them"
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
            f"{path}, line {line}: weight: expected a finite number > 0, found {text!r}; mend the field or drop the row"
        )
    return value
