"""The known links of a checkpoint, as compressed sparse rows; of a graph with relations one block of rows after the other."""

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

from latentlink.models.arrays import Float32, Float64, Int16, Int32, Int64, Ints
from latentlink.models.graph.csr import contains, entries_of


@dataclass(frozen=True)
class KnownGraph:
    """The known links: the message-passing edges of the served encoder.

    Of R relations, row r·N + u of each pair of offsets and neighbours is of node u and relation r, and `of_relation` has those of
    one alone; nothing but `degrees` and `by_relation` answers for all of them.

    Attributes:
        indptr: int64 (R·N+1,), where each node's neighbours start; of one relation of several, the first offset is not 0.
        indices: int32 or int64 (2E,), neighbours, rising within each row, both directions stored; (E,) in a directed graph,
            the targets of each node.
        weights: float32, aligned with `indices`, or None without weights.
        heldout: int64 (m, 2), edges that were held out for evaluation and are not known, or None.
        heldout_weights: float32 (m,), or None without weights.
        times: float64 (E,), the time of each edge in the order of the upper triangle, of a directed graph in that of
            `indices`; or None without times.
        heldout_times: float64 (m,), or None without times.
        components: int32 (N,), the (weakly) connected component of each node, or None if the checkpoint has none.
        into: of a directed graph the offsets, int64 (R·N+1,), and the sources of the links into each node, int32 or
            int64 (E,), rising within each row; None where links have no direction.
        relations: R, 1 where links have none.
        heldout_relation: int16 (m,), the relation of each pair of `heldout`; None where links have none.
    """

    indptr: Ints
    indices: Ints
    weights: Float32 | None
    heldout: Int64 | None = None
    heldout_weights: Float32 | None = None
    times: Float64 | None = None
    heldout_times: Float64 | None = None
    components: Int32 | None = None
    into: tuple[Ints, Ints] | None = None
    relations: int = 1
    heldout_relation: Int16 | None = None
    _of_relation: "dict[int, KnownGraph]" = field(default_factory=dict, init=False, repr=False, compare=False)

    def neighbors(self, row: int) -> Ints:
        """Rows linked to `row`, rising; in a directed graph the targets of its links."""
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def sources(self, row: int) -> Ints:
        """Rows with a link to `row`, rising; its neighbours where links have no direction."""
        indptr, indices = (self.indptr, self.indices) if self.into is None else self.into
        return indices[indptr[row] : indptr[row + 1]]

    def degrees(self) -> Int64:
        """How many links each node has, int64 (N,), in either direction and of any relation."""
        if self.relations > 1 and self.into is not None:  # counted by ends: offsets are many times as many as links
            n = (len(self.indptr) - 1) // self.relations
            sources, targets = (np.bincount(ends, minlength=n) for ends in (self.into[1], self.indices))
            return np.asarray(sources + targets)
        degrees = np.diff(self.indptr)
        return degrees if self.into is None else degrees + np.diff(self.into[0])

    def by_relation(self, row: int) -> tuple[Int64, Ints]:
        """The relation, int64 (m,), and the target of each link from a node: by relation, then rising."""
        return _by_relation(self.indptr, self.indices, row, self.relations)

    def sources_by_relation(self, row: int) -> tuple[Int64, Ints]:
        """As `by_relation`, of the source of each link to a node of a directed graph."""
        assert self.into is not None
        return _by_relation(*self.into, row, self.relations)

    def of_relation(self, relation: int) -> "KnownGraph":
        """The links of one relation, views of the same memory but for the held-out ones; made once."""
        if (made := self._of_relation.get(relation)) is None:
            made = self._of_relation[relation] = self._view(relation)
        return made

    def _view(self, relation: int) -> "KnownGraph":
        n = (len(self.indptr) - 1) // self.relations
        rows, into, heldout = slice(relation * n, (relation + 1) * n + 1), self.into, self.heldout
        if heldout is not None and self.heldout_relation is not None:
            heldout = heldout[self.heldout_relation == relation]
        return replace(
            self,
            indptr=self.indptr[rows],
            heldout=heldout,
            into=None if into is None else (into[0][rows], into[1]),
            relations=1,
            heldout_relation=None,
        )

    def reversed(self) -> "KnownGraph":
        """A directed graph with each link turned round, without what is aligned with the links."""
        assert self.into is not None
        heldout = None if self.heldout is None else self.heldout[:, ::-1]
        return KnownGraph(*self.into, None, heldout, components=self.components, into=(self.indptr, self.indices))

    @cached_property
    def heldout_ends(self) -> Int64 | None:
        """Both ends of the held-out links, int64 (2, m), by the first end: in the direction of the graph or in both; or None.

        Sorted at the first use.
        """
        if self.heldout is None:
            return None
        pairs = self.heldout
        ends = pairs.T if self.into is not None else np.concatenate([pairs, pairs[:, ::-1]]).T
        return np.ascontiguousarray(ends[:, np.argsort(ends[0], kind="stable")])

    def has_edges(self, sources: Int64, targets: Int64) -> npt.NDArray[np.bool_]:
        """bool (m,): whether each pair (sources[i], targets[i]) is an edge, in this direction if edges have one."""
        return contains(self.indptr, self.indices, sources, targets)

    def has_edge(self, source: int, target: int) -> bool:
        """Whether a pair of rows is an edge; for a single pair faster than `has_edges`."""
        neighbors = memoryview(cast(Buffer, self.neighbors(source)))
        at = bisect_left(neighbors, target)
        return at < len(neighbors) and neighbors[at] == target


def _by_relation(indptr: Ints, indices: Ints, row: int, relations: int) -> tuple[Int64, Ints]:
    n = (len(indptr) - 1) // relations
    relation, places = entries_of(indptr, np.arange(row, relations * n, n))
    return relation, indices[places]
