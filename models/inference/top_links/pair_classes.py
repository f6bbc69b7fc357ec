"""Which pairs of nodes a search of the whole graph is for: of types that may be linked, and of nodes that are asked about."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from latentlink.models.arrays import Bool, Int16, Int64

_ENDS = 4  # classes of a type, by the ends of links that its nodes may be


@dataclass(frozen=True)
class PairClasses:
    """Nodes in C classes, and which classes may be linked.

    Attributes:
        of: int16 (N,), the class of each node.
        linked: bool (C, C), whether a link may lead from a class to another one; where links have no direction, whether it may
            be written so: with the first class as its source.
        directed: whether links have a direction.
    """

    of: Int16
    linked: Bool
    directed: bool

    @classmethod
    def make(
        cls,
        n: int,
        *,
        directed: bool = False,
        types: tuple[Int16, Bool] | None = None,
        sources: Bool | None = None,
        targets: Bool | None = None,
    ) -> Self:
        """The classes of N nodes.

        Args:
            n: N.
            directed: whether links have a direction.
            types: int16 (N,), the type of each node, and bool (T, T), from which type to which there may be links; or None.
            sources: bool (N,), whether a node may be a source; None for all.
            targets: bool (N,), whether it may be a target; None for all.
        """
        of, allowed = types or (np.zeros(n, np.int16), np.ones((1, 1), np.bool_))
        every = np.ones(n, np.bool_)
        source, target = (every if mask is None else mask for mask in (sources, targets))
        # Class 4 t + 2 s + u: nodes of type t that may (1) or may not (0) be sources (s) and targets (u).
        label = _ENDS * of.astype(np.int64) + 2 * source + target
        kind, ends = np.divmod(np.arange(_ENDS * len(allowed)), _ENDS)
        linked = allowed[np.ix_(kind, kind)] & np.logical_and.outer(ends >= 2, ends % 2 == 1)
        return cls(label.astype(np.int16), linked, directed)

    def rectangles(self) -> Iterator[tuple[Int64, Int64]]:
        """Rows of two classes, rising, int64 each, whose pairs are searched; the same rows twice for pairs within a class."""
        reached = self.linked if self.directed else np.triu(self.linked | self.linked.T)
        for first, second in np.argwhere(reached).tolist():
            one = np.flatnonzero(self.of == first)
            other = one if first == second else np.flatnonzero(self.of == second)
            if len(one) and len(other):
                yield one, other

    def pairs(self) -> int:
        """How many pairs are searched at most."""
        whole = (
            len(one) * (len(one) - 1) if one is other else len(one) * len(other) for one, other in self.rectangles()
        )
        halved = (len(one) * (len(one) - 1) // 2 for one, other in self.rectangles() if one is other)
        return sum(whole) - (0 if self.directed else sum(halved))

    def oriented(self, ends: Int64, others: Int64) -> tuple[Bool, Int64, Int64]:
        """Pairs (m,) as links: whether each is searched, bool (m,), and its source and target, int64 (m,) each.

        Without a direction the end of the earlier type is the source, or of one type the lower row, unless only the other may be.
        """
        if self.directed:
            return self.linked[self.of[ends], self.of[others]] & (ends != others), ends, others
        kinds, other_kinds = self.of[ends] // _ENDS, self.of[others] // _ENDS
        later = (kinds > other_kinds) | ((kinds == other_kinds) & (ends > others))
        first, second = np.where(later, others, ends), np.where(later, ends, others)
        forth, back = self.linked[self.of[first], self.of[second]], self.linked[self.of[second], self.of[first]]
        return (forth | back) & (ends != others), np.where(forth, first, second), np.where(forth, second, first)
