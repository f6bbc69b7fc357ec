"""Where the columns of a CSV or TSV file stand, by its first row."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.rows import Row
from latentlink.models.sources.formats.tables import EdgeColumns


class Places(NamedTuple):
    """Positions of the columns of links, from 0; None where there is no such column."""

    source: int
    target: int
    weight: int | None
    time: int | None


def edge_places(path: Path, first: Row, columns: EdgeColumns, *, header: bool) -> Places:
    """Where the columns of links stand.

    Args:
        path: the file, for errors.
        first: its first row.
        columns: their names.
        header: whether the first row holds the names; else the columns are source, target and, of three, weight.

    Raises:
        DataError: a column is missing, or names are repeated; without a header, there are not 2 or 3 fields.
    """
    return _named(path, first, columns) if header else _positional(path, first, columns)


def node_place(path: Path, first: Row) -> int:
    """Where the column `node` stands, beside at least one other.

    Raises:
        DataError: it isn't there, nothing is beside it, or names are repeated.
    """
    line, names = first
    place = _place(path, first, "node", "name the column of ids 'node'")
    if len(names) == 1:
        raise DataError(f"{path}, line {line}: header: expected a column beside 'node', found none; add one")
    return place


def _named(path: Path, first: Row, columns: EdgeColumns) -> Places:
    """Below a header."""
    names = first[1]
    hint = "name yours with --source/--target, or pass --no-header if this row is a link"
    if len(names) == 1:
        hint = "fields stand between commas in a .csv, between tabs in a .tsv"
    source, target = _place(path, first, columns.source, hint), _place(path, first, columns.target, hint)
    time = None if columns.time is None else _place(path, first, columns.time, "correct --time-column")
    if columns.weight is not None:
        return Places(source, target, _place(path, first, columns.weight, "name yours with --weight"), time)
    return Places(source, target, names.index("weight") if "weight" in names else None, time)


def _positional(path: Path, first: Row, columns: EdgeColumns) -> Places:
    """Without a header the first row decides."""
    for what, name in (("weight", columns.weight), ("time", columns.time)):
        if name is not None:
            raise DataError(
                f"{path}: {what}: expected a header that names {name!r}, found --no-header; drop one of them"
            )
    line, fields = first
    if len(fields) not in (2, 3):
        raise DataError(
            f"{path}, line {line}: row: expected 2 or 3 fields (source, target[, weight]), found {len(fields)}; "
            "name the columns in a header and drop --no-header"
        )
    return Places(0, 1, 2 if len(fields) == 3 else None, None)


def _place(path: Path, first: Row, name: str, hint: str) -> int:
    """Where the column `name` stands below a header whose names are distinct."""
    line, names = first
    commonest, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise DataError(
            f"{path}, line {line}: header: expected distinct names, found {commonest!r} {times} times; rename all but one"
        )
    if name not in names:
        found = ", ".join(map(repr, names))
        raise DataError(f"{path}, line {line}: header: expected a column {name!r}, found {found}; {hint}")
    return names.index(name)
