"""Excel workbooks: a sheet with a row of names above, read by openpyxl."""

import shlex
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from arro3.core import Table

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.archives import require_ratio
from latentlink.models.sources.formats.guards.entities import refuse_entities
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.records.cells import arrow_table
from latentlink.models.wording import MOST_LISTED, listed_names

SHEETS = (".xlsx", ".xlsm")


def sheet(given: Path) -> Table:
    """The only filled sheet of a workbook, or the one behind `#`; formulas have the values that were saved with them.

    Raises:
        DataError: there are several, or none of that name; or the file is no workbook, or declares entities.
    """
    name, _, wanted = given.name.partition("#")
    path = given.with_name(name)
    require_ratio(path)
    with reading(path, "an Excel workbook"), warnings.catch_warnings(action="ignore"):
        import openpyxl

        with zipfile.ZipFile(path) as archive:
            for part in archive.namelist():
                with archive.open(part) as file:
                    refuse_entities(path, file)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        filled = {one.title: rows for one in book.worksheets if (rows := [*_rows(one)])}
        book.close()
    if wanted:
        filled = {title: rows for title, rows in filled.items() if title == wanted} or filled
    if len(filled) != 1 or wanted not in ("", *filled):
        example = shlex.quote(f"{path}#{next(iter(filled), 'SHEET')}")
        found = listed_names(filled, MOST_LISTED) or "none"
        raise DataError(f"{path}: expected one sheet with cells, found {found}; name it behind #, as in {example}")
    [(names, *rows)] = filled.values()
    width = max(place for row in (names, *rows) for place, cell in enumerate(row, 1) if cell is not None)
    return arrow_table(str(given), _called(names[:width]), (row[:width] for row in rows))


def _called(cells: Sequence[object]) -> list[str]:
    """The names of the columns; the only one without a name is called as pandas calls it, which leaves it so for its index."""
    names = ["" if cell is None else str(cell) for cell in cells]
    return [name or f"Unnamed: {place}" for place, name in enumerate(names)] if names.count("") == 1 else names


def _rows(one: Any) -> Iterator[tuple[object, ...]]:
    """The rows that have a cell, all as wide as the widest."""
    rows = [row for row in one.iter_rows(values_only=True) if any(cell is not None for cell in row)]
    width = max(map(len, rows), default=0)
    return ((*row, *[None] * (width - len(row))) for row in rows)
