"""The dense part of a logit as a sum over nodes."""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np

from latentlink.app.services.encoder import Embedded
from latentlink.app.services.explaining.sides import FeaturePart, Name, NodePart, Side, largest
from latentlink.models.arrays import Float32, Float64, Ints
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.inference.encoders import ExtendedGraph, Neighborhood, NumpyPropagation
from latentlink.models.inference.scoring import vector_logits

FEATURES = 5  # listed below a node
_REACHING = 50_000  # nodes of one side that are looked at: tenths of a second where their lengths are not known yet
_SORTED = 100  # ns of a node that reaches an end, to find those that are looked at


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
        listed = largest(parts, limit, own)
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
