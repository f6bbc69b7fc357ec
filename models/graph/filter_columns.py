"""The columns of a node table by which searches filter: a typed cell for each node, or none.

A missing cell equals nothing and lies in no range. What filters mean by their conditions is left to the service.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from latentlink.models.arrays import Bool, Float64, Int32, UInt8

MOST_TEXTS = 10_000
"""Different texts of a column."""
RESERVED = ("and", "or", "not")
"""What a filter calls its own, and no column may be called."""
UNKNOWN = 2
"""What stands for a missing boolean."""
_COMPARED = 50  # numbers that are compared one by one; more are looked up in their order


@dataclass(frozen=True)
class TextColumn:
    """Texts, each distinct one stored once.

    Attributes:
        texts: the V distinct ones, sorted.
        codes: int32 (N,), the place of each node's text among them, −1 where it is missing.
    """

    texts: tuple[str, ...]
    codes: Int32

    def any_of(self, texts: Collection[str], rows: slice) -> Bool:
        """Whether the text of each of m rows is among some, bool (m,)."""
        codes = [self._code_of[text] for text in texts if text in self._code_of]
        if len(codes) == 1:
            return np.asarray(self.codes[rows] == codes[0])
        wanted = np.zeros(len(self.texts) + 1, np.bool_)  # the last is that of missing ones
        wanted[codes] = True
        return wanted[self.codes[rows]]

    def known(self, rows: slice) -> Bool:
        """Whether each of m rows has a text, bool (m,)."""
        return np.asarray(self.codes[rows] >= 0)

    @cached_property
    def _code_of(self) -> Mapping[str, int]:
        return {text: code for code, text in enumerate(self.texts)}


@dataclass(frozen=True)
class NumberColumn:
    """Numbers: float64 (N,), finite, NaN where one is missing."""

    numbers: Float64

    def any_of(self, numbers: Collection[float], rows: slice) -> Bool:
        """Whether the number of each of m rows is among some, bool (m,)."""
        wanted, own = np.unique(np.array(list(numbers), np.float64)), self.numbers[rows]
        if len(wanted) > _COMPARED:
            return np.asarray(wanted.take(np.searchsorted(wanted, own), mode="clip") == own)
        found = np.zeros(len(own), np.bool_)
        for number in wanted:
            found |= own == number
        return found

    def known(self, rows: slice) -> Bool:
        """Whether each of m rows has a number, bool (m,)."""
        return ~np.isnan(self.numbers[rows])


@dataclass(frozen=True)
class BooleanColumn:
    """Booleans: uint8 (N,), 0, 1, or `UNKNOWN` where one is missing."""

    booleans: UInt8

    def any_of(self, booleans: Collection[bool], rows: slice) -> Bool:
        """Whether the boolean of each of m rows is among some, bool (m,)."""
        wanted = np.zeros(UNKNOWN + 1, np.bool_)
        wanted[[int(boolean) for boolean in booleans]] = True
        return wanted[self.booleans[rows]]

    def known(self, rows: slice) -> Bool:
        """Whether each of m rows has a boolean, bool (m,)."""
        return np.asarray(self.booleans[rows] != UNKNOWN)


FilterColumn = TextColumn | NumberColumn | BooleanColumn
FilterColumns = Mapping[str, FilterColumn]
