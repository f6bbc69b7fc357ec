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
        self._graph, self._heldout = graph, graph.heldout_ends

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
