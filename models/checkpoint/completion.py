"""Ids by how they begin, or by a part, whatever the case: for completion while somebody types, and for hints after a typo.

`str.casefold` folds each character by itself, so an id begins with a prefix, both folded, exactly if its characters spell the
prefix one after the other. The sorted table is walked like a trie: every character that may come next narrows a range by two
bisections. Nothing is built or kept for it: a prefix costs some 20 comparisons for each of its characters in each of the
spellings ("tom", "Tom") that the ids have. Hints are narrowed in the same way, but pass over blanks.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Literal, NamedTuple
from unicodedata import normalize

from latentlink.models.checkpoint.nodes import NodeTable
from latentlink.models.checkpoint.substrings import rows_containing

_FOLDING = range(0x20000)  # code points among which all are that fold to something else
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")  # accents composed, and decomposed
_FEW = 32  # ids that are compared one by one instead of narrowed further
_POOL = 50  # ids that a hint is chosen from, for each length of the beginning
_BLANKS = (" ", "\N{NO-BREAK SPACE}")  # that hints pass over in ids
_COMPARED = 128  # characters of an unknown id that a hint looks at


class _Range(NamedTuple):
    """Sorted places [low, high) of the ids that begin with `spelled`, which folds to the first `done` characters wanted."""

    spelled: bytes
    done: int
    low: int
    high: int


class Found(NamedTuple):
    """Ids, and whether all ids were searched for them, unless as many as requested were found before."""

    nodes: list[str]
    exact: bool


class Completion:
    """Finds ids of a table by their beginning, or by any part.

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

    def containing(self, part: str, limit: int) -> Found:
        """The first `limit` ids that contain `part` when both are casefolded; reads up to all ids.

        The id that is spelled like it comes first, then those that begin with it, in order of their UTF-8, then others, in
        order of row. Of a large table only a part is searched for the others (see `substrings`).
        """
        first = dict.fromkeys(([part] if part in self._nodes else []) + self.starting(part, limit))
        if not part or len(first) >= limit:
            return Found(list(first)[:limit], exact=True)
        rows, exact = rows_containing(self._nodes.texts, part, limit)
        return Found(list(first | dict.fromkeys(self._nodes.ids(rows)))[:limit], exact)

    def closest(self, node: str, limit: int = 3) -> list[str]:
        """Up to `limit` ids that may be meant by `node`, which need not exist; those that differ least come first.

        Candidates are ids that share the longest beginning with it, half of that, and so on to one character; two
        differ by what is left between their common beginning and their common end, blanks aside. Before all others comes what
        looks the same: the id with its accents composed, or decomposed.
        """
        # Thousands of marks on one letter would be put in order in quadratic time.
        forms = {normalize(form, node): None for form in _FORMS} if len(node) <= _COMPARED else {}
        same = {other: None for other in forms if other != node and other in self._nodes}
        typed = node[:_COMPARED].casefold()
        wanted = _without_blanks(typed)
        shared = bisect_left(range(1, len(wanted) + 1), x=True, key=lambda n: not self._like(wanted[:n], 1))
        pool: dict[str, None] = {}
        while shared and len(pool) < _POOL:
            pool |= dict.fromkeys(self._like(wanted[:shared], _POOL))
            shared //= 2
        folded = {other: other.casefold() for other in pool}
        near = nsmallest(
            limit,
            pool,
            key=lambda other: (_difference(wanted, _without_blanks(folded[other])), _difference(typed, folded[other])),
        )
        return list(same | dict.fromkeys(near))[:limit]

    def _like(self, wanted: str, limit: int) -> list[str]:
        """The first ids that begin with a folded text without blanks, theirs aside."""
        return list(islice(self._starting(wanted, blanks=False), limit))

    def _starting(self, wanted: str, *, blanks: bool = True) -> Iterator[str]:
        read = str if blanks else _without_blanks
        ranges = [_Range(b"", 0, 0, len(self._nodes))]
        while ranges:
            found = ranges.pop()
            ids = self._nodes.sorted_ids(found.low, found.high)
            if found.done == len(wanted):
                yield from ids
            elif found.high - found.low <= _FEW:
                yield from (node for node in ids if read(node.casefold()).startswith(wanted))
            else:
                ranges.extend(reversed(list(self._narrow(found, wanted, () if blanks else _BLANKS))))

    def _narrow(self, wide: _Range, wanted: str, passed: Sequence[str]) -> Iterator[_Range]:
        """The parts of a range that go on with a spelling of what is wanted next, or with what is passed over, in order."""
        rest = wanted[wide.done :]
        for character in sorted({rest[0], *self._unfolded.get(rest[0], ()), *passed}):
            folded = "" if character in passed else character.casefold()
            if rest.startswith(folded) or folded.startswith(rest):
                spelled = wide.spelled + character.encode(errors="surrogatepass")
                low = self._nodes.place(spelled, wide.low, wide.high)
                high = self._nodes.place(spelled + b"\xff", low, wide.high)  # 0xff is behind all of UTF-8
                if low < high:
                    yield _Range(spelled, min(wide.done + len(folded), len(wanted)), low, high)


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _difference(left: str, right: str) -> int:
    """Characters of the longer one outside the common beginning and the common end."""
    start = _common(left, right)
    left, right = left[start:], right[start:]
    return max(len(left), len(right)) - _common(left[::-1], right[::-1])


def _common(left: str, right: str) -> int:
    """Characters that both begin with."""
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
