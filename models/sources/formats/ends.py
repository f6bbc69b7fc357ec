"""Which columns may be the two ends of links, where they aren't called `source` and `target`, and whether links are directed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from latentlink.models.sources.formats.moments import are_dates
from latentlink.models.sources.formats.names import are_ids, ends_among, ends_options, found, is_row_number
from latentlink.models.sources.formats.numbers import parsed
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns
from latentlink.models.wording import listed_names

_DIRECTIONS = {"directed": 1, "undirected": 0, "mutual": 0}  # Gephi's words; a mutual link leads both ways
LOOKED_AT = 100  # rows whose cells tell what a column may be
Cells = Mapping[str, Sequence[object]]  # the first cells of each column, None where one is missing


def with_ends(columns: EdgeColumns, names: Iterable[str]) -> EdgeColumns:
    """The same with the only pair of `names` that are those of ends, where neither the caller nor the usual names say which."""
    names = list(names)
    if columns[:2] != COLUMNS[:2] or all(found(end, names) for end in COLUMNS[:2]):
        return columns
    pairs = ends_among(names)
    return columns._replace(source=pairs[0][0], target=pairs[0][1]) if len(pairs) == 1 else columns


def ends_hint(cells: Cells) -> str:
    """How to name the ends: by the options, where a pair alone may be these, else with the columns to choose from."""
    pairs = _pairs(cells)
    if pairs:
        return f"as in {' or '.join(ends_options(*pair) for pair in pairs)}"
    likely = _likely(cells)
    return f"two of {listed_names(likely if len(likely) > 2 else cells)}, with --source and --target"


def options_behind(cells: Cells) -> str:
    """What stands behind `--edges FILE` or `--sql QUERY` so that the ends are found."""
    if all(end in cells for end in COLUMNS[:2]):
        return ""
    pairs = _pairs(cells)
    return f" {ends_options(*pairs[0])}" if len(pairs) == 1 else f", and name the ends, {ends_hint(cells)}"


def _pairs(cells: Cells) -> list[tuple[str, str]]:
    """The pairs of columns that are named like ends, or else the only two that may be ends."""
    likely = _likely(cells)
    return ends_among(cells) or ([(likely[0], likely[1])] if len(likely) == 2 else [])


def _likely(cells: Cells) -> list[str]:
    """The columns that may hold the ids of ends: those of ids by their names, if there are two, else all but obvious others."""
    names = [name for name, column in cells.items() if found("weight", [name]) is None and _may_be_end(name, column)]
    ids = [name for name in names if are_ids(name)]
    return ids if len(ids) > 1 else names


def _may_be_end(name: str, column: Sequence[object]) -> bool:
    """Whether the cells are no row numbers, no moments, no fractions and not all the same."""
    texts = ["" if cell is None else str(cell) for cell in column]
    if not texts:
        return True
    constant = len(texts) > 1 and len(set(texts)) == 1
    counted = is_row_number(name) or (len(texts) > 1 and rising(texts))
    numbers = [parsed(text) for text in texts]
    fractions = all(number is not None for number in numbers) and not all(map(_is_whole, numbers))
    return not (constant or counted or fractions or are_dates(texts))


def _is_whole(number: float | None) -> bool:
    return number is not None and number.is_integer()


def direction(cell: str) -> int | None:
    """What a cell of a column of types says of its link: 1 directed, 0 not, −1 something else; None where it is empty."""
    word = cell.strip(" ").lower()
    return _DIRECTIONS.get(word, -1) if word else None


def direction_sql(cell: str) -> str:
    """SQL for the same of a text."""
    known = " ".join(f"WHEN '{word}' THEN {code}" for word, code in _DIRECTIONS.items())
    return f"CASE coalesce(lower(trim({cell})), '') WHEN '' THEN NULL {known} ELSE -1 END"


def said_directions(codes: Collection[int | None]) -> frozenset[bool]:
    """Whether a column of types, by the codes of its cells, says that links are directed: either, both, or nothing.

    One other word among them makes it a column of something else, such as relations.
    """
    return frozenset() if -1 in codes else frozenset(bool(code) for code in codes if code is not None)


def rising(texts: Sequence[str]) -> bool:
    """Whether the texts are whole numbers, each greater than the one before."""
    if not all(text.isascii() and text.isdecimal() for text in texts):
        return False
    numbers = list(map(int, texts))
    return all(one < other for one, other in pairwise(numbers))
