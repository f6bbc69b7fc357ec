"""Which nodes may not be an answer to a search: the node itself, its links, and what the query excludes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from latentlink.app.services.search.selection import Query
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import KnownGraph


class Barred:
    """The nodes that are barred from the answers of each row of a graph."""

    def __init__(self, graph: KnownGraph) -> None:
        self._graph, self._heldout = graph, _by_first(graph)

    def of(self, row: int, query: Query) -> Int64:
        """Rows that may not be an answer for `row`, int64 (m,), in any order."""
        barred: list[Sequence[int] | npt.NDArray[np.integer]] = [[row]]
        if query.exclude is not None:
            barred.append(query.exclude)
        if not query.known:
            barred.append(self._graph.neighbors(row))
            if self._heldout is not None:
                first, last = self._heldout[0].searchsorted([row, row + 1])
                barred.append(self._heldout[1][first:last])
        return np.concatenate(barred).astype(np.int64)


def _by_first(graph: KnownGraph) -> Int64 | None:
    """Both ends of the links that were held out, (2, m), by the first end: in the direction of the graph or in both."""
    if (heldout := graph.heldout) is None:
        return None
    ends = heldout.T if graph.into is not None else np.concatenate([heldout, heldout[:, ::-1]]).T
    return np.ascontiguousarray(ends[:, np.argsort(ends[0], kind="stable")])
