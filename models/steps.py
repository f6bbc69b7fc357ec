"""Long work in steps, between which it can be ended."""

from collections.abc import Generator
from typing import TypeVar, cast

Result = TypeVar("Result")


def finished(steps: Generator[object, None, Result]) -> Result:
    """What steps return, taken without a break."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(Result, end.value)
