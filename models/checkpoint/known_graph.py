"""The known links of a checkpoint, as compressed sparse rows."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

from latentlink.models.arrays import Float32, Float64, Int32, Int64, Ints
from latentlink.models.graph.csr import contains


@dataclass(frozen=True)
class KnownGraph:
    """The known links: the message-passing edges of the served encoder.

    Attributes:
        indptr: int64 (N+1,), where each node's neighbours start.
        indices: int32 or int64 (2E,), neighbours, rising within each row, both directions stored; (E,) in a directed graph,
            the targets of each node.
        weights: float32, aligned with `indices`, or None without weights.
        heldout: int64 (m, 2), edges that were held out for evaluation and are not known, or None.
        heldout_weights: float32 (m,), or None without weights.
        times: float64 (E,), the time of each edge in the order of the upper triangle, of a directed graph in that of
            `indices`; or None without times.
        heldout_times: float64 (m,), or None without times.
        components: int32 (N,), the (weakly) connected component of each node, or None if the checkpoint has none.
        into: of a directed graph the offsets, int64 (N+1,), and the sources of the links into each node, int32 or
            int64 (E,), rising within each row; None where links have no direction.
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

    def neighbors(self, row: int) -> Ints:
        """Rows linked to `row`, rising; in a directed graph the targets of its links."""
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def sources(self, row: int) -> Ints:
        """Rows with a link to `row`, rising; its neighbours where links have no direction."""
        indptr, indices = (self.indptr, self.indices) if self.into is None else self.into
        return indices[indptr[row] : indptr[row + 1]]

    def degrees(self) -> Int64:
        """How many links each node has, int64 (N,), in either direction."""
        out = np.diff(self.indptr)
        return out if self.into is None else out + np.diff(self.into[0])

    def reversed(self) -> "KnownGraph":
        """The graph with each link turned round, without what is aligned with the links; itself where they have no direction."""
        if self.into is None:
            return self
        heldout = None if self.heldout is None else self.heldout[:, ::-1]
        return KnownGraph(*self.into, None, heldout, components=self.components, into=(self.indptr, self.indices))

    def has_edges(self, sources: Int64, targets: Int64) -> npt.NDArray[np.bool_]:
        """bool (m,): whether each pair (sources[i], targets[i]) is an edge, in this direction if edges have one."""
        return contains(self.indptr, self.indices, sources, targets)

    def has_edge(self, source: int, target: int) -> bool:
        """Whether a pair of rows is an edge; for a single pair faster than `has_edges`."""
        neighbors = memoryview(cast(Buffer, self.neighbors(source)))
        at = bisect_left(neighbors, target)
        return at < len(neighbors) and neighbors[at] == target
