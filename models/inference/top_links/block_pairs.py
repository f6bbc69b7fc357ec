"""Pairs of blocks in the order in which they are searched."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.inference.top_links.sides import Side, Vectors


class Rectangle(NamedTuple):
    """Nodes at one end of links and at the other one.

    Attributes:
        sources: of all links between them.
        targets: likewise.
        triangle: whether both are the same nodes, and links have no direction: each pair is looked at once.
    """

    sources: Side
    targets: Side
    triangle: bool

    @classmethod
    def make(
        cls, vectors: tuple[Vectors, Vectors], rows: tuple[Int64, Int64], size: int, *, directed: bool
    ) -> "Rectangle":
        """Of rows, in blocks of a size."""
        (sources, targets), (first, second) = vectors, rows
        bounds, others = sources.bounds(first), targets.bounds(second)
        one = Side.make(first, bounds, float(others.lengths.max()), size)
        other = Side.make(second, others, float(bounds.lengths.max()), size)
        return cls(one, other, not directed and first is second)


class BlockPairs:
    """The pairs of blocks of some rectangles, those first whose logits may be the highest; 16 bytes for each.

    Args:
        rectangles: of nodes.
        error: how far a logit in float32 may be off, as a share of the lengths of both vectors.
    """

    def __init__(self, rectangles: Sequence[Rectangle], error: float) -> None:
        # All pairs of a first block are numbered in a row, so that the number of a pair says which blocks it is of.
        self._rows = [(one, first) for one in rectangles for first in range(len(one.sources.maxima.lengths))]
        counts = [len(one.targets.maxima.lengths) - _least_second(one, first) for one, first in self._rows]
        self._starts = np.cumsum([0, *counts])
        falling = np.empty(self._starts[-1])  # negative bounds, which rise in the order of the search
        for (one, first), start, count in zip(self._rows, self._starts.tolist(), counts, strict=False):
            falling[start : start + count] = -_bounds(one, first, error)
        self._order = np.argsort(falling, kind="stable")
        self._falling = falling[self._order]

    def __len__(self) -> int:
        return len(self._order)

    def at(self, place: int) -> tuple[Rectangle, int, int]:
        """A pair of blocks: its rectangle, and the place of each block in it."""
        number = int(self._order[place])
        row = int(np.searchsorted(self._starts, number, side="right")) - 1
        rectangle, first = self._rows[row]
        return rectangle, first, _least_second(rectangle, first) + number - int(self._starts[row])

    def left(self, place: int, threshold: float) -> int:
        """How many pairs of blocks, from one on, may hold a logit that reaches the threshold."""
        reaching = np.searchsorted(self._falling, -threshold, side="right")
        return max(0, int(reaching) - place)


def _least_second(rectangle: Rectangle, first: int) -> int:
    """The place of the first of the blocks at the other side that a block is paired with."""
    return first if rectangle.triangle else 0


def _bounds(rectangle: Rectangle, first: int, error: float) -> Float64:
    """The bound of each pair of a block, float64 (p,), those of one row."""
    one = rectangle.sources.maxima.at(slice(first, first + 1))
    other = rectangle.targets.maxima.at(slice(_least_second(rectangle, first), None))
    return one.lengths * other.lengths + (one.heights + other.heights) + error * (one.whole * other.whole)
