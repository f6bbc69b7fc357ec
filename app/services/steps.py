"""Long work in steps, between which it can be ended."""

import time
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")
Result = TypeVar("Result")

Steps = Generator[bytes, None, Result]
"""Work that yields the parts of an answer, and b"" wherever it may be ended before there is one; it returns a result.

Work is measured in *operations*: numbers multiplied in a row, about a nanosecond each on one idle core. Estimates are of
what such requests take as a rule near the nodes that they name, seldom less.
"""

TURN_SECONDS = 0.25  # of a thread, before other work has its turn
_TURN_BYTES = 2**20  # of an answer, which are held at once


class Turn(NamedTuple):
    """What a thread made of an answer in its turn, and whether that was all."""

    content: bytes
    last: bool


def take_turn(steps: Iterator[bytes]) -> Turn:
    """Advance steps for a while, or until there is enough of the answer."""
    content, end = bytearray(), time.monotonic() + TURN_SECONDS
    for part in steps:
        content += part
        if len(content) >= _TURN_BYTES or time.monotonic() >= end:
            return Turn(bytes(content), last=False)
    return Turn(bytes(content), last=True)


def stepwise(results: Iterable[T]) -> Steps[list[T]]:
    """A list, made item by item."""
    made = []
    for result in results:
        made.append(result)
        yield b""
    return made
