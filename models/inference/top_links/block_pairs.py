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
    """The pairs of blocks of some rectangles, those first whose logits may be the highest.

    Args:
        rectangles: of nodes.
        error: how far a logit in float32 may be off, as a share of the lengths of both vectors.
    """

    def __init__(self, rectangles: Sequence[Rectangle], error: float) -> None:
        self._rectangles = rectangles
        parts = [_pairs(place, rectangle, error) for place, rectangle in enumerate(rectangles)]
        bounds = np.concatenate([part[0] for part in parts] or [np.empty(0)])
        blocks = np.concatenate([part[1] for part in parts] or [np.empty((0, 3), np.int64)])
        order = np.argsort(-bounds, kind="stable")
        self._bounds, self._blocks = bounds[order], blocks[order]

    def __len__(self) -> int:
        return len(self._bounds)

    def at(self, place: int) -> tuple[Rectangle, int, int]:
        """A pair of blocks: its rectangle, and the place of each block in it."""
        rectangle, first, second = self._blocks[place].tolist()
        return self._rectangles[rectangle], first, second

    def left(self, place: int, threshold: float) -> int:
        """How many pairs of blocks, from one on, may hold a logit that reaches the threshold."""
        reaching = np.searchsorted(-self._bounds, -threshold, side="right")
        return max(0, int(reaching) - place)


def _pairs(place: int, rectangle: Rectangle, error: float) -> tuple[Float64, Int64]:
    """The bound of each pair of blocks, float64 (p,), and the places of rectangle and blocks, int64 (p, 3)."""
    one, other = rectangle.sources.maxima, rectangle.targets.maxima
    bounds = np.outer(one.lengths, other.lengths) + np.add.outer(one.heights, other.heights)
    bounds += error * np.outer(one.whole, other.whole)
    first, second = np.triu_indices(len(bounds)) if rectangle.triangle else np.indices(bounds.shape).reshape(2, -1)
    return bounds[first, second], np.stack([np.full(len(first), place), first, second], axis=1)
