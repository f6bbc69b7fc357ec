"""Ids by any part of theirs, whatever its case: a scan of all ids, block by block, for what a sorted table can't find.

A block is searched as one text, by its bytes with ASCII letters made small. What is found there, and ids with characters
beyond ASCII, which casefolding may change to anything, are then looked at one by one. Both have a bound.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.checkpoint.ids.hashing import Texts

MAX_BYTES = 2**28  # of ids that one search reads, in UTF-8
MAX_LOOKS = 2**19  # ids that one search looks at one by one
_BLOCK = 4_096  # ids searched as one text


class Rows(NamedTuple):
    """The first rows of a search, rising.

    Attributes:
        rows: those found.
        exact: whether all ids before the last one found, or all there are, were searched.
    """

    rows: list[int]
    exact: bool


def rows_containing(texts: Texts, part: str, limit: int) -> Rows:
    """The first `limit` rows whose id contains `part` when both are casefolded.

    Args:
        texts: N ids, behind each other from the start of their buffer.
        part: not empty.
        limit: at least 1.
    """
    folded, rows, looks = part.casefold(), list[int](), 0
    within = int(np.searchsorted(texts.ends, MAX_BYTES, "right"))
    for low in range(0, within, _BLOCK):
        if looks > MAX_LOOKS:
            return Rows(rows, exact=False)
        block = texts.take(slice(low, min(low + _BLOCK, within)))
        candidates = _candidates(block, folded)
        looks += len(candidates)
        for row, node in zip(candidates.tolist(), block.take(candidates).decode(), strict=True):
            if folded in node.casefold():
                rows.append(low + row)
                if len(rows) == limit:
                    return Rows(rows, exact=True)
    return Rows(rows, exact=within == len(texts.ends))


def _candidates(block: Texts, folded: str) -> Int64:
    """int64 (c,), rising: the ids of a block that may contain a casefolded part."""
    first = block.starts[0]
    content, ends = block.content[first : block.ends[-1]], block.ends - first
    maybe = np.zeros(len(ends), bool)
    if (beyond := content > 0x7F).any():
        before = np.append(0, np.cumsum(beyond))  # bytes beyond ASCII before each byte
        maybe = before[ends] > before[block.starts - first]
    if folded.isascii():
        maybe[list(_hits(content.tobytes().lower(), ends, folded.encode()))] = True
    return np.flatnonzero(maybe)


def _hits(content: bytes, ends: Int64, folded: bytes) -> Iterator[int]:
    """The ids in which an occurrence starts, once each; it may end in a later id."""
    at = content.find(folded)
    while at >= 0:
        row = int(np.searchsorted(ends, at, "right"))
        yield row
        at = content.find(folded, int(ends[row]))
