"""The fall of a logit when links are left out."""

from collections.abc import Iterator

import numpy as np

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.services.encoder import LARGEST_WORK, Embedded, require_small_subgraph
from latentlink.app.services.explaining.logit_parts import besides_dense, parts_of
from latentlink.app.services.explaining.sides import Name, NodePart, Side, largest
from latentlink.models.arrays import Int64, Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders import NumpyGCN
from latentlink.models.inference.encoders.leave_out import TwoHopSubgraph, without_work
from latentlink.models.inference.scoring import sigmoid

_WHOLE = 3  # vectors of a side beside one for each link: with all links, to rank them, and without those listed


class LeaveOneOut:
    """The fall of the logit when each of the strongest links of an end is left out: for encoders that are not linear."""

    name: Name = "leave-one-out"

    def __init__(self, checkpoint: Checkpoint, encoder: NumpyGCN) -> None:
        self._checkpoint, self._graph, self._encoder = checkpoint, checkpoint.graph, encoder
        self._weights = np.ones(1, np.float32) if checkpoint.dense_weights is None else checkpoint.dense_weights

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:
        """Both sides; the neighbours that are left out are those that add most to the last propagation.

        Raises:
            InvalidRequestError: `limit` is too large for so many neighbours.
            UnsupportedByModelError: the two-hop subgraphs are too large to be recomputed.
        """
        near, other = (self._graph.neighbors(row) for row in (source, target))
        require_small_subgraph(self._encoder, near, other, spare=self._without_work(near, other) * (1 + _WHOLE))
        if max(self.side_work(near, other, limit), self.side_work(other, near, limit)) > LARGEST_WORK:
            most = (LARGEST_WORK - self.side_work(near, other, 0)) // self._without_work(near, other)
            links = f"{len(near) + len(other):,} links"
            raise InvalidRequestError.of("limit", f"at most {most:,} for two nodes with {links}", f"{limit:,}")
        return self._sides(source, target, limit)

    def side_work(self, near: Ints, other: Ints, limit: int) -> int:
        """Of both subgraphs, and of both vectors without each link."""
        read = self._encoder.embedding_work(near) + self._encoder.embedding_work(other)
        return read + (min(limit, len(near)) + _WHOLE) * self._without_work(near, other)

    def _without_work(self, near: Ints, other: Ints) -> int:
        return without_work(self._encoder, len(near) + len(other) + 2)

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[Iterator[Side]]:  # noqa: ARG002
        """None yet.

        Raises:
            UnsupportedByModelError: always.
        """
        raise UnsupportedByModelError(
            "include=explanation: expected an encoder whose logits are sums (normalized, linear) for a new node, found gcn"
        )

    def _sides(self, source: int, target: int, limit: int) -> Iterator[Side]:
        one, other = (TwoHopSubgraph(self._encoder, row) for row in (source, target))
        besides = besides_dense(parts_of(self._checkpoint, source, target))
        yield self._side(one, other, besides, limit)
        yield self._side(other, one, besides, limit)

    def _side(self, subgraph: TwoHopSubgraph, other: TwoHopSubgraph, besides: float, limit: int) -> Side:
        """Of one end; `besides` is what other parts of the logit add, from which nothing is left out."""
        none = np.empty(0, np.int64)
        logit = self._logit_without(none, subgraph, other)
        parts = subgraph.parts(other.without(_links(subgraph, none), np.empty(0)) * self._weights)
        listed = subgraph.near[largest(parts, limit, int(np.searchsorted(subgraph.near, subgraph.node)))]
        falls = np.array([logit - self._logit_without(one, subgraph, other) for one in listed.reshape(-1, 1)])
        others = [NodePart(int(listed[at]), float(falls[at]), []) for at in largest(falls, limit)]
        before, after = sigmoid(besides + np.array([logit, self._logit_without(listed, subgraph, other)]))
        return Side(subgraph.node, None, others, None, fidelity=float(before - after))

    def _logit_without(self, neighbors: Int64, subgraph: TwoHopSubgraph, other: TwoHopSubgraph) -> float:
        """The dense part without the links from the node of `subgraph` to some neighbours."""
        links, weights = _links(subgraph, neighbors), subgraph.weights[np.searchsorted(subgraph.near, neighbors)]
        return float((subgraph.without(links, weights) * self._weights) @ other.without(links, weights))


def _links(subgraph: TwoHopSubgraph, neighbors: Int64) -> Int64:
    """int64 (m, 2): from the node of `subgraph` to each of some neighbours."""
    return np.stack([np.full(len(neighbors), subgraph.node), neighbors], axis=1)
