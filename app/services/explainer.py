"""Explanations of a logit: the contributions of the nodes around each end, or the change when their links are left out.

A logit zᵢᵀzⱼ can be read from either side: zᵢ is made of what reaches i, while zⱼ is taken as it is, and the other way round.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, Self

import numpy as np

from latentlink.app.errors import InvalidRequestError, UnsupportedByModelError
from latentlink.app.services.encoder import LARGEST_WORK, Embedded, require_small_subgraph
from latentlink.app.services.logit_parts import besides_dense, parts_of
from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders import (
    ExtendedGraph,
    Neighborhood,
    NoEncoder,
    NumpyEncoder,
    NumpyGCN,
    NumpyPropagation,
)
from latentlink.models.inference.encoders.leave_out import TwoHopSubgraph, without_work
from latentlink.models.inference.scoring import sigmoid, vector_logits

FEATURES = 5  # listed below a node
_REACHING = 50_000  # nodes of one side that are looked at: tenths of a second where their lengths are not known yet
_WHOLE = 3  # vectors of a side beside one for each link: with all links, to rank them, and without those listed
_SORTED = 100  # ns of a node that reaches an end, to find those that are looked at

Name = Literal["contributions", "leave-one-out"]


@dataclass(frozen=True)
class FeaturePart:
    """The contribution of one encoded feature of a node; `column` is its place among the F."""

    column: int
    value: float
    contribution: float


@dataclass(frozen=True)
class NodePart:
    """The contribution of one node: of its largest features, their `rest`, and its learned embedding, `bias`; None without it."""

    row: int
    contribution: float
    features: list[FeaturePart]
    rest: float | None = None
    bias: float | None = None


@dataclass(frozen=True)
class Side:
    """A logit read from one end.

    Attributes:
        row: the end.
        own: what it adds itself; None where links are left out.
        others: the other nodes with the largest contributions by absolute value.
        rest: what all other nodes add, so that own, others and rest are the logit; None where links are left out.
        exact: whether all nodes that reach the end were searched; else `rest` holds the others.
        fidelity: by how much the probability would fall without all links to `others`; None where nothing is left out.
    """

    row: int
    own: NodePart | None
    others: list[NodePart]
    rest: float | None
    exact: bool = True
    fidelity: float | None = None


class Method(Protocol):
    """A way to explain; `name` is what answers call it."""

    name: Name

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:
        """Both sides of a pair of rows, with up to `limit` others each; each is computed when it is asked for."""

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[Iterator[Side]]:
        """As `sides`, of a new node, whose group has the rows from N on, with each of some rows."""

    def side_work(self, near: Ints, other: Ints, limit: int) -> int:
        """About how many ns one side takes, at most, by the known neighbours of its end and of the other end."""


def make_explainer(checkpoint: Checkpoint, encoder: NumpyEncoder) -> Method:
    """The way to explain links of a checkpoint, by its encoder."""
    if isinstance(encoder, NoEncoder):
        return Nothing()
    return LeaveOneOut(checkpoint, encoder) if isinstance(encoder, NumpyGCN) else Decomposition(checkpoint, encoder)


class Nothing:
    """The explanation of a model without dense columns, which has no sides."""

    name: Name = "contributions"

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:  # noqa: ARG002
        """None."""
        return iter(())

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[Iterator[Side]]:  # noqa: ARG002
        """None of each."""
        return (iter(()) for _ in targets)

    def side_work(self, near: Ints, other: Ints, limit: int) -> int:  # noqa: ARG002
        """None."""
        return 0


class Decomposition:
    """The dense part of a logit as a sum over nodes, for encoders that are linear but for the length of rows."""

    name: Name = "contributions"

    def __init__(self, checkpoint: Checkpoint, encoder: NumpyPropagation) -> None:
        self._mu, self._weights, self._encoder = checkpoint.dense, checkpoint.dense_weights, encoder

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:
        """Both sides."""
        for row, other in ((source, target), (target, source)):
            yield self._side(_End.of(self._encoder, row, self._mu[row]), self._mu[other], limit)

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[Iterator[Side]]:
        """Both sides of each; a target's is read in the graph that was served, as its vector is the stored one."""
        n, dim = self._mu.shape
        own = _End.of(ExtendedGraph(self._encoder, one.group), n + one.at, one.z[:dim])
        return (self._with_new_node(own, target, limit) for target in targets)

    def _with_new_node(self, own: "_End", target: int, limit: int) -> Iterator[Side]:
        z = self._mu[target]
        yield self._side(own, z, limit)
        yield self._side(_End.of(self._encoder, target, z), own.z, limit)

    def side_work(self, near: Ints, other: Ints, limit: int) -> int:  # noqa: ARG002
        """Of all nodes that reach the end, sorted by their coefficients, and of the parts of `_REACHING`."""
        encoder = self._encoder
        reached, work = encoder.neighborhood_work(near)
        used = min(reached, _REACHING)
        return int(work) + _SORTED * int(reached) + encoder.scales_work(used) + encoder.against_work(used)

    def _side(self, end: "_End", z: Float32, limit: int) -> Side:
        """Of one end, with the vector of the other."""
        z = z if self._weights is None else z * self._weights
        graph, row, reached, coefficients = end.graph, end.row, end.reached, end.coefficients
        of_features, of_rows = (coefficients * part for part in graph.against(reached.nodes, z))
        parts, bias = (of_features + of_rows).sum(axis=1), of_rows.sum(axis=1)
        own = int(np.searchsorted(reached.nodes, row))
        listed = _largest(parts, limit, own)
        # By node what one unit of each feature adds: (F, V) times (V, 1 + listed).
        shown = np.append(own, listed)
        slopes = (self._encoder.directions(z) @ coefficients[shown].T).T
        own_part, *others = (
            self._node(graph, int(reached.nodes[at]), float(parts[at]), slope, float(bias[at]))
            for at, slope in zip(shown.tolist(), slopes, strict=True)
        )
        total = parts.sum() if reached.whole else vector_logits(z[None], end.z, np.array([0]))[0]
        return Side(row, own_part, others, float(total - parts[shown].sum()), reached.whole)

    def _node(
        self, graph: NumpyPropagation | ExtendedGraph, row: int, contribution: float, slope: Float64, bias: float
    ) -> NodePart:
        with_rows, x = None if self._encoder.rows is None else bias, graph.features_of(row)
        if x is None:
            return NodePart(row, contribution, [], None, with_rows)
        parts = x * slope
        chosen = [at for at in np.argsort(-np.abs(parts), kind="stable")[:FEATURES].tolist() if parts[at]]
        listed = [FeaturePart(at, float(x[at]), float(parts[at])) for at in chosen]
        return NodePart(row, contribution, listed, float(contribution - bias - parts[chosen].sum()), with_rows)


class _End(NamedTuple):
    """One end of a pair, and what reaches it.

    Attributes:
        graph: where it stands.
        row: its place there.
        z: float32 (D,), its vector.
        reached: the nodes whose parts are reported.
        coefficients: float64 (m, V), of these.
    """

    graph: NumpyPropagation | ExtendedGraph
    row: int
    z: Float32
    reached: Neighborhood
    coefficients: Float64

    @classmethod
    def of(cls, graph: NumpyPropagation | ExtendedGraph, row: int, z: Float32) -> Self:
        """The node `row` of a graph, with its vector."""
        reached = graph.neighborhood(row).strongest(_REACHING, row)
        return cls(graph, row, z, reached, graph.coefficients(reached))


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
        listed = subgraph.near[_largest(parts, limit, int(np.searchsorted(subgraph.near, subgraph.node)))]
        falls = np.array([logit - self._logit_without(one, subgraph, other) for one in listed.reshape(-1, 1)])
        others = [NodePart(int(listed[at]), float(falls[at]), []) for at in _largest(falls, limit)]
        before, after = sigmoid(besides + np.array([logit, self._logit_without(listed, subgraph, other)]))
        return Side(subgraph.node, None, others, None, fidelity=float(before - after))

    def _logit_without(self, neighbors: Int64, subgraph: TwoHopSubgraph, other: TwoHopSubgraph) -> float:
        """The dense part without the links from the node of `subgraph` to some neighbours."""
        links, weights = _links(subgraph, neighbors), subgraph.weights[np.searchsorted(subgraph.near, neighbors)]
        return float((subgraph.without(links, weights) * self._weights) @ other.without(links, weights))


def _links(subgraph: TwoHopSubgraph, neighbors: Int64) -> Int64:
    """int64 (m, 2): from the node of `subgraph` to each of some neighbours."""
    return np.stack([np.full(len(neighbors), subgraph.node), neighbors], axis=1)


def _largest(values: Float64, limit: int, own: int = -1) -> Int64:
    """Where the largest values by size stand, up to `limit`, the largest first and of equals the first; never `own`."""
    order = np.argsort(-np.abs(values), kind="stable")
    return np.asarray(order[order != own][:limit])
