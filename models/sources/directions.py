"""Links that seem to have a direction, which the graph of a model has not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.sources.formats.names import says_direction
from latentlink.models.sources.formats.tables import DIRECTED, UNDIRECTED, EdgeTable
from latentlink.models.sources.kinds import apart

# Shares of the linked pairs that stand in both directions. Undirected links stand in one, or all in both; a few by mistake.
_LEAST, _MOST = 0.05, 0.95
_FEWEST = 10  # such pairs


def direction_notes(table: EdgeTable, links: Path | str, ends: tuple[str, str]) -> Iterator[str]:
    """A note on links whose columns are named by a direction, or of which some stand in both directions.

    Args:
        table: the links; a graph file, which says itself whether they are directed, has notes already.
        links: the file, or the query, for the query that keeps the directions.
        ends: what the columns are called where they come from.
    """
    if DIRECTED in table.notes or table.layout.lists_nodes:
        return
    named = table.layout.named and says_direction(*ends)
    mutual = None if named else _mutual(table.pairs, len(table.ids))
    if named or mutual is not None:
        found = "{!r} and {!r} are the ends of directed links".format(*ends) if named else mutual
        yield (
            f"{found}; {UNDIRECTED}. To keep it, make two nodes of each, one that links and one that is linked to: "
            f"{apart(links, table.layout, ends)}."
        )


def _mutual(pairs: Int64, n: int) -> str | None:
    """How many of the pairs are linked in both directions, where that speaks for directed links, or None.

    Repeats in the same direction speak against it: then a link stands in the order in which it was met.
    """
    one, other = pairs[pairs[:, 0] != pairs[:, 1]].T
    directed = np.unique(one * n + other)
    linked = len(np.unique(np.minimum(one, other) * n + np.maximum(one, other)))
    mutual, repeats = len(directed) - linked, len(one) - len(directed)
    if mutual < max(_FEWEST, _LEAST * linked, 2 * repeats) or mutual > _MOST * linked:
        return None
    return f"{mutual:,} of {linked:,} linked pairs stand in both directions, the others in one: the links seem to be directed"
