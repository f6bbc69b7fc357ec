"""Whether the first row of a text names its columns, where nobody says so and no name is a usual one."""

import re
from collections.abc import Collection, Sequence
from itertools import islice, pairwise
from typing import Literal

from latentlink.models.sources.formats.ends import with_ends
from latentlink.models.sources.formats.names import found, is_node_column
from latentlink.models.sources.formats.numbers import parsed
from latentlink.models.sources.formats.rows import Text, first_row, read_rows
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns

_LOOKED_AT = 10_000  # rows


def names_ends(columns: EdgeColumns, first: Sequence[str]) -> bool:
    """Whether the fields of a first row are names, those of both ends among them."""
    ends = with_ends(columns, first)
    return all(found(end, first) for end in ends[:2])


def names_nodes(first: Sequence[str]) -> bool:
    """Whether the fields of a first row are names, that of the ids of nodes among them."""
    return any(map(is_node_column, first))


def edge_header(text: Text, columns: EdgeColumns) -> tuple[EdgeColumns, bool]:
    """Whether the first row names the columns, and these, where they are the only two.

    Where that doesn't show it is taken for names: not finding the ends among them is an error that has both ways out.
    """
    rows = read_rows(text)
    _, first = first_row(text, rows)
    below = [row for _, row in islice(rows, _LOOKED_AT)]
    if names_ends(columns, first):
        return columns, not (_are_letters(columns, first) and _stand_again(first, below, ends=(0, 1)))
    if not all(_may_be_place(given, usual) for given, usual in zip(columns[:2], COLUMNS[:2], strict=True)):
        return columns, True
    kind = _kind(first, below, ends=(0, 1))
    if kind == "names" and len(set(first)) == len(first) == 2 and columns[:2] == COLUMNS[:2]:
        turned = found(COLUMNS.target, first) == first[0] or found(COLUMNS.source, first) == first[1]
        source, target = reversed(first) if turned else first
        columns = columns._replace(source=source, target=target)
    return columns, kind != "row"


def node_header(text: Text) -> bool:
    """Whether the first row names the columns; without names the ids stand in the first one."""
    rows = read_rows(text)
    _, first = first_row(text, rows)
    return names_nodes(first) or _kind(first, [row for _, row in islice(rows, _LOOKED_AT)], ends=()) != "row"


def _may_be_place(given: str, usual: str) -> bool:
    return given == usual or given.isdecimal()


def _are_letters(columns: EdgeColumns, first: Sequence[str]) -> bool:
    """Whether letters such as `u` and `v` in the first two columns were taken for names of ends."""
    ends = with_ends(columns, first)
    return ends != columns and {*ends[:2]} == {*first[:2]} and all(len(end) == 1 for end in ends[:2])


def _stand_again(first: Sequence[str], rows: Sequence[Sequence[str]], ends: Collection[int]) -> bool:
    """Whether an end of the first row is one in another row, but for a copy of the first."""
    again = {row[place] for row in rows if row != first for place in ends if place < len(row)}
    return any(place < len(first) and first[place] in again for place in ends)


def _kind(first: Sequence[str], rows: Sequence[Sequence[str]], ends: Collection[int]) -> Literal["names", "row"] | None:
    """What the first row is by those below: a row where a cell is of the kind of its column, or an id that stands again.

    It has names where words stand above numbers. None: it may be either.
    """
    if len(first) > 2 and [*first] in (
        [*map(str, range(n, n + len(first)))] for n in (0, 1)
    ):  # names that pandas gives
        return None
    cells = [_kind_of_cell(cell, [row[place] for row in rows if row[place]]) for place, cell in enumerate(first)]
    if _stand_again(first, rows, ends):
        return None if "names" in cells else "row"
    if len({*cells} - {None}) != 1 or _counts(first, cells):
        return None
    return "names" if "names" in cells else "row"


def _kind_of_cell(cell: str, below: Sequence[str]) -> Literal["names", "row"] | None:
    numbers = bool(below) and all(map(_is_number, below))
    if _is_number(cell):
        return "row" if numbers or not below else None
    if numbers:
        return "names"
    alike = bool(below) and bool(re.search(r"\d", cell)) and all(_shape(other) == _shape(cell) for other in below)
    return "row" if alike else None


def _counts(first: Sequence[str], cells: Sequence[str | None]) -> bool:
    """Whether all that speaks for a row are numbers that count on, as the names of years do."""
    numbers = [parsed(cell) for cell in first if _is_number(cell)]
    if _is_number(first[0]) or len(numbers) < 2 or len(numbers) < sum(kind is not None for kind in cells):
        return False
    return all(one is not None and other == one + 1 for one, other in pairwise(numbers))


def _is_number(cell: str) -> bool:
    """Whether a cell is a number; words such as `nan` are none here."""
    return parsed(cell) is not None and any(map(str.isdigit, cell))


def _shape(cell: str) -> str:
    """A text with each number in it as 0: that of `u12` is that of `u7`."""
    return re.sub(r"\d+", "0", cell)
