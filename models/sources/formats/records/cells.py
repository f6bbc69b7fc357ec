"""Rows of Python's objects, as a spreadsheet or a database gives them, as a table of Arrow with one kind in each column."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

from arro3.core import Array, DataType, Table

from latentlink.models.errors import DataError
from latentlink.models.wording import shortened

_EPOCH = datetime(1970, 1, 1)
_WHOLE = range(-(2**63), 2**63)
_KINDS = {bool: "truth values", int: "numbers", float: "numbers", str: "texts", datetime: "dates", type(None): ""}


def arrow_table(what: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """The cells of each column; numbers among texts are texts, and whole numbers of float are whole.

    Args:
        what: the file or query, with which errors begin.
        names: of the columns, distinct.
        rows: of as many cells, None where one is empty.

    Raises:
        DataError: names are not distinct, one is empty, there is no row, or a column has cells that are of no one kind.
    """
    commonest, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise DataError(
            f"{what}: columns: expected distinct names, found {commonest!r} {times} times; rename all but one"
        )
    if not all(names):
        raise DataError(f"{what}: columns: expected names, found an empty one; name column {names.index('') + 1}")
    table = [list(map(_plain, cells)) for cells in zip(*rows, strict=True)]
    if not table:
        raise DataError(f"{what}: expected rows, found none; check that it was written to the end")
    return Table.from_pydict({name: _array(what, name, cells) for name, cells in zip(names, table, strict=True)})


def _plain(cell: object) -> object:
    """A cell as one of few types."""
    if isinstance(cell, Decimal | float):
        number = float(cell)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    return str(cell) if isinstance(cell, UUID) else cell


def _array(what: str, name: str, cells: list[object]) -> Array:
    """A column."""
    where = f"{what}: {shortened(name)}"
    kinds = {_KINDS.get(type(cell), type(cell).__name__): row for row, cell in reversed([*enumerate(cells, 1)])}
    kinds.pop("", None)
    if kinds.keys() == {"dates"}:
        times = [None if cell is None else (cell - _EPOCH) // _EPOCH.resolution for cell in cells]  # type: ignore[operator]
        return Array(times, type=DataType.int64()).cast(DataType.timestamp("us"))
    if kinds.keys() == {"truth values"}:
        return Array(cells, type=DataType.bool())
    if kinds.keys() == {"numbers"}:
        whole = all(cell is None or (isinstance(cell, int) and cell in _WHOLE) for cell in cells)
        return Array(cells, type=DataType.int64() if whole else DataType.float64())
    if not kinds.keys() <= {"numbers", "texts"}:
        [(first, row), *others] = sorted(kinds.items(), key=lambda kind: kind[1])
        found = f"{first} in row {row}" + "".join(f", {kind} in row {row}" for kind, row in others)
        raise DataError(
            f"{where}: expected numbers, texts, dates or truth values alone, found {found}; make the column text (spreadsheets "
            "turn names such as SEPT2 into dates), or leave it out"
        )
    return Array([None if cell is None else str(cell) for cell in cells], type=DataType.utf8())
