"""Two graph convolutions in numpy, recomputed over the two-hop subgraph of a node."""

from collections.abc import Iterator

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.graph.features import blocks
from latentlink.models.inference.encoders.features import Features, Weights, products, stored_in_a_row
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.encoders.new_nodes import NewNode, NewNodeGroup

_READ = 50  # operations, numbers multiplied in a row, that take as long as to add up a number of a neighbour


class NumpyGCN:
    """`GCNEncoder` of torch: hₖ = Â ReLU(Â X W) Wₖ.

    Args:
        weights: the encoder's parameters under their public names.
        features: (N, F), or None for a graph without features, where X is the identity.
        khop: propagation over the message-passing edges of the training.

    Raises:
        KeyError: a weight is missing.
        ValueError: the weights do not fit the features.
    """

    def __init__(self, weights: Weights, features: Features, khop: KHop) -> None:
        self.weight, self.head = weights["gcn.hidden.weight"], weights["gcn.mu.weight"]
        self.features, self.khop, self._logvar = features, khop, weights.get("gcn.logvar.weight")
        expected = khop.nodes if features is None else features.shape[1]
        if len(self.weight) != expected or self.weight.shape[1] != len(self.head):
            found = f"{self.weight.shape} and {self.head.shape}"
            raise ValueError(f"gcn weights: expected ({expected}, H) and (H, D), found {found}")

    def transformed(self, nodes: Int64) -> Float64:
        """X W of some known nodes, float64 (m, H)."""
        if self.features is None:
            return self.weight[nodes].astype(np.float64)
        return products(self.features, nodes, self.weight)

    def sums(self, nodes: Int64, khop: KHop, new_nodes: Float32 | None = None) -> Float64:
        """Rows of (A + I) D̃^(-1/2) X W, float64 (m, H).

        Args:
            nodes: int64 (m,), the rows, ascending.
            khop: propagation over the graph, which may have new nodes.
            new_nodes: float32 (S, H), x W of the new nodes N, N + 1, …; None without new nodes.
        """
        row, columns, weights = khop.rows(nodes)
        summed = np.zeros((self.weight.shape[1], len(nodes)))
        for some in blocks(np.arange(len(row)), self.weight.shape[1]):  # a hub has entries enough to fill the memory
            subgraph, at = np.unique(columns[some], return_inverse=True)
            known = int(np.searchsorted(subgraph, self.khop.nodes))
            inputs = self.transformed(subgraph[:known])
            if new_nodes is not None:
                inputs = np.concatenate([inputs, new_nodes[subgraph[known:] - self.khop.nodes]])
            inputs /= np.sqrt(khop.degrees(subgraph))[:, None]
            _add(summed, row[some], weights[some], inputs.T.copy()[:, at])
        return summed.T.copy()

    def aggregated(self, node: int, khop: KHop, new_nodes: Float32 | None = None) -> Float64:
        """One row of Â ReLU(Â X W), float64 (H,), the input of both heads; the other arguments are those of `sums`."""
        near, aggregated = khop.step(khop.start(node)), np.zeros(self.weight.shape[1])
        for some in blocks(np.arange(len(near.nodes)), self.weight.shape[1]):
            nodes = near.nodes[some]
            hidden = self.sums(nodes, khop, new_nodes) / np.sqrt(khop.degrees(nodes))[:, None]
            aggregated += near.coefficients[some] @ np.maximum(hidden, 0)
        return aggregated

    def work(self, near: Ints) -> int:
        """Operations, at most, to embed a node with the neighbours `near`."""
        entries, hidden = self.khop.entries(near, 2), int(self.weight.shape[1])
        return entries * hidden * (_READ + stored_in_a_row(self.features) // 8)

    def embed(self, node: int) -> Float64:
        """z of one node, float64 (D,)."""
        return np.asarray(self.aggregated(node, self.khop) @ self.head)

    def embed_new_nodes(self, new_nodes: NewNodeGroup) -> Iterator[NewNode]:
        """Embed new nodes one by one on the graph extended by all of them; a node without features contributes zeros to X W."""
        n, khop = self.khop.nodes, self.khop.changed(new_nodes.changes)
        with_features = None if self.features is None else self.weight
        hidden = new_nodes.hidden(with_features, self.weight.shape[1])
        return (self._new_node(n + at, khop, hidden) for at in range(len(hidden)))

    def _new_node(self, node: int, khop: KHop, hidden: Float32) -> NewNode:
        aggregated = self.aggregated(node, khop, hidden)
        logvar = None if self._logvar is None else aggregated @ self._logvar
        met = np.array([0])
        if len(hidden) > 1:
            two_hops = khop.step(khop.step(khop.start(node))).nodes
            met = two_hops[two_hops >= self.khop.nodes] - self.khop.nodes
        return NewNode(aggregated @ self.head, logvar, whole=True, met=met)


def _add(sums: Float64, row: Int64, weights: Float64, inputs: Float64) -> None:
    """Add entries to the sums of their rows, float64 (H, m), one after the other: blocks of any size give the same bits.

    Args:
        sums: the sums so far.
        row: int64 (e,).
        weights: float64 (e,).
        inputs: float64 (H, e).
    """
    first, end = int(row.min()), int(row.max()) + 1
    rows = np.concatenate([np.arange(end - first), row - first])
    for column, values in zip(sums[:, first:end], inputs, strict=True):
        column[:] = np.bincount(rows, np.concatenate([column, weights * values]), end - first)
