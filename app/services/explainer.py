"""Explanations of a logit: the contributions of the nodes around each end, or the change when their links are left out.

A logit zᵢᵀzⱼ can be read from either side: zᵢ is made of what reaches i, while zⱼ is taken as it is, and the other way round.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, Self

import numpy as np

from latentlink.app.errors import UnsupportedByModelError
from latentlink.app.services.encoder import Embedded, require_small_subgraph
from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders import ExtendedGraph, Neighborhood, NumpyEncoder, NumpyGCN, NumpyPropagation
from latentlink.models.inference.encoders.leave_out import TwoHopSubgraph
from latentlink.models.inference.scoring import sigmoid, vector_logits

FEATURES = 5  # listed below a node
_REACHING = 50_000  # nodes of one side that are looked at: tenths of a second where their lengths are not known yet
# Operations that take as long as to sort a number, to leave out a link, and to compute a number of the subgraph without it.
_SORTED, _LEFT_OUT, _AGAIN = 50, 300_000, 12


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
        """Both sides of a pair of rows, with up to `limit` others each."""

    def side_work(self, near: Ints, limit: int) -> int:
        """Operations, at most, for a side with up to `limit` others, read from a node with the neighbours `near`."""

    def require_new_nodes(self) -> None:
        """Refuse to explain links of new nodes.

        Raises:
            UnsupportedByModelError: this method can't.
        """

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[tuple[Side, Side]]:
        """As `sides`, of a new node, whose group has the rows from N on, with each of some rows."""


def make_explainer(checkpoint: Checkpoint, encoder: NumpyEncoder) -> Method:
    """The way to explain links of a checkpoint, by its encoder."""
    return LeaveOneOut(checkpoint, encoder) if isinstance(encoder, NumpyGCN) else Decomposition(checkpoint.mu, encoder)


class Decomposition:
    """The logit as a sum over nodes, for encoders that are linear but for the length of rows."""

    name: Name = "contributions"

    def __init__(self, mu: Float32, encoder: NumpyPropagation) -> None:
        self._mu, self._encoder = mu, encoder

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:
        """Both sides."""
        one, other = self._mu[[source, target]]
        ends = _End.of(self._encoder, source, one), _End.of(self._encoder, target, other)
        yield self._side(ends[0], other, limit)
        yield self._side(ends[1], one, limit)

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[tuple[Side, Side]]:
        """Both sides of each; a target's is read in the graph that was served, as its vector is the stored one."""
        own = _End.of(ExtendedGraph(self._encoder, one.group), len(self._mu) + one.at, one.z)
        for target in targets:
            end = _End.of(self._encoder, target, self._mu[target])
            yield self._side(own, end.z, limit), self._side(end, one.z, limit)

    def side_work(self, near: Ints, limit: int) -> int:
        """As `Method.side_work`."""
        features = self._encoder.features
        listed = 0 if features is None else limit * features.shape[1] * _SORTED
        return self._encoder.work(near, _REACHING) + listed

    def require_new_nodes(self) -> None:
        """It can."""

    def _side(self, end: "_End", z: Float32, limit: int) -> Side:
        """Of one end, with the vector of the other."""
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
        self._graph, self._encoder = checkpoint.graph, encoder

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:
        """Both sides; the neighbours that are left out are those that add most to the last propagation.

        Raises:
            UnsupportedByModelError: a two-hop subgraph is too large to be recomputed.
        """
        subgraphs = self._subgraph(source), self._subgraph(target)
        yield self._side(*subgraphs, limit)
        yield self._side(*subgraphs[::-1], limit)

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[tuple[Side, Side]]:  # noqa: ARG002
        """None yet; raises as `require_new_nodes`."""
        self.require_new_nodes()
        return iter(())

    def require_new_nodes(self) -> None:
        """None yet.

        Raises:
            UnsupportedByModelError: always.
        """
        raise UnsupportedByModelError(
            "include=explanation: expected an encoder whose logits are sums (normalized, linear) for a new node, found gcn"
        )

    def side_work(self, near: Ints, limit: int) -> int:
        """As `Method.side_work`; both subgraphs are computed again for each link that is left out, on both sides."""
        each = _LEFT_OUT + len(near) * len(self._encoder.head) * _AGAIN
        return self._encoder.work(near) + 2 * (limit + 3) * each

    def _subgraph(self, row: int) -> TwoHopSubgraph:
        require_small_subgraph(self._graph, self._graph.neighbors(row))
        return TwoHopSubgraph(self._encoder, row)

    def _side(self, subgraph: TwoHopSubgraph, other: TwoHopSubgraph, limit: int) -> Side:
        none = np.empty(0, np.int64)
        logit = _logit_without(none, subgraph, other)
        parts = subgraph.parts(other.without(_links(subgraph, none), np.empty(0)))
        listed = subgraph.near[_largest(parts, limit, int(np.searchsorted(subgraph.near, subgraph.node)))]
        falls = np.array([logit - _logit_without(one, subgraph, other) for one in listed.reshape(-1, 1)])
        others = [NodePart(int(listed[at]), float(falls[at]), []) for at in _largest(falls, limit)]
        before, after = sigmoid(np.array([logit, _logit_without(listed, subgraph, other)]))
        return Side(subgraph.node, None, others, None, fidelity=float(before - after))


def _logit_without(neighbors: Int64, subgraph: TwoHopSubgraph, other: TwoHopSubgraph) -> float:
    """zᵢᵀzⱼ without the links from the node of `subgraph` to some neighbours."""
    links, weights = _links(subgraph, neighbors), subgraph.weights[np.searchsorted(subgraph.near, neighbors)]
    return float(subgraph.without(links, weights) @ other.without(links, weights))


def _links(subgraph: TwoHopSubgraph, neighbors: Int64) -> Int64:
    """int64 (m, 2): from the node of `subgraph` to each of some neighbours."""
    return np.stack([np.full(len(neighbors), subgraph.node), neighbors], axis=1)


def _largest(values: Float64, limit: int, own: int = -1) -> Int64:
    """Where the largest values by size stand, up to `limit`, the largest first and of equals the first; never `own`."""
    order = np.argsort(-np.abs(values), kind="stable")
    return np.asarray(order[order != own][:limit])
