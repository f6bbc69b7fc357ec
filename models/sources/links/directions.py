"""Whether links are directed: what the user asks for, what a file says, and what names and counts suggest."""

from collections.abc import Iterator

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError
from latentlink.models.sources.formats.names import says_direction
from latentlink.models.sources.formats.tables import UNDIRECTED, EdgeTable

# Shares of the linked pairs that stand in both directions. Undirected links stand in one, or all in both; a few by mistake.
_LEAST, _MOST = 0.05, 0.95
_FEWEST = 10  # such pairs


def require_direction(table: EdgeTable, what: str) -> None:
    """Refuse links without a direction, also some among others: nothing says which way of theirs was meant.

    Raises:
        DataError: the file says that links are undirected.
    """
    if False in table.directions:
        some = "some of " * (True in table.directions)
        raise DataError(
            f"{what}: expected directed links for --directed, found a graph that says that {some}its links are undirected; drop "
            "--directed, or write it as a directed graph: a link once if the order of its ends is a direction, else in both"
        )


def direction_notes(table: EdgeTable, ends: tuple[str, str]) -> Iterator[str]:
    """A note on links that are read as undirected though the file, the names of the ends or counts say that they are directed.

    Args:
        table: the links; what a graph file does not say, its counts do not tell.
        ends: what the columns are called where they come from.
    """
    if False in table.directions and True in table.directions:
        yield f"Some of the links are directed; {UNDIRECTED}, with the undirected ones written in both directions."
    elif True in table.directions:
        yield f"The links are directed; {UNDIRECTED}."
    elif not table.layout.lists_nodes:
        named = table.layout.named and says_direction(*ends)
        found = "{!r} and {!r} are the ends of directed links".format(*ends) if named else _mutual(table)
        if found is not None:
            yield f"{found}; {UNDIRECTED}."


def mirrored_notes(table: EdgeTable) -> Iterator[str]:
    """A note on links between columns of two types of which most stand in both directions: their ends become nodes of both."""
    directed, linked, _ = _counts(table.pairs, len(table.ids))
    if (mutual := directed - linked) >= max(_FEWEST, linked / 2):
        yield (
            f"{mutual:,} of {linked:,} linked pairs stand in both directions, so that their ends are read as two nodes "
            "each, one of either type; if they are the same links, leave out one direction."
        )


def _mutual(table: EdgeTable) -> str | None:
    """How many of the pairs are linked in both directions, where that speaks for directed links, or None.

    Repeats in the same direction speak against it: then a link stands in the order in which it was met.
    """
    directed, linked, links = _counts(table.pairs, len(table.ids))
    mutual, repeats = directed - linked, links - directed
    if mutual < max(_FEWEST, _LEAST * linked, 2 * repeats) or mutual > _MOST * linked:
        return None
    return f"{mutual:,} of {linked:,} linked pairs stand in both directions, the others in one: the links seem to be directed"


def _counts(pairs: Int64, n: int) -> tuple[int, int, int]:
    """The distinct ordered pairs, the distinct pairs, and all, without self-loops."""
    one, other = pairs[pairs[:, 0] != pairs[:, 1]].T
    linked = np.minimum(one, other) * n + np.maximum(one, other)
    return _distinct(one * n + other), _distinct(linked), len(one)


def _distinct(codes: Int64) -> int:
    """How many distinct numbers there are: a sort takes a hundredth of the time of `np.unique`, which hashes."""
    codes.sort()
    return len(codes) and 1 + int((codes[1:] != codes[:-1]).sum())
