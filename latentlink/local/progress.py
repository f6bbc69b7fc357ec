"""Progress in a notebook: one line that is rewritten."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from latentlink.models.training.steps import Step

if TYPE_CHECKING:
    from latentlink.models.training.fit import Epoch

_PAUSE = 0.1  # seconds between two writings of an epoch


class Line:
    """Hears of steps and epochs, and rewrites one line: the step, its epoch, loss and score on validation.

    Args:
        stream: where it is written; None for nowhere.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream, self._width, self._due = stream, 0, 0.0
        self._step, self._validation = Step(""), ""

    def step(self, step: Step) -> None:
        """A step begins."""
        self._step, self._validation = step, ""
        self._write(step.name)

    def epoch(self, epoch: "Epoch") -> None:
        """An epoch has ended."""
        if epoch.validation:
            name, value = next(iter(epoch.validation.items()))
            self._validation = f", validation {name.upper()} {value:.4f}"
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + _PAUSE
            of = "" if self._step.epochs is None else f" of {self._step.epochs:,}"
            self._write(f"{self._step.name}: epoch {epoch.number:,}{of}, loss {epoch.loss:.4f}{self._validation}")

    def clear(self) -> None:
        """Leave an empty line."""
        self._write("")
        self._write("")  # the first has blanks over what stood there

    def _write(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(f"\r{text:<{self._width}}")
            self._stream.flush()
            self._width = len(text)


@contextmanager
def line(*, shown: bool) -> Iterator[Line]:
    """A line on standard error, which is empty again at the end of the block; nowhere if it is not `shown`."""
    written = Line(sys.stderr if shown else None)
    try:
        yield written
    finally:
        written.clear()
