"""Where the brackets, commas and colons of a large body are, found by NumPy block by block, without the interpreter's lock."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from latentlink.app.errors import InvalidRequestError, MalformedBodyError
from latentlink.app.settings import Settings
from latentlink.models.arrays import Int64

COMMA, COLON, _QUOTE = b',:"'  # as numbers
STEPS = np.zeros(256, np.int8)
STEPS[list(b"[{")], STEPS[list(b"]}")] = 1, -1
_BLOCK = 2**20  # bytes scanned at once
_DEEPEST = 200  # containers in each other, as in a small body
_KEYS = 102_000  # 100 new nodes with a thousand columns each, and all other fields
_CELLS = 1_000_000  # 100 new nodes with 10,000 numbers each
_DIGITS = 1_000  # of a number: float64 has 17
_OTHERS = 1_000  # lists and objects around pairs, links and cells
_OPENING = b"[{"
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
        """What requests within an operator's limits need: pairs with relations; new nodes with links, a list in each column."""
        containers = max(settings.max_pairs, settings.max_nodes + _KEYS) + _OTHERS
        return cls(_KEYS, containers, 4 * settings.max_pairs + 10 * settings.max_nodes + _CELLS)


def find_marks(content: bytes, most: Most) -> tuple[Int64, npt.NDArray[np.uint8]]:
    """The places of brackets, commas and colons outside of strings, and these bytes."""
    places, marks = [np.zeros(0, np.int64)], [np.zeros(0, np.uint8)]
    counts = np.zeros(256, np.int64)
    start = inside = 0
    while start < len(content):
        block = _block(content, start)
        text = block.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")  # what is escaped ends no string
        strings = (np.cumsum(np.frombuffer(text, np.uint8) == _QUOTE, dtype=np.uint8) + np.uint8(inside)) & 1
        found = np.frombuffer(text.translate(_MARKS), np.uint8) * (1 - strings)
        at = np.flatnonzero(found != 0)
        places.append(at + start)
        marks.append(found[at])
        counts += np.bincount(marks[-1], minlength=256)
        _require_few(counts, most)
        _require_short_numbers(text, strings)
        inside, start = int(strings[-1]), start + len(block)
    if inside:
        raise malformed("a string without an end")
    return np.concatenate(places), np.concatenate(marks)


def _block(content: bytes, start: int) -> bytes:
    """About a mebibyte from `start` on, which ends outside of an escape if it starts so."""
    block = content[start : start + _BLOCK]
    odd = (len(block) - len(block.rstrip(b"\\"))) % 2
    return content[start : start + _BLOCK + odd]


def _require_few(counts: Int64, most: Most) -> None:
    """Refuse a body by the numbers of its marks, (256,)."""
    containers = counts[list(_OPENING)].sum()
    found = Most(int(counts[COLON]), int(containers), int(containers + counts[COMMA]))
    for count, limit, of in zip(found, most, ("keys", "lists and objects", "values"), strict=True):
        if count > limit:
            raise InvalidRequestError.of("body", f"at most {limit:,} {of}", "more")


def _require_short_numbers(text: bytes, strings: npt.NDArray[np.integer]) -> None:
    """Refuse a number with twice as many digits as one may have; a parser takes quadratic time for some."""
    for start in range(0, len(text) - _DIGITS + 1, _DIGITS):
        if not strings[start] and text[start : start + _DIGITS].isdigit():
            raise InvalidRequestError.of("body", f"numbers of at most {_DIGITS:,} digits", "a longer one")


def by_level(places: Int64, marks: npt.NDArray[np.uint8]) -> list[Int64]:
    """The places of marks by the number of containers that are open there: of a container's own, its level.

    Raises:
        MalformedBodyError: a bracket lacks its counterpart, or they nest too deep.
    """
    steps = STEPS[marks]
    after = np.cumsum(steps, dtype=np.int32)
    if len(after) and (after.min() < 0 or after[-1]):
        raise malformed("a bracket without its counterpart")
    levels = after + (steps < 0)  # behind a closing bracket one less is open
    if levels.max(initial=0) > _DEEPEST:
        raise malformed(f"more than {_DEEPEST} lists and objects in each other")
    order = np.argsort(levels.astype(np.uint8), kind="stable")
    return np.split(places[order], np.cumsum(np.bincount(levels, minlength=1)))


def malformed(found: str) -> MalformedBodyError:
    """The error for what is no JSON."""
    return MalformedBodyError(f"body: expected JSON in UTF-8, found {found}")
