"""Heuristics that weigh common neighbours: Σ w(a) over the common neighbours a of both ends.

Formulas as in Liben-Nowell & Kleinberg 2007 and Zhou et al. 2009 (0901.0553); Γ(i) are the neighbours of i in the
training graph, kᵢ = |Γ(i)|. Edge weights are not used. Of directed links u → v, common neighbours are the nodes a with
u → a → v, and kₐ counts their links in both directions.
"""

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.heuristics.entries import add_terms, ones
from latentlink.models.graph.csr import CSR, common_entries

NAMES = ("common_neighbors", "adamic_adar", "resource_allocation")


class Overlaps:
    """Common neighbours (w = 1), Adamic-Adar (w = 1 / log k) and resource allocation (w = 1 / k).

    Args:
        adjacency: symmetric (N, N); with `roles` of a graph of roles, where a role's neighbours count as nodes.
        roles: whether it is one.

    Attributes:
        degrees: float64 (N,), of nodes.
        weights: w(a) of each node by the name of the heuristic, float64 (N,).
    """

    def __init__(self, adjacency: CSR, *, roles: bool = False) -> None:
        self._adjacency = _of_nodes(adjacency) if roles else adjacency
        self._links = ones(self._adjacency)
        self._back = self._links.T.tocsr() if roles else self._links  # the same matrix where it is symmetric
        degrees = np.diff(adjacency.indptr).astype(np.float64)
        self.degrees = degrees.reshape(2, -1).sum(axis=0) if roles else degrees
        # A common neighbour has at least two neighbours, so that its logarithm is never 0; other nodes are not used.
        shared = np.maximum(self.degrees, 2)
        self.weights = dict(zip(NAMES, (np.ones_like(self.degrees), 1 / np.log(shared), 1 / shared), strict=True))

    def score_pairs(self, pairs: Int64) -> dict[str, Float64]:
        """The scores of int64 pairs (m, 2) by each heuristic, float64 (m,)."""
        scores = {name: np.zeros(len(pairs)) for name in self.weights}
        for pair, one, _ in common_entries(self._adjacency.indptr, self._adjacency.indices, pairs):
            # From the last neighbour to the first: in this order the sums have the bits of all published metrics.
            common = self._adjacency.indices[one[::-1]]
            for name, weight in self.weights.items():
                add_terms(scores[name], pair[::-1], weight[common])
        return scores

    def score_rows(self, name: str, nodes: Int64) -> Float32:
        """As in `Scorer`, by one of the heuristics; in float32, so that equal sums of other terms are equal."""
        weighted = self._links[nodes]
        weighted.data = self.weights[name][weighted.indices]
        return np.asarray((weighted @ self._back).toarray(), np.float32)

    def two_hops(self) -> Float64:
        """Σ kₐ over the neighbours a of each node, float64 (N,): the work of a row."""
        return np.asarray(self._links @ self.degrees)


def _of_nodes(adjacency: CSR) -> CSR:
    """The neighbours of each of 2N roles as nodes, (2N, N): the targets of a source's links, and the sources of a target's."""
    n = adjacency.shape[0] // 2
    return CSR(adjacency.indptr, adjacency.indices % n, adjacency.data, (2 * n, n))
