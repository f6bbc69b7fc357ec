"""Large bodies of JSON, counted before an object is made of any of it, and parsed in pieces.

A parser holds the interpreter's lock until it returns, and the event loop waits for the lock: so no call gets more than a piece.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json

from latentlink.app.errors import InvalidRequestError, MalformedBodyError
from latentlink.app.http.bodies import repeated_key, require_tokens_of_json
from latentlink.app.settings import Settings
from latentlink.models.arrays import Int64

_BLOCK = 2**20  # bytes scanned at once
_PIECE = 2**16  # bytes parsed at once
_LONGEST = 2**18  # bytes of a text
_DEEPEST = 200  # containers in each other, as in a small body
_KEYS = 100_000  # 100 new nodes with a thousand columns each
_CELLS = 500_000  # 100 new nodes with 5,000 numbers each
_OTHERS = 1_000  # lists and objects around pairs, links and cells
_BLANK = b" \t\n\r"
_COMMA, _COLON, _QUOTE = b',:"'  # as numbers
_OPENING, _CLOSING = b"[{", b"]}"
_MARKS = bytes(byte if byte in b",:[]{}" else 0 for byte in range(256))  # what `bytes.translate` leaves


class Most(NamedTuple):
    """What a body may hold.

    Attributes:
        keys: of all objects.
        containers: lists and objects.
        values: these, and the texts, numbers and other values in them.
    """

    keys: int
    containers: int
    values: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What requests within an operator's limits need: scores have pairs; new nodes have links, and a list in each column."""
        containers = max(settings.max_pairs, settings.max_nodes + _KEYS) + _OTHERS
        return cls(_KEYS, containers, 3 * settings.max_pairs + 10 * settings.max_nodes + _CELLS)


def read_in_pieces(content: bytes, most: Most) -> tuple[object, str | None]:
    """The value that a body is, and a key that one of its objects has twice, the last of which wins; None if there is none.

    Args:
        content: the body.
        most: what it may hold.

    Raises:
        InvalidRequestError: it holds more, or a text that is longer than any id.
        MalformedBodyError: it is not JSON.
    """
    reader = _Reader(content, _by_level(*_marks(content, most)))
    return reader.read(0, len(content), 1), reader.repeated


@contextmanager
def without_collection() -> Iterator[None]:
    """Pause the search for cycles, of which JSON has none: it would begin anew with each quarter of the objects."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _marks(content: bytes, most: Most) -> tuple[Int64, npt.NDArray[np.uint8]]:
    """The places of brackets, commas and colons outside of strings, and these bytes."""
    places, marks = [np.zeros(0, np.int64)], [np.zeros(0, np.uint8)]
    counts = np.zeros(256, np.int64)
    start = inside = 0
    while start < len(content):
        block = _block(content, start)
        text = block.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")  # what is escaped ends no string
        strings = (np.cumsum(np.frombuffer(text, np.uint8) == _QUOTE, dtype=np.uint8) + np.uint8(inside)) & 1
        found = np.frombuffer(text.translate(_MARKS), np.uint8) * (1 - strings)
        at = np.flatnonzero(found)
        places.append(at + start)
        marks.append(found[at])
        counts += np.bincount(marks[-1], minlength=256)
        _require_few(counts, most)
        inside, start = int(strings[-1]), start + len(block)
    if inside:
        raise _malformed("a string without an end")
    return np.concatenate(places), np.concatenate(marks)


def _block(content: bytes, start: int) -> bytes:
    """About a mebibyte from `start` on, which ends outside of an escape if it starts so."""
    block = content[start : start + _BLOCK]
    odd = (len(block) - len(block.rstrip(b"\\"))) % 2
    return content[start : start + _BLOCK + odd]


def _require_few(counts: Int64, most: Most) -> None:
    """Refuse a body by the numbers of its marks, (256,)."""
    containers = counts[list(_OPENING)].sum()
    found = Most(int(counts[_COLON]), int(containers), int(containers + counts[_COMMA]))
    for count, limit, of in zip(found, most, ("keys", "lists and objects", "values"), strict=True):
        if count > limit:
            raise InvalidRequestError.of("body", f"at most {limit:,} {of}", "more")


def _is_any(expected: bytes, marks: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return np.isin(marks, np.frombuffer(expected, np.uint8))


def _by_level(places: Int64, marks: npt.NDArray[np.uint8]) -> list[Int64]:
    """The places of marks by the number of containers that are open there: of a container's own, its level.

    Raises:
        MalformedBodyError: a bracket lacks its counterpart, or they nest too deep.
    """
    opening, closing = _is_any(_OPENING, marks), _is_any(_CLOSING, marks)
    after = np.cumsum(opening.astype(np.int32) - closing)
    if len(after) and (after.min() < 0 or after[-1]):
        raise _malformed("a bracket without its counterpart")
    levels = after + closing
    if levels.max(initial=0) > _DEEPEST:
        raise _malformed(f"more than {_DEEPEST} lists and objects in each other")
    order = np.argsort(levels.astype(np.uint8), kind="stable")
    return np.split(places[order], np.cumsum(np.bincount(levels, minlength=1)))


class _Members(NamedTuple):
    """Neighbouring members of a container, without the commas around them.

    Attributes:
        start: of the first in the body.
        end: of the last.
        number: of them; one, if it is larger than a piece.
    """

    start: int
    end: int
    number: int

    @property
    def is_large(self) -> bool:
        """Whether it is one that does not fit into a piece."""
        return self.end - self.start > _PIECE


class _Reader:
    """Reads parts of a body.

    Args:
        content: the body.
        levels: the places of its marks, as `_by_level` gives them.
    """

    def __init__(self, content: bytes, levels: list[Int64]) -> None:
        self.repeated: str | None = None
        self._content = content
        self._bytes = np.frombuffer(content, np.uint8)
        self._levels = levels

    def read(self, start: int, end: int, level: int) -> object:
        """The value that content[start:end] is; of a container, `level` is that of its brackets and commas."""
        if end - start <= _PIECE:
            return self._parse(start, end)
        marks = self._between(level, start, end)
        if len(marks) == 0:
            return self._read_text(start, end)
        first, last = int(marks[0]), int(marks[-1])
        own = self._bytes[marks[1:-1]]
        brackets = self._content[first : first + 1] + self._content[last : last + 1]
        alone = self._is_blank(start, first) and self._is_blank(last + 1, end)
        if not alone or brackets not in (b"[]", b"{}") or _is_any(_OPENING + _CLOSING, own).any():
            raise _malformed(f"no value from byte {start:,} to {end:,}")
        if len(own) == 0 and self._is_blank(first + 1, last):
            return [] if brackets == b"[]" else {}
        return self._read_list(marks, level) if brackets == b"[]" else self._read_object(marks, level)

    def _read_list(self, marks: Int64, level: int) -> list[object]:
        if (self._bytes[marks] == _COLON).any():
            raise _malformed(f"a colon in the list from byte {marks[0]:,} to {marks[-1]:,}")
        items: list[object] = []
        for part in _groups(marks):
            if part.is_large:
                items.append(self.read(part.start, part.end, level + 1))
            else:
                items += self._parse_members(part, b"[]")
        return items

    def _read_object(self, marks: Int64, level: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for part in _groups(marks[self._bytes[marks] != _COLON]):
            members = self._read_member(part, level) if part.is_large else self._parse_members(part, b"{}")
            self.repeated = self.repeated or next((key for key in members if key in found), None)
            found |= members
        return found

    def _read_member(self, part: _Members, level: int) -> dict[str, object]:
        """A large key, or a key with a large value."""
        marks = self._between(level, part.start, part.end)
        colon = int(marks[0]) if len(marks) else part.start
        key = self.read(part.start, colon, level + 1)
        if not isinstance(key, str):
            raise _malformed(f"no key at byte {part.start:,}")
        return {key: self.read(colon + 1, part.end, level + 1)}

    def _parse_members(self, part: _Members, brackets: bytes) -> Any:  # a list or an object of JSON
        members = self._parse(part.start, part.end, brackets)
        if len(members) < part.number and (len(members) == 0 or brackets == b"[]"):
            raise _malformed(f"no value before the comma or bracket at byte {part.end:,}")
        return members

    def _read_text(self, start: int, end: int) -> object:
        if (length := len(self._content[start:end].strip())) > _LONGEST:
            raise InvalidRequestError.of("body", f"texts of at most {_LONGEST:,} bytes", f"one of {length:,}")
        return self._parse(start, end)

    def _parse(self, start: int, end: int, brackets: bytes = b"") -> Any:  # any value of JSON
        piece = brackets[:1] + self._content[start:end] + brackets[1:]
        try:
            value = from_json(piece, allow_inf_nan=False)
        except ValueError as error:
            require_tokens_of_json(piece)
            raise _malformed(f"{str(error).partition(' at line ')[0]} between bytes {start:,} and {end:,}") from None
        self.repeated = self.repeated or repeated_key(piece)
        return value

    def _between(self, level: int, start: int, end: int) -> Int64:
        """The places of a level's marks in content[start:end]."""
        places = self._levels[level] if level < len(self._levels) else np.zeros(0, np.int64)
        return places[slice(*np.searchsorted(places, (start, end)))]

    def _is_blank(self, start: int, end: int) -> bool:
        part = self._content[start:end]
        return not part or (part.isspace() and not part.translate(None, _BLANK))  # the first stops at what is no blank


def _groups(edges: Int64) -> Iterator[_Members]:
    """The members between these brackets and commas, as many together as fit into a piece."""
    at = 0
    while at < len(edges) - 1:
        last = max(at + 1, int(np.searchsorted(edges, edges[at] + _PIECE, "right")) - 1)
        yield _Members(int(edges[at]) + 1, int(edges[last]), last - at)
        at = last


def _malformed(found: str) -> MalformedBodyError:
    return MalformedBodyError(f"body: expected JSON in UTF-8, found {found}")
