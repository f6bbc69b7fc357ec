"""Case-insensitive search of ids by prefix: completion of a search box, and suggestions after a typo.

`str.casefold` folds each character by itself, so that an id matches a prefix if its characters fold, one after the other, to
those of the prefix. The sorted table serves as a trie: each possible next character narrows a range of ids by two bisections.
No index is needed: a prefix costs about 20 comparisons for each of its characters and for each spelling ("tom", "Tom") in
the table.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from heapq import nsmallest
from itertools import islice
from typing import Literal, NamedTuple
from unicodedata import normalize

from latentlink.models.checkpoint.nodes import NodeTable

_FOLDING = range(0x20000)  # contains every code point that folding changes
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")  # accents composed, and decomposed
_FEW = 32  # a range of at most so many ids is scanned
_POOL = 50  # candidates of a suggestion, for each length of the shared prefix
_COMPARED = 128  # characters of an unknown id that are compared


class _Range(NamedTuple):
    """Sorted places [low, high) of the ids that begin with `spelled`, which folds to the first `done` characters of a prefix."""

    spelled: bytes
    done: int
    low: int
    high: int


class Completion:
    """Finds ids of a table by their prefix.

    Args:
        nodes: N ids.
    """

    def __init__(self, nodes: NodeTable) -> None:
        self._nodes = nodes
        self._unfolded: defaultdict[str, list[str]] = defaultdict(list)  # by the first character that they fold to
        for character in map(chr, _FOLDING):
            if (folded := character.casefold()) != character:
                self._unfolded[folded[0]].append(character)

    def starting(self, prefix: str, limit: int) -> list[str]:
        """The first `limit` ids, in order of their UTF-8, that begin with `prefix` when both are casefolded."""
        return list(islice(self._starting(prefix.casefold()), limit))

    def closest(self, node: str, limit: int = 3) -> list[str]:
        """Up to `limit` ids that are most similar to `node`, which need not exist; the most similar one comes first.

        Candidates are ids that share the longest possible prefix with it, half of that prefix, and so on to one character.
        The distance of two ids is the length of what remains between their common prefix and their common suffix. An id
        that looks the same, with its accents composed or decomposed, comes before all others.
        """
        # Normalizing thousands of marks on one letter would take quadratic time.
        forms = {normalize(form, node): None for form in _FORMS} if len(node) <= _COMPARED else {}
        same = {other: None for other in forms if other != node and other in self._nodes}
        query = node[:_COMPARED].casefold()
        shared = bisect_left(range(1, len(query) + 1), x=True, key=lambda n: not self.starting(query[:n], 1))
        pool: dict[str, None] = {}
        while shared and len(pool) < _POOL:
            pool |= dict.fromkeys(self.starting(query[:shared], _POOL))
            shared //= 2
        near = nsmallest(limit, pool, key=lambda other: _difference(query, other.casefold()))
        return list(same | dict.fromkeys(near))[:limit]

    def _starting(self, prefix: str) -> Iterator[str]:
        ranges = [_Range(b"", 0, 0, len(self._nodes))]
        while ranges:
            found = ranges.pop()
            ids = self._nodes.sorted_ids(found.low, found.high)
            if found.done == len(prefix):
                yield from ids
            elif found.high - found.low <= _FEW:
                yield from (node for node in ids if node.casefold().startswith(prefix))
            else:
                ranges.extend(reversed(list(self._narrow(found, prefix))))

    def _narrow(self, wide: _Range, prefix: str) -> Iterator[_Range]:
        """The parts of a range, in order, whose ids continue with a spelling of the prefix's next character."""
        rest = prefix[wide.done :]
        for character in sorted([rest[0], *self._unfolded.get(rest[0], ())]):
            folded = character.casefold()
            if rest.startswith(folded) or folded.startswith(rest):
                spelled = wide.spelled + character.encode(errors="surrogatepass")
                low = self._nodes.place(spelled, wide.low, wide.high)
                high = self._nodes.place(spelled + b"\xff", low, wide.high)  # 0xff is behind all of UTF-8
                if low < high:
                    yield _Range(spelled, min(wide.done + len(folded), len(prefix)), low, high)


def _difference(left: str, right: str) -> int:
    """Characters of the longer text between the common prefix and the common suffix."""
    start = _common(left, right)
    left, right = left[start:], right[start:]
    return max(len(left), len(right)) - _common(left[::-1], right[::-1])


def _common(left: str, right: str) -> int:
    """Length of the common prefix."""
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
