"""Case-insensitive search of ids by prefix or any part: completion of a search box, and suggestions after a typo.

`str.casefold` folds each character by itself, so that an id matches a prefix if its characters fold, one after the other, to
those of the prefix. The sorted table serves as a trie: each possible next character narrows a range of ids by two bisections.
No index is needed: a prefix costs about 20 comparisons for each of its characters and for each spelling ("tom", "Tom") in
the table. Suggestions ignore blanks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from heapq import nsmallest
from itertools import islice
from typing import Literal, NamedTuple
from unicodedata import normalize

from latentlink.models.checkpoint.ids.nodes import NodeTable
from latentlink.models.checkpoint.ids.substrings import MAX_BYTES, rows_containing

PREFIX_WORK = 2_000_000  # operations of a search by prefix, as a rule; a hundred times as many by `_MOST_RANGES`
_FOLDING = range(0x20000)  # contains every code point that folding changes
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")  # accents composed, and decomposed
_FEW = 32  # a range of at most so many ids is scanned
_MOST_RANGES = 1_000  # narrowed in one search: ids that differ by case alone have exponentially many
_SUGGESTED_RANGES = 5_000  # narrowed for the suggestions of one error
_POOL = 50  # candidates of a suggestion, for each length of the shared prefix
_BLANKS = (" ", "\N{NO-BREAK SPACE}")  # that suggestions ignore in ids
_COMPARED = 128  # characters of an unknown id that are compared


class _Range(NamedTuple):
    """Sorted places [low, high) of the ids that begin with `spelled`, which folds to the first `done` characters prefix."""

    spelled: bytes
    done: int
    low: int
    high: int


class Found(NamedTuple):
    """Rows, and whether all ids were searched for them, unless as many as requested were found before."""

    rows: list[int]
    exact: bool


class Completion:
    """Finds ids of a table by a prefix, or by any part.

    Args:
        nodes: N ids.

    Attributes:
        nodes: these.
    """

    def __init__(self, nodes: NodeTable) -> None:
        self.nodes, self._unfolded = nodes, _unfolded()

    @property
    def containing_work(self) -> int:
        """Operations of `containing`, at most: two for each byte of the ids that are searched, more beyond ASCII."""
        texts = self.nodes.texts
        return 2 * min(int(texts.ends[-1]), MAX_BYTES) + PREFIX_WORK

    def starting(self, prefix: str, limit: int) -> list[int]:
        """The rows of the first `limit` ids, in order of their UTF-8, that begin with `prefix` when both are casefolded."""
        return list(islice(self._starting(prefix.casefold(), iter(range(_MOST_RANGES))), limit))

    def containing(self, part: str, limit: int) -> Found:
        """The rows of the first `limit` ids that contain `part` when both are casefolded; reads up to all ids.

        The id that equals it comes first, then those that begin with it, in order of their UTF-8, then others, in
        order of row. Of a large table only a part is searched for the others (see `substrings`).
        """
        first = dict.fromkeys(self.nodes.rows_of(part) + self.starting(part, limit))
        if not part or len(first) >= limit:
            return Found(list(first)[:limit], exact=True)
        rows, exact = rows_containing(self.nodes.texts, part, limit)
        return Found(list(first | dict.fromkeys(rows))[:limit], exact)

    def closest(self, nodes: Iterable[str], limit: int = 3, kind: int | None = None) -> dict[str, list[str]]:
        """For each of some texts up to `limit` ids that are most similar to it; the most similar one comes first.

        With `kind` they are ids of nodes of this type.

        The last ones may get none, where the search for the first took long.

        Candidates are ids that share the longest possible prefix with it, half of that prefix, and so on to one character.
        The distance of two ids, without blanks, is the length of what remains between their common prefix and their common
        suffix. An id that looks the same, with its accents composed or decomposed, comes before all others.
        """
        visits = iter(range(_SUGGESTED_RANGES))
        return {node: self._closest(node, limit, visits, kind) for node in nodes}

    def _closest(self, node: str, limit: int, visits: Iterator[int], kind: int | None) -> list[str]:
        # Normalizing thousands of marks on one letter would take quadratic time.
        forms = {normalize(form, node): None for form in _FORMS} if len(node) <= _COMPARED else {}
        same = {other: None for other in forms if other != node and self.nodes.rows([other], kind).item() >= 0}
        typed = node[:_COMPARED].casefold()
        prefix = _without_blanks(typed)
        shared = self._shared(prefix, visits)
        pool: dict[str, None] = {}
        while shared and len(pool) < _POOL:
            pool |= dict.fromkeys(self._like(prefix[:shared], _POOL, visits, kind))
            shared //= 2
        folded = {other: other.casefold() for other in pool}
        near = nsmallest(
            limit,
            pool,
            key=lambda other: (_difference(prefix, _without_blanks(folded[other])), _difference(typed, folded[other])),
        )
        return list(same | dict.fromkeys(near))[:limit]

    def _shared(self, prefix: str, visits: Iterator[int]) -> int:
        """How many characters of a folded prefix without blanks an id begins with at most, without its own blanks."""
        longest, ranges = 0, [_Range(b"", 0, 0, len(self.nodes))]
        while ranges and longest < len(prefix) and next(visits, None) is not None:
            found = ranges.pop()
            longest = max(longest, found.done)
            if found.high - found.low <= _FEW:
                ids = map(self.nodes.id, self.nodes.sorted_rows(found.low, found.high))
                longest = max([longest, *(_common(_without_blanks(node.casefold()), prefix) for node in ids)])
            elif found.done < len(prefix):
                ranges.extend(self._narrow(found, prefix, _BLANKS))
        return longest

    def _like(self, prefix: str, limit: int, visits: Iterator[int], kind: int | None) -> list[str]:
        """Of the first ids that begin with a folded prefix without blanks, without their own blanks, those of a type, or all."""
        rows, types = islice(self._starting(prefix, visits, blanks=False), limit), self.nodes.types
        return self.nodes.ids(row for row in rows if kind is None or types is None or types[row] == kind)

    def _starting(self, prefix: str, visits: Iterator[int], *, blanks: bool = True) -> Iterator[int]:
        """The rows of ids that begin with a folded prefix, as long as another range may be visited."""
        read = str if blanks else _without_blanks
        ranges = [_Range(b"", 0, 0, len(self.nodes))]
        while ranges and next(visits, None) is not None:
            found = ranges.pop()
            rows = self.nodes.sorted_rows(found.low, found.high)
            if found.done == len(prefix):
                yield from rows
            elif found.high - found.low <= _FEW:
                yield from (row for row in rows if read(self.nodes.id(row).casefold()).startswith(prefix))
            else:
                ranges.extend(reversed(list(self._narrow(found, prefix, () if blanks else _BLANKS))))

    def _narrow(self, wide: _Range, prefix: str, ignored: Sequence[str]) -> Iterator[_Range]:
        """The parts of a range, in order, whose ids continue with a spelling of the prefix's next character, or one to ignore."""
        rest = prefix[wide.done :]
        for character in sorted({rest[0], *self._unfolded.get(rest[0], ()), *ignored}):
            folded = "" if character in ignored else character.casefold()
            if rest.startswith(folded) or folded.startswith(rest):
                spelled = wide.spelled + character.encode(errors="surrogatepass")
                low = self.nodes.place(spelled, wide.low, wide.high)
                high = self.nodes.place(spelled + b"\xff", low, wide.high)  # 0xff is behind all of UTF-8
                if low < high:
                    yield _Range(spelled, min(wide.done + len(folded), len(prefix)), low, high)


@cache
def _unfolded() -> Mapping[str, Sequence[str]]:
    """Characters that folding changes, by the first one that they fold to: 20 ms of work that no model has to repeat."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for character in map(chr, _FOLDING):
        if (folded := character.casefold()) != character:
            found[folded[0]].append(character)
    return found


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _difference(left: str, right: str) -> int:
    """Characters of the longer text between the common prefix and the common suffix."""
    start = _common(left, right)
    left, right = left[start:], right[start:]
    return max(len(left), len(right)) - _common(left[::-1], right[::-1])


def _common(left: str, right: str) -> int:
    """Characters that both begin with."""
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
