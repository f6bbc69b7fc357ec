"""What a graph file lists, checked: nodes once each, and links between nodes of the list."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.errors import DataError

Attributes = Mapping[str, object]


class Node(NamedTuple):
    """A node of the list: what links call it, and its attributes."""

    id: str
    attributes: Attributes


class Link(NamedTuple):
    """A link: what it calls its ends, and its attributes."""

    source: str
    target: str
    attributes: Attributes


class Network(NamedTuple):
    """A graph file.

    Attributes:
        ids: of the n nodes, in order.
        attributes: of each node.
        pairs: int64 (m, 2), the ends of the links as rows of `ids`.
        links: the attributes of each link.
        notes: how this differs from the file, a sentence each.
        directions: what the file says of its links: whether they are directed, or both of a mixture; empty if it says nothing.
    """

    ids: list[str]
    attributes: list[Attributes]
    pairs: Int64
    links: list[Attributes]
    notes: tuple[str, ...] = ()
    directions: frozenset[bool] = frozenset()


def network(
    what: Path | str,
    nodes: Sequence[Node],
    links: Sequence[Link],
    notes: Iterable[str] = (),
    *,
    directions: Iterable[bool],
) -> Network:
    """The nodes and links of a file, checked.

    Raises:
        DataError: an id is empty or no Unicode text, a node is listed twice, there is no link, or a link's end is no node of
            the list.
    """
    ids = [node.id for node in nodes]
    _require_distinct(what, ids)
    for node in ids:
        if not node or any("\ud800" <= character <= "\udfff" for character in node):
            raise DataError(f"{what}, node {node!r}: expected an id of Unicode text, found {node!r}; rename it")
    if not links:
        raise DataError(f"{what}: expected edges, found {len(ids):,} nodes without; add some")
    row_of = {node: row for row, node in enumerate(ids)}
    ends = [(link.source, link.target) for link in links]
    _require_listed(what, row_of, ends)
    pairs = np.array([(row_of[one], row_of[other]) for one, other in ends], np.int64)
    attributes, of_links = [node.attributes for node in nodes], [link.attributes for link in links]
    return Network(ids, attributes, pairs, of_links, tuple(notes), frozenset(directions))


def _require_distinct(what: Path | str, ids: Sequence[str]) -> None:
    counts = Counter(ids)
    if len(counts) < len(ids):
        node, times = counts.most_common(1)[0]
        twice = sum(count > 1 for count in counts.values())
        raise DataError(
            f"{what}, node {node!r}: expected each node to be listed once, found {twice:,} listed again, {node!r} {times} "
            "times; drop or rename the others"
        )


def _require_listed(what: Path | str, row_of: Mapping[str, int], ends: Iterable[tuple[str, str]]) -> None:
    unlisted = [(pair, end) for pair in ends for end in pair if end not in row_of]
    if unlisted:
        (one, other), end = unlisted[0]
        count = len({end for _, end in unlisted})
        raise DataError(
            f"{what}, edge {one!r} - {other!r}: expected ends that the file lists as nodes, found {count:,} that it doesn't "
            f"list, such as {end!r}; list them or correct the links"
        )
