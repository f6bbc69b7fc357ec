"""The graph encoders in numpy, a few nodes at a time: to explain a link, and to embed who was not there, without torch.

Held to `models.encoders` by a congruence test. A twin reads a checkpoint's weights, features and graph where they are mapped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.csr import CSR, Float32, Int64
from models.rows import blocks, dense_rows
from models.scoring import Float64
from models.walks import Changes, Reach, Walks

_SPARSE = 8  # multiply-adds of a dense row in the time of one of a sparse row, by a wide matrix; by a vector they take the same

Weights = Mapping[str, Float32]
Features = Float32 | CSR | None


def block_widths(dim: int, hops: int, *, multiscale: bool) -> dict[int, int]:
    """How wide the block of each number of propagations is; wide scales first where there are fewer columns than scales."""
    scales = range(max(0, hops + 1 - dim), hops + 1) if multiscale else range(hops, hops + 1)
    share, more = divmod(dim, len(scales))
    return {scale: share + (place < more) for place, scale in enumerate(scales)}


@dataclass(frozen=True)
class Reached:
    """What reaches a node, at each of the V scales of its vector.

    Attributes:
        nodes: int64 (m,), rising.
        shares: float64 (m, V), entries of the powers of Â.
        whole: whether this is all that reaches it.
    """

    nodes: Int64
    shares: Float64
    whole: bool

    def strongest(self, limit: int, always: int) -> "Reached":
        """The nodes with the largest shares, at most `limit` of them and the node `always`."""
        if len(self.nodes) <= limit:
            return self
        keep = np.argsort(-self.shares.sum(axis=1), kind="stable")[:limit]
        keep = np.union1d(keep, np.flatnonzero(self.nodes == always))
        return Reached(self.nodes[keep], self.shares[keep], whole=False)


class Stranger(NamedTuple):
    """The vector of a node that was not there, float64 (D,), and whether all that reaches it was looked at."""

    z: Float64
    whole: bool


class PropagationTwin:
    """`models.encoders.PropagationEncoder`: blocks of h = X W + E, brought to one length or not, each propagated by its scale.

    Args:
        weights: the encoder's parameters under their public names.
        features: (N, F), or None for a model of learned rows alone.
        walks: over the graph that the encoder saw.
        kind: "linear" or "normalized".
        dim: D.
        hops: K.
        stretches: float32 (N, V), what the method of that name gives, where it is known; else it is computed when needed.

    Raises:
        ValueError: the weights do not fit the features or each other.
    """

    def __init__(
        self,
        weights: Weights,
        features: Features,
        walks: Walks,
        *,
        kind: str,
        dim: int,
        hops: int,
        stretches: Float32 | None = None,
    ) -> None:
        self.weight, self.rows = weights.get(f"{kind}.features.weight"), weights.get(f"{kind}.rows.weight")
        self.features, self.walks, n = features, walks, len(walks.degrees)
        widths = block_widths(dim, hops, multiscale=kind == "normalized" and self.rows is None)
        ends = np.cumsum([0, *widths.values()])
        self.scales = tuple(widths)
        self.blocks = tuple(slice(*pair) for pair in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
        self.scale = weights.get(f"{kind}.scale") if kind == "normalized" else None
        if self.scale is not None and self.scale.shape != (len(widths),):
            raise ValueError(f"{kind}.scale: expected {len(widths)} lengths, found {self.scale.shape}")
        if self.weight is None and self.rows is None:
            raise ValueError(f"{kind}: expected a weight for features or rows, found neither")
        expected = {"features.weight": (0 if features is None else features.shape[1], dim), "rows.weight": (n, dim)}
        for name, shape in expected.items():
            found = weights.get(f"{kind}.{name}")
            if found is not None and found.shape != shape:
                raise ValueError(f"{kind}.{name}: expected {shape}, found {found.shape}")
        # Lengths of rows say nothing of who asks: each is computed when it is first needed, and kept.
        self._stretches = np.full((n, len(widths)), np.nan, np.float32) if stretches is None else stretches
        if self._stretches.shape != (n, len(widths)):
            raise ValueError(f"{kind}, stretches: expected {(n, len(widths))}, found {self._stretches.shape}")

    def embed(self, node: int) -> Float64:
        """z of one node, float64 (D,)."""
        reached = self.reaching(node)
        return self._gathered(reached.nodes, reached.shares * self.stretches(reached.nodes))

    def embed_stranger(self, x: Float32 | None, neighbors: Int64, weights: Float64) -> Stranger:
        """A node that was not there at training, in the graph as it would be with it: K hops, and the neighbours' new degrees.

        It has no learned row, and nothing of its own without features; what it gets from others is exact.

        Args:
            x: float32 (F,), or None.
            neighbors: int64 (m,), distinct known nodes.
            weights: float64 (m,) > 0.
        """
        n = len(self._stretches)
        walks = self.walks.changed(Changes(np.stack([neighbors, np.full(len(neighbors), n)], axis=1), weights, 1))
        reached = self.reaching(n, walks)
        known = reached.nodes < n
        nodes, own = reached.nodes[known], reached.shares[~known][0]
        z = self._gathered(nodes, reached.shares[known] * self.stretches(nodes))
        if x is not None and self.weight is not None:
            u = x @ self.weight
            z += self._spread(own * self._stretches_of(u[None])[0]) * u
        return Stranger(z, reached.whole)

    def reaching(self, node: int, walks: Walks | None = None) -> Reached:
        """Which nodes reach `node`, and with which share at each scale; in the served graph unless `walks` goes elsewhere."""
        walks = walks or self.walks
        reach, reaches = walks.start(node), list[Reach]()
        for hops in range(self.scales[-1] + 1):
            reach = walks.step(reach) if hops else reach
            if hops in self.scales:
                reaches.append(reach)
        nodes = np.unique(np.concatenate([[node], *(reach.nodes for reach in reaches)]))
        shares = np.zeros((len(nodes), len(reaches)))
        for column, reach in enumerate(reaches):
            shares[np.searchsorted(nodes, reach.nodes), column] = reach.shares
        return Reached(nodes, shares, reach.whole)

    def stretches(self, nodes: Int64) -> Float32:
        """float32 (m, V): s / √V / ‖u‖, by which each block of u = x W + e is brought to its length; ones for `linear`."""
        new = nodes[
            np.isnan(self._stretches[nodes]).any(axis=1)
        ]  # of a row that another thread is at some may be there
        for some in blocks(new, 0 if self.features is None else self.features.shape[1]):
            self._stretches[some] = self._stretches_of(self._hidden(some))
        return self._stretches[nodes]

    def against(self, nodes: Int64, z: Float32) -> tuple[Float64, Float64]:
        """Inner products of each block with that of z, float32 (D,): of x W and of e, float64 (m, V) each; 0 without."""
        own = np.zeros((len(nodes), len(self.blocks)))
        if self.rows is not None:
            rows = self.rows[nodes]
            own = np.stack([rows[:, block] @ z[block] for block in self.blocks], axis=1).astype(np.float64)
        return products(self.features, nodes, self.directions(z)), own

    def directions(self, z: Float32) -> Float32:
        """float32 (F, V): W z for each block, what one unit of each feature adds to a logit before shares and lengths."""
        if self.weight is None:
            return np.zeros((0, len(self.blocks)), np.float32)
        return np.stack([self.weight[:, block] @ z[block] for block in self.blocks], axis=1)

    def _hidden(self, nodes: Int64) -> Float32:
        """u = x W + e of some nodes, float32 (m, D)."""
        hidden = np.zeros((len(nodes), self.blocks[-1].stop), np.float32)
        if self.weight is not None:
            hidden += products(self.features, nodes, self.weight)
        if self.rows is not None:
            hidden += self.rows[nodes]
        return hidden

    def _stretches_of(self, hidden: Float32) -> Float32:
        """float32 (m, V) for rows u, (m, D)."""
        if self.scale is None:
            return np.ones((len(hidden), len(self.blocks)), np.float32)
        lengths = np.stack([np.linalg.norm(hidden[:, block], axis=1) for block in self.blocks], axis=1)
        return np.asarray(self.scale / np.sqrt(len(self.scale)) / np.maximum(lengths, 1e-12), np.float32)

    def _gathered(self, nodes: Int64, coefficients: Float64) -> Float64:
        """Σ c (x W + e) over nodes for each block, float64 (D,); features are added up before they meet W."""
        z = np.zeros(self.blocks[-1].stop)
        for block, column, x in zip(self.blocks, coefficients.T, sums(self.features, nodes, coefficients), strict=True):
            if self.weight is not None:
                z[block] += x.astype(np.float32) @ self.weight[:, block]
            if self.rows is not None:
                z[block] += column @ self.rows[nodes, block]
        return z

    def _spread(self, of_blocks: Float64) -> Float64:
        """A number of each block (V,) as one of each column (D,)."""
        return np.repeat(of_blocks, [block.stop - block.start for block in self.blocks])


class GCNTwin:
    """`models.encoders.GCNEncoder`: z = Â ReLU(Â X W) W'.

    Args:
        weights: the encoder's parameters under their public names.
        features: (N, F), or None for a graph without, where X is the identity.
        walks: over the graph that the encoder saw.

    Raises:
        ValueError: the weights do not fit the features.
    """

    def __init__(self, weights: Weights, features: Features, walks: Walks) -> None:
        self.weight, self.head = weights["gcn.hidden.weight"], weights["gcn.mu.weight"]
        self.features, self.walks = features, walks
        expected = len(walks.degrees) if features is None else features.shape[1]
        if len(self.weight) != expected or self.weight.shape[1] != len(self.head):
            found = f"{self.weight.shape} and {self.head.shape}"
            raise ValueError(f"gcn weights: expected ({expected}, H) and (H, D), found {found}")

    def transformed(self, nodes: Int64) -> Float64:
        """X W of some nodes, float64 (m, H); 0 for a stranger."""
        known = nodes < len(self.walks.degrees)
        out = np.zeros((len(nodes), self.weight.shape[1]))
        taken = nodes[known]
        out[known] = self.weight[taken] if self.features is None else products(self.features, taken, self.weight)
        return out

    def sums(self, nodes: Int64, walks: Walks, stranger: Float64 | None = None) -> Float64:
        """(A + I) D̃^(-1/2) X W in the rows of some nodes, int64 (m,), rising: float64 (m, H).

        `stranger`, float64 (H,), is x W of the node N, where the graph has one.
        """
        row, columns, weights = walks.rows(nodes)
        ball = np.unique(columns)
        inputs = self.transformed(ball)
        if stranger is not None:
            inputs[ball == len(self.walks.degrees)] = stranger
        inputs /= np.sqrt(walks.degrees[ball])[:, None]
        at = np.searchsorted(ball, columns)
        return np.stack([np.bincount(row, weights * column[at], len(nodes)) for column in inputs.T.copy()], axis=1)

    def embed(self, node: int, walks: Walks | None = None, stranger: Float64 | None = None) -> Float64:
        """z of one node, float64 (D,), in the served graph unless `walks` goes elsewhere: its 2-hop ball is computed anew."""
        walks = walks or self.walks
        near = walks.step(walks.start(node))
        hidden = self.sums(near.nodes, walks, stranger) / np.sqrt(walks.degrees[near.nodes])[:, None]
        return np.asarray(near.shares @ np.maximum(hidden, 0) @ self.head)

    def embed_stranger(self, x: Float32 | None, neighbors: Int64, weights: Float64) -> Stranger:
        """As `PropagationTwin.embed_stranger`; without features it has no row of W."""
        n = len(self.walks.degrees)
        walks = self.walks.changed(Changes(np.stack([neighbors, np.full(len(neighbors), n)], axis=1), weights, 1))
        return Stranger(self.embed(n, walks, None if x is None else (x @ self.weight).astype(np.float64)), whole=True)


def products(features: Features, nodes: Int64, matrix: Float32) -> Float64:
    """x M for some rows of features: float64 (m, C) of a float32 (F, C); 0 without features."""
    out = np.zeros((len(nodes), matrix.shape[1]))
    if features is None or not len(nodes):
        return out
    stored = len(features.data) / features.shape[0] if isinstance(features, CSR) else features.shape[1]  # a row
    sparse = isinstance(features, CSR) and stored * min(matrix.shape[1], _SPARSE) < features.shape[1]
    start, width = 0, int(stored + 1) * matrix.shape[1] if sparse else features.shape[1]
    for some in blocks(nodes, width):
        if isinstance(features, CSR) and sparse:
            out[start : start + len(some)] = _sparse_product(features.take(some), matrix)
        else:
            out[start : start + len(some)] = dense_rows(features, some) @ matrix
        start += len(some)
    return out


def _sparse_product(rows: CSR, matrix: Float32) -> Float32:
    """Rows (m, F) times (F, C), float32 (m, C): only what is stored is touched."""
    out = np.zeros((rows.shape[0], matrix.shape[1]), np.float32)
    filled = np.diff(rows.indptr) > 0
    if filled.any():
        out[filled] = np.add.reduceat(matrix[rows.indices] * rows.data[:, None], rows.indptr[:-1][filled])
    return out


def sums(features: Features, nodes: Int64, coefficients: Float64) -> Float64:
    """Sums of rows of features, each times its coefficient, float64 (m, V): float64 (V, F); F is 0 without features."""
    if features is None:
        return np.zeros((coefficients.shape[1], 0))
    if isinstance(features, CSR):
        taken = features.take(nodes)
        row, width = taken.row_of_entry(), features.shape[1]
        return np.stack([np.bincount(taken.indices, taken.data * column[row], width) for column in coefficients.T])
    return np.asarray(coefficients.T.astype(np.float32) @ features[nodes], np.float64)
