"""What a training says when one of its steps begins; without torch, which the command line imports late."""

from collections.abc import Callable
from typing import NamedTuple


class Step(NamedTuple):
    """A step that begins: its name in words, and the most epochs that it takes, None where it has none."""

    name: str
    epochs: int | None = None


OnStep = Callable[[Step], None]
