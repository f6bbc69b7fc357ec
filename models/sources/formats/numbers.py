"""Numbers as texts spell them, and as float32 can hold them."""

import math
import re
import shlex
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.errors import DataError

# Numbers are stored as float32: what would become infinite there, or a weight that would become 0, is refused.
LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.finfo(np.float32).smallest_subnormal)

_TRUTH = {"true": 1.0, "false": 0.0}
CODE = re.compile("0[0-9]+")  # of a place or product: a number has no such 0
NUMERIC = 0.9  # share of filled cells that makes the others mistakes


def parsed(text: str) -> float | None:
    """The number that a text spells, NaN and infinity among them, or None. Python alone reads "1_000" as one."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def number_or_truth(text: str) -> float | None:
    """The number that a text spells, true and false being 1 and 0 in any case and with blanks around, or None."""
    value = parsed(text)
    return _TRUTH.get(text.strip().lower()) if value is None else value


def is_truth(text: str) -> bool:
    """Whether a text is true or false, in any case and with blanks around."""
    return text.strip().lower() in _TRUTH


def numbers_among(columns: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """Names of the columns whose cells all could be weights: numbers > 0, or texts of some."""
    return tuple(name for name, cells in columns.items() if cells and all(map(_weighs, cells)))


def _weighs(cell: object) -> bool:
    number = parsed(cell) if isinstance(cell, str) else cell
    return isinstance(number, int | float) and not isinstance(number, bool) and SMALLEST <= number <= LARGEST


class NumberColumn:
    """The cells of a column, read as numbers one by one, with a count of other texts and the first mistake."""

    def __init__(self) -> None:
        self._values = array("d")
        self._filled = self._texts = self._truths = self._missing = 0
        self._codes = False
        self._mistake: tuple[int, str] | None = None

    def append(self, line: int, text: str) -> None:
        """Add the cell of a row that starts at `line`."""
        value = number_or_truth(text) if text else math.nan
        self._codes = self._codes or CODE.fullmatch(text) is not None
        self._filled += bool(text)
        self._texts += value is None
        self._truths += is_truth(text)
        self._missing += bool(text) and value is not None and math.isnan(value)
        if value is None or abs(value) > LARGEST:
            self._mistake = self._mistake or (line, text)
        self._values.append(math.nan if value is None else value)

    @property
    def numeric(self) -> bool:
        """Whether the filled cells are numbers, but for mistakes, and none is a code."""
        return not self._codes and self._filled - self._texts >= NUMERIC * self._filled

    @property
    def boolean(self) -> bool:
        """Whether the filled cells are true and false, but for NaN."""
        return 0 < self._truths == self._filled - self._missing

    def finite(self, path: Path, name: str) -> Float64:
        """The numbers, float64 (n,); NaN where one is missing.

        Raises:
            DataError: a cell is no number, or float32 can't hold it.
        """
        if self._mistake:
            line, text = self._mistake
            raise DataError(
                f"{path}, line {line}: {name}: expected a finite number, found {text!r}; correct the field, leave it empty "
                f"if it is missing, or leave out the column with --ignore {shlex.quote(name)}"
            )
        return np.frombuffer(self._values, np.float64)
