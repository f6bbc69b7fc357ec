"""The graph encoders in numpy, a few nodes at a time: what serving needs to explain a link, without torch.

Held to `models.encoders` by a congruence test. A twin reads a checkpoint's weights, features and graph where they are mapped.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.csr import CSR, Float32, Int64
from models.rows import blocks, dense_rows
from models.scoring import Float64
from models.walks import Reach, Walks

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


class PropagationTwin:
    """`models.encoders.PropagationEncoder`: blocks of h = X W + E, brought to one length or not, each propagated by its scale.

    Args:
        weights: the encoder's parameters under their public names.
        features: (N, F), or None for a model of learned rows alone.
        walks: over the graph that the encoder saw.
        kind: "linear" or "normalized".
        dim: D.
        hops: K.

    Raises:
        ValueError: the weights do not fit the features or each other.
    """

    def __init__(self, weights: Weights, features: Features, walks: Walks, *, kind: str, dim: int, hops: int) -> None:
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
        self._stretches = np.full((n, len(widths)), np.nan if self.scale is not None else 1.0, np.float32)

    def embed(self, nodes: Int64) -> Float32:
        """z of some nodes, float32 (m, D)."""
        return np.stack([self._embed(node) for node in nodes.tolist()]).astype(np.float32)

    def reaching(self, node: int) -> Reached:
        """Which nodes reach `node`, and with which share at each scale."""
        reach, reaches = self.walks.start(node), list[Reach]()
        for hops in range(self.scales[-1] + 1):
            reach = self.walks.step(reach) if hops else reach
            if hops in self.scales:
                reaches.append(reach)
        nodes = np.unique(np.concatenate([[node], *(reach.nodes for reach in reaches)]))
        shares = np.zeros((len(nodes), len(reaches)))
        for column, reach in enumerate(reaches):
            shares[np.searchsorted(nodes, reach.nodes), column] = reach.shares
        return Reached(nodes, shares, reach.whole)

    def transformed(self, nodes: Int64) -> Float32:
        """h of some nodes, before it is propagated: float32 (m, D), its blocks of one length where the encoder is normalized."""
        hidden = self._hidden(nodes)
        for block, stretch in zip(self.blocks, self.stretches(nodes).T, strict=True):
            hidden[:, block] *= stretch[:, None]
        return hidden

    def stretches(self, nodes: Int64) -> Float32:
        """float32 (m, V): s / √V / ‖u‖, by which each block of u = x W + e is brought to its length; ones for `linear`."""
        new = nodes[np.isnan(self._stretches[nodes, 0])]
        if len(new) and self.scale is not None:
            width = 0 if self.features is None else self.features.shape[1]
            for some in blocks(new, width):
                hidden = self._hidden(some)
                lengths = np.stack([np.linalg.norm(hidden[:, block], axis=1) for block in self.blocks], axis=1)
                self._stretches[some] = self.scale / len(self.scale) ** 0.5 / np.maximum(lengths, 1e-12)
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

    def _embed(self, node: int) -> npt.NDArray[np.floating]:
        reached = self.reaching(node)
        h = self.transformed(reached.nodes)
        parts = [s @ h[:, block] for s, block in zip(reached.shares.T, self.blocks, strict=True)]
        return np.concatenate(parts)


class GCNTwin:
    """`models.encoders.GCNEncoder`: z = Â ReLU(Â X W) W'.

    Args:
        weights: the encoder's parameters under their public names.
        features: (N, F), or None for a graph without, where X is the identity.
        n_nodes: N.

    Raises:
        ValueError: the weights do not fit the features.
    """

    def __init__(self, weights: Weights, features: Features, n_nodes: int) -> None:
        self.weight, self.head, self.features = weights["gcn.hidden.weight"], weights["gcn.mu.weight"], features
        expected = n_nodes if features is None else features.shape[1]
        if len(self.weight) != expected or self.weight.shape[1] != len(self.head):
            found = f"{self.weight.shape} and {self.head.shape}"
            raise ValueError(f"gcn weights: expected ({expected}, H) and (H, D), found {found}")

    def transformed(self, nodes: Int64) -> Float64:
        """X W of some nodes, float64 (m, H)."""
        if self.features is None:
            return self.weight[nodes].astype(np.float64)
        return products(self.features, nodes, self.weight)

    def sums(self, nodes: Int64, walks: Walks) -> Float64:
        """(A + I) D̃^(-1/2) X W in the rows of some nodes, int64 (m,), rising: float64 (m, H)."""
        row, columns, weights = walks.rows(nodes)
        ball = np.unique(columns)
        inputs = self.transformed(ball) / np.sqrt(walks.degrees[ball])[:, None]
        at = np.searchsorted(ball, columns)
        return np.stack([np.bincount(row, weights * column[at], len(nodes)) for column in inputs.T.copy()], axis=1)

    def embed(self, node: int, walks: Walks) -> Float64:
        """z of one node in the graph that `walks` goes through, float64 (D,): the 2-hop ball is computed anew."""
        near = walks.step(walks.start(node))
        hidden = self.sums(near.nodes, walks) / np.sqrt(walks.degrees[near.nodes])[:, None]
        return np.asarray(near.shares @ np.maximum(hidden, 0) @ self.head)


def products(features: Features, nodes: Int64, matrix: Float32) -> Float64:
    """x M for some rows of features: float64 (m, C) of a float32 (F, C); 0 without features."""
    out = np.zeros((len(nodes), matrix.shape[1]))
    start = 0
    if features is not None:
        for some in blocks(nodes, features.shape[1]):
            out[start : start + len(some)] = dense_rows(features, some) @ matrix
            start += len(some)
    return out
