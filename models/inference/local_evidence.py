"""Local evidence of a pair: the degrees of both nodes and their distance over known links.

The search starts at both ends: a path of three links is a link between a neighbour of one node and a neighbour of the other. Two
hubs have millions of such pairs of neighbours, so that the number of pairs looked up for one pair of nodes has a limit.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.models.arrays import Int32, Int64, Ints
from latentlink.models.graph.csr import contains

COLD_BELOW = 3  # links
MAX_DISTANCE = 3  # links
_LOOKED_UP = 2**18  # possible links looked up for one pair of nodes: about 10 ms
_PAIR = 60  # ns of one of these
_AT_ONCE = 2**14  # of these in one array operation: most searches end in the first


class LocalEvidence(NamedTuple):
    """Local evidence of one pair of nodes.

    Attributes:
        degrees: number of known links of the source and of the target; with a direction, from the one and to the other.
        same_component: whether both are in one connected component; None if components are not known.
        distance: length of the shortest path of known links, 0 from a node to itself; None above `MAX_DISTANCE`.
        exact: whether all paths were searched; else a distance of None may stand for a shorter path.
        cold: whether one of the nodes has fewer than `COLD_BELOW` links.
    """

    degrees: tuple[int, int]
    same_component: bool | None
    distance: int | None
    exact: bool
    cold: bool


class KnownLinks:
    """The known links of a graph, from which the local evidence of a pair is computed.

    Args:
        indptr: int64 (N+1,), where each node's neighbours start.
        indices: int32 or int64 (2E,), neighbours, ascending within each row, both directions stored.
        components: int32 (N,), as `latentlink.models.evaluation.strata` numbers them, or None.
        into: as `indptr` and `indices`, of the sources of the links into each node, where links have a direction; then
            `indices` are the targets of links, and paths follow the links from a source to a target.
    """

    def __init__(
        self, indptr: Ints, indices: Ints, components: Int32 | None, into: tuple[Ints, Ints] | None = None
    ) -> None:
        self._indptr, self._indices, self._components, self._into = indptr, indices, components, into

    @staticmethod
    def work(degree: int, other: int) -> int:
        """About how many ns a pair takes by the degrees of its nodes; most searches end with the first look-ups."""
        return _PAIR * min(degree * other + min(degree, other) + 1, _AT_ONCE)

    def evidence(self, source: int, target: int) -> LocalEvidence:
        """Local evidence of a pair of rows in [0, N)."""
        degrees = len(self._near(source)), len(self._before(target))
        same = None if self._components is None else bool(self._components[source] == self._components[target])
        distance, exact = (None, True) if same is False else self._distance(source, target)
        return LocalEvidence(degrees, same, distance, exact, min(degrees) < COLD_BELOW)

    def evidence_of_new_node(self, linked: Int64, target: int) -> LocalEvidence:
        """Local evidence of a new node, linked to the distinct rows `linked`, int64 (m,), ascending, and the row `target`."""
        degrees = len(linked), len(self._near(target))
        groups = self._components
        same = None if groups is None else bool((groups[linked] == groups[target]).any())
        paths = ((2, linked, np.array([target])), (3, linked, self._near(target)))
        known = bool((linked == target).any())
        distance, exact = (1, True) if known else (None, True) if same is False else self._first(paths)
        return LocalEvidence(degrees, same, distance, exact, min(degrees) < COLD_BELOW)

    def _near(self, node: int) -> Ints:
        return self._indices[self._indptr[node] : self._indptr[node + 1]]

    def _before(self, node: int) -> Ints:
        """The nodes from which a link leads to a node."""
        indptr, indices = self._into or (self._indptr, self._indices)
        return indices[indptr[node] : indptr[node + 1]]

    def _distance(self, source: int, target: int) -> tuple[int | None, bool]:
        """The distance, and whether it is exact."""
        if source == target:
            return 0, True
        if self._into is None:  # the same in both directions: from the node with fewer links
            source, target = sorted((source, target), key=lambda node: len(self._near(node)))
        near, far = self._near(source), self._before(target)
        one, other = np.array([source]), np.array([target])
        two = (2, near, other) if len(near) <= len(far) else (2, one, far)
        return self._first(((1, one, other), two, (3, near, far)))

    def _first(self, paths: Iterable[tuple[int, Ints, Ints]]) -> tuple[int | None, bool]:
        """The length of the first path with a link between its two sets of nodes, and whether the search was exhaustive."""
        for length, ones, others in paths:
            linked, exact = self._any_link(ones, others)
            if linked or not exact:
                return (length, True) if linked else (None, False)
        return None, True

    def _any_link(self, ones: Ints, others: Ints) -> tuple[bool, bool]:
        """Whether a node of the first set is linked to a node of the second, and whether enough pairs were looked up to know."""
        pairs = len(ones) * len(others)
        for start in range(0, min(pairs, _LOOKED_UP), _AT_ONCE):
            one, other = np.divmod(np.arange(start, min(start + _AT_ONCE, pairs)), max(len(others), 1))
            if self._linked(ones[one], others[other]).any():
                return True, True
        return False, pairs <= _LOOKED_UP

    def _linked(self, ones: Ints, others: Ints) -> npt.NDArray[np.bool_]:
        return contains(self._indptr, self._indices, ones, others)
