"""Columns of links that can hardly be ends: one with a single value, and one that numbers the rows."""

from collections.abc import Iterator, Sequence

from latentlink.models.arrays import Int64
from latentlink.models.sources.formats.ends import LOOKED_AT, rising
from latentlink.models.sources.formats.names import of_one_kind
from latentlink.models.sources.formats.tables import EdgeTable

_FEWEST = 3  # links


def end_notes(table: EdgeTable, ends: tuple[str, str]) -> Iterator[str]:
    """A note on each end of the links that has one value, or another whole number in each row, greater than the one before.

    Names of both ends that say that they hold one kind, as `child` and `parent` do, make rising numbers ids.

    Args:
        table: the links of a table; a graph file and a matrix say themselves what their ends are.
        ends: what the columns are called where they come from.
    """
    pairs, layout = table.pairs, table.layout
    if layout.lists_nodes or layout.matrix is not None or len(pairs) < _FEWEST:
        return
    first = 0 if layout.named else 1  # which may be the names of columns
    for rows, name, option in zip(pairs.T, ends, ("--source", "--target"), strict=True):
        if (rows == rows[0]).all():
            yield (
                f"{name!r} is read as an end of the links, though it is {table.ids[rows[0]]!r} in all {len(rows):,} rows; if it "
                f"isn't, name the column that is with {option}."
            )
        elif not (layout.named and of_one_kind(*ends)) and _rises(table.ids, rows[first:]):
            yield (
                f"{name!r} is read as an end of the links, though it rises from row to row, as row numbers do; if it numbers the "
                f"rows, name the column that is an end with {option}."
            )


def _rises(ids: Sequence[str], rows: Int64) -> bool:
    """Whether the ids of these rows rise as whole numbers do; a look at the first mostly tells."""
    return all(rising([ids[row] for row in some.tolist()]) for some in (rows[:LOOKED_AT], rows))
