"""Two graph convolutions in numpy, recomputed over the two-hop subgraph of a node."""

from collections.abc import Iterator

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.graph.features import BLOCK_CELLS, blocks
from latentlink.models.inference.encoders.features import Features, Weights, products, products_work
from latentlink.models.inference.encoders.khop import KHop
from latentlink.models.inference.encoders.new_nodes import NewNode, NewNodeGroup

_CACHED = 2**17  # terms that are summed at once: 1 MiB
_ENTRY, _TERM = 240, 6  # ns of an entry that is read, and of each of its H terms
_LONG = 16  # terms of one row, above which a sum of their own is faster


class NumpyGCN:
    """`GCNEncoder` of torch, hₖ = Â ReLU(Â X W) Wₖ; with biases, as PyTorch Geometric's `GCNConv`, Â ReLU(Â X W + b) Wₖ + bₖ.

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
        self.bias, self.head_bias, self._logvar_bias = (
            weights.get(f"gcn.{name}.bias", np.float32(0)) for name in ("hidden", "mu", "logvar")
        )
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
        summed = np.zeros((len(nodes), self.weight.shape[1]))
        for some in blocks(np.arange(len(row)), self.weight.shape[1]):  # a hub has entries enough to fill the memory
            subgraph, at = np.unique(columns[some], return_inverse=True)
            known = int(np.searchsorted(subgraph, self.khop.nodes))
            inputs = self.transformed(subgraph[:known])
            if new_nodes is not None:
                inputs = np.concatenate([inputs, new_nodes[subgraph[known:] - self.khop.nodes]])
            inputs /= np.sqrt(khop.degrees(subgraph))[:, None]
            size = max(1, _CACHED // self.weight.shape[1])
            for part in map(slice, range(0, len(some), size), range(size, len(some) + size, size)):
                _add(summed, row[some[part]], weights[some[part], None] * inputs[at[part]])
        return summed

    def aggregated(self, node: int, khop: KHop, new_nodes: Float32 | None = None) -> Float64:
        """One row of Â ReLU(Â X W), float64 (H,), the input of both heads; the other arguments are those of `sums`."""
        near, aggregated = khop.step(khop.start(node)), np.zeros(self.weight.shape[1])
        for some in blocks(np.arange(len(near.nodes)), self.weight.shape[1]):
            nodes = near.nodes[some]
            hidden = self.sums(nodes, khop, new_nodes) / np.sqrt(khop.degrees(nodes))[:, None]
            aggregated += near.coefficients[some] @ np.maximum(hidden + self.bias, 0)
        return aggregated

    def embedding_work(self, neighbors: Ints, more: int = 0) -> int:
        """About how many ns the embedding of a node, known or new, takes, at most.

        A sum of `KHop.work` and of what `sums` takes for each entry and each row of X W. An entry also takes about 45 bytes.

        Args:
            neighbors: the known nodes that it is linked to.
            more: entries that links between new nodes add.
        """
        own, width = len(neighbors), int(self.weight.shape[1])
        entries = self.khop.links(neighbors) + 3 * own + 1 + more  # whatever their number: none is left out
        at_once = max(1, BLOCK_CELLS // width)
        rows = min(entries, -(-entries // at_once) * min(self.khop.nodes, at_once))
        convolved = (_ENTRY + _TERM * width) * entries + rows * products_work(self.features, width)
        return self.khop.work(own) + (self.khop.work(entries) if more else 0) + int(convolved)

    def embed(self, node: int) -> Float64:
        """z of one node, float64 (D,)."""
        return np.asarray(self.aggregated(node, self.khop) @ self.head + self.head_bias)

    def embed_new_nodes(self, new_nodes: NewNodeGroup) -> Iterator[NewNode]:
        """Embed new nodes, one after the other, on the graph extended by all of them; without features x W is 0."""
        n, khop = self.khop.nodes, self.khop.changed(new_nodes.changes)
        with_features = None if self.features is None else self.weight
        hidden = new_nodes.hidden(with_features, self.weight.shape[1])
        return (self._new_node(n + at, khop, hidden) for at in range(len(hidden)))

    def _new_node(self, node: int, khop: KHop, hidden: Float32) -> NewNode:
        aggregated = self.aggregated(node, khop, hidden)
        logvar = None if self._logvar is None else aggregated @ self._logvar + self._logvar_bias
        met = np.array([0])
        if len(hidden) > 1:
            two_hops = khop.step(khop.step(khop.start(node))).nodes
            met = two_hops[two_hops >= self.khop.nodes] - self.khop.nodes
        return NewNode(aggregated @ self.head + self.head_bias, logvar, whole=True, met=met)


def _add(sums: Float64, row: Int64, terms: Float64) -> None:
    """Add terms to the sums of their rows, float64 (m, H), one after the other: blocks of any size give the same bits.

    Args:
        sums: the sums so far.
        row: int64 (e,).
        terms: float64 (e, H).
    """
    order = np.argsort(row, kind="stable")
    rows, counts = np.unique(row, return_counts=True)
    starts = np.cumsum(counts) - counts
    for at in np.flatnonzero(counts > _LONG).tolist():
        own = terms[order[starts[at] : starts[at] + counts[at]]]
        own[0] += sums[rows[at]]
        sums[rows[at]] = own.sum(axis=0)
    short = counts[counts <= _LONG]
    rows, starts = rows[counts <= _LONG], starts[counts <= _LONG]
    for place in range(short.max(initial=0)):
        longer = short > place
        sums[rows[longer]] += terms[order[starts[longer] + place]]
