"""Large bodies of JSON, counted before an object is made of any of it, and parsed in pieces.

A parser holds the interpreter's lock until it returns, and the event loop waits for the lock: so no call gets more than a piece.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from pydantic_core import from_json

from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.bodies import repeated_key, require_tokens_of_json
from latentlink.app.http.json_marks import COLON, STEPS, Most, by_level, find_marks, malformed
from latentlink.models.arrays import Int64

PIECE = 2**18  # bytes parsed at once
_LONGEST = 2**18  # bytes of a text
_BLANK = b" \t\n\r"


def read_in_pieces(content: bytes, most: Most) -> tuple[object, str | None]:
    """The value that a body is, and a key that one of its objects has twice, the last of which wins; None if there is none.

    Args:
        content: the body.
        most: what it may hold.

    Raises:
        InvalidRequestError: it holds more, or a text that is longer than any id.
        MalformedBodyError: it is not JSON.
    """
    reader = _Reader(content, by_level(*find_marks(content, most)))
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
        return self.end - self.start > PIECE


class _Reader:
    """Reads parts of a body.

    Args:
        content: the body.
        levels: the places of its marks, as `by_level` gives them.
    """

    def __init__(self, content: bytes, levels: list[Int64]) -> None:
        self.repeated: str | None = None
        self._content = content
        self._bytes = np.frombuffer(content, np.uint8)
        self._levels = levels

    def read(self, start: int, end: int, level: int) -> object:
        """The value that content[start:end] is; of a container, `level` is that of its brackets and commas."""
        if end - start <= PIECE:
            return self._parse(start, end)
        marks = self._between(level, start, end)
        if len(marks) == 0:
            return self._read_text(start, end)
        first, last = int(marks[0]), int(marks[-1])
        own = self._bytes[marks[1:-1]]
        brackets = self._content[first : first + 1] + self._content[last : last + 1]
        alone = self._is_blank(start, first) and self._is_blank(last + 1, end)
        if not alone or brackets not in (b"[]", b"{}") or STEPS[own].any():
            raise malformed(f"no value from byte {start:,} to {end:,}")
        if len(own) == 0 and self._is_blank(first + 1, last):
            return [] if brackets == b"[]" else {}
        return self._read_list(marks, level) if brackets == b"[]" else self._read_object(marks, level)

    def _read_list(self, marks: Int64, level: int) -> list[object]:
        if (self._bytes[marks] == COLON).any():
            raise malformed(f"a colon in the list from byte {marks[0]:,} to {marks[-1]:,}")
        items: list[object] = []
        for part in _groups(marks):
            if part.is_large:
                items.append(self.read(part.start, part.end, level + 1))
            else:
                items += self._parse_members(part, b"[]")
        return items

    def _read_object(self, marks: Int64, level: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for part in _groups(marks[self._bytes[marks] != COLON]):
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
            raise malformed(f"no key at byte {part.start:,}")
        return {key: self.read(colon + 1, part.end, level + 1)}

    def _parse_members(self, part: _Members, brackets: bytes) -> Any:  # a list or an object of JSON
        members = self._parse(part.start, part.end, brackets)
        if len(members) < part.number and (len(members) == 0 or brackets == b"[]"):
            raise malformed(f"no value before the comma or bracket at byte {part.end:,}")
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
            raise malformed(f"{str(error).partition(' at line ')[0]} between bytes {start:,} and {end:,}") from None
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
        last = max(at + 1, int(np.searchsorted(edges, edges[at] + PIECE, "right")) - 1)
        yield _Members(int(edges[at]) + 1, int(edges[last]), last - at)
        at = last
