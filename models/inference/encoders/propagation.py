"""Propagated maps, linear up to the L2 normalization of rows, in numpy: weighted sums over the K-hop neighbourhood of a node."""

from dataclasses import dataclass

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64, Ints
from latentlink.models.graph.features import blocks, dense_rows
from latentlink.models.inference.encoders.features import (
    Features,
    Weights,
    products,
    products_work,
    rounded_products,
    sums,
    sums_work,
)
from latentlink.models.inference.encoders.khop import KHop, PowerRow

_NORM, _BLOCK = 6, 15  # ns of a column of a row whose length is computed, and of a block of a row


def block_widths(dim: int, hops: int, *, multiscale: bool) -> dict[int, int]:
    """Columns of the block of each number of hops; with fewer columns than hops, the largest numbers of hops have one."""
    scales = range(max(0, hops + 1 - dim), hops + 1) if multiscale else range(hops, hops + 1)
    return dict(zip(scales, split_evenly(dim, len(scales)), strict=True))


def split_evenly(total: int, parts: int) -> list[int]:
    """`total` as a sum of integers that differ by at most 1, the larger first."""
    least, larger = divmod(total, parts)
    return [least + (part < larger) for part in range(parts)]


@dataclass(frozen=True)
class Neighborhood:
    """The nodes within K hops of a node, with their coefficients in each of the V blocks of its vector.

    Attributes:
        nodes: int64 (m,), ascending.
        coefficients: float64 (m, V): entries of the power of Â that each block is propagated by; of a node without links the
            factor of its length.
        whole: whether these are all such nodes.
    """

    nodes: Int64
    coefficients: Float64
    whole: bool

    def strongest(self, limit: int, always: int) -> "Neighborhood":
        """The `limit` nodes with the largest coefficients, and the node `always`."""
        if len(self.nodes) <= limit:
            return self
        keep = np.argsort(-self.coefficients.sum(axis=1), kind="stable")[:limit]
        keep = np.union1d(keep, np.flatnonzero(self.nodes == always))
        return Neighborhood(self.nodes[keep], self.coefficients[keep], whole=False)


class NumpyPropagation:
    """`PropagationEncoder` of torch: blocks of U = X W + E, their rows normalized or not, propagated by 0 to K hops.

    Args:
        weights: the encoder's parameters under their public names.
        features: (N, F), or None for a model of learned embeddings E alone.
        khop: propagation over the message-passing edges of the training.
        kind: "linear" or "normalized".
        dim: D.
        hops: K.
        row_scales: float32 (N, V), the result of the method of the same name for all nodes; computed when needed if None.

    Raises:
        ValueError: the weights do not fit the features or each other.
    """

    def __init__(
        self,
        weights: Weights,
        features: Features,
        khop: KHop,
        *,
        kind: str,
        dim: int,
        hops: int,
        row_scales: Float32 | None = None,
    ) -> None:
        self.weight, self.rows = weights.get(f"{kind}.features.weight"), weights.get(f"{kind}.rows.weight")
        self._logvar, self._bias = weights.get(f"{kind}.logvar.weight"), weights.get(f"{kind}.logvar.bias")
        self.features, self.khop, self.dim, n = features, khop, dim, khop.nodes
        self.scale = weights.get(f"{kind}.scale") if kind == "normalized" else None
        self._isolated_scale = float(weights.get(f"{kind}.isolated_scale", [1])[0])
        multiscale = kind == "normalized" and self.rows is None
        ensemble = 1 if self.scale is None else max(1, len(self.scale) // (hops + 1 if multiscale else 1))
        layout = [
            block
            for width in split_evenly(dim, ensemble)
            for block in block_widths(width, hops, multiscale=multiscale).items()
        ]
        ends = np.cumsum([0, *(width for _, width in layout)])
        self.scales = tuple(scale for scale, _ in layout)
        self.blocks = tuple(slice(*pair) for pair in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
        if self.scale is not None and self.scale.shape != (len(layout),):
            raise ValueError(f"{kind}.scale: expected {len(layout)} lengths, found {self.scale.shape}")
        if self.weight is None and (self.rows is None or features is not None):
            raise ValueError(
                f"{kind}: expected a weight for features, or node embeddings without features, found neither"
            )
        expected = {"features.weight": (0 if features is None else features.shape[1], dim), "rows.weight": (n, dim)}
        for name, shape in expected.items():
            found = weights.get(f"{kind}.{name}")
            if found is not None and found.shape != shape:
                raise ValueError(f"{kind}.{name}: expected {shape}, found {found.shape}")
        # Row scales depend on the weights alone: each is computed when it is first needed, and kept.
        self._row_scales = np.full((n, len(layout)), np.nan, np.float32) if row_scales is None else row_scales
        self._unknown = 0 if self.scale is None or row_scales is not None else n  # rows whose scales are to be computed
        if self._row_scales.shape != (n, len(layout)):
            raise ValueError(f"{kind}, row_scales: expected {(n, len(layout))}, found {self._row_scales.shape}")

    def embed(self, node: int) -> Float64:
        """z of one node, float64 (D,)."""
        near = self.neighborhood(node)
        return self.weighted_sum(near.nodes, self.coefficients(near))

    def embed_isolated(self, nodes: Int64) -> Float64:
        """z of known nodes as if they had no links, float64 (m, D)."""
        hidden = self._hidden(nodes)
        scales = self._isolated_scale * self.row_scales_of(hidden).astype(np.float64)
        return self.by_column(scales) * hidden

    def embedding_work(self, neighbors: Ints, more: int = 0) -> int:
        """About how many ns the embedding of a node, known or new, takes, at most; the arguments are those of `NumpyGCN`'s."""
        reached, work = self.neighborhood_work(neighbors, more)
        learned = 0 if self.rows is None else self.dim
        return work + self.scales_work(reached) + int(reached * (sums_work(self.features) + 1.5 * learned))

    def neighborhood_work(self, neighbors: Ints, more: int = 0) -> tuple[int, int]:
        """How many nodes are within K hops, at most, and about how many ns `neighborhood` takes."""
        entries = [read + more for read in self.khop.entries(neighbors, max(self.scales))]
        reached = min(self.khop.nodes, max(entries, default=1))
        return reached, sum(map(self.khop.work, entries)) + _BLOCK * len(self.blocks) * reached

    def scales_work(self, reached: int) -> int:
        """About how many ns `row_scales` of so many nodes takes, if they are among those that aren't known yet."""
        return int(min(self._unknown, reached) * (products_work(self.features, self.dim) + _NORM * self.dim))

    def against_work(self, reached: int) -> int:
        """About how many ns `against` of so many nodes takes."""
        learned = 0 if self.rows is None else _NORM * self.dim
        return int(reached * (products_work(self.features, len(self.blocks)) + learned))

    def neighborhood(self, node: int, khop: KHop | None = None) -> Neighborhood:
        """The nodes within K hops of `node` and their coefficients, in the served graph or in the graph of `khop`."""
        khop = khop or self.khop
        power, powers = khop.start(node), dict[int, PowerRow]()
        for hops in range(max(self.scales) + 1):
            power = khop.step(power) if hops else power
            if hops in self.scales:
                powers[hops] = power
        # Self-loops keep every node of a lower power in the higher ones, unless some paths were not followed.
        each = powers.values()
        nodes = power.nodes if power.whole else np.unique(np.concatenate([[node], *(row.nodes for row in each)]))
        of_scales = np.zeros((len(nodes), len(each)))
        for column, row in enumerate(each):
            of_scales[np.searchsorted(nodes, row.nodes), column] = row.coefficients
        if len(nodes) == 1:
            of_scales *= self._isolated_scale
        return Neighborhood(nodes, of_scales[:, np.searchsorted(list(powers), self.scales)], power.whole)

    def coefficients(self, neighborhood: Neighborhood) -> Float64:
        """The factors of each node's x W + e in the sum, float64 (m, V): its coefficients times its row scales."""
        return np.asarray(neighborhood.coefficients * self.row_scales(neighborhood.nodes))

    def features_of(self, node: int) -> Float32 | None:
        """Features of a node, float32 (F,), or None without."""
        return None if self.features is None else dense_rows(self.features, np.array([node]))[0]

    def row_scales(self, nodes: Int64) -> Float32:
        """Row scales s / (√V ‖u‖) that normalize each block of u = x W + e, float32 (m, V); ones for `linear`."""
        if self.scale is None:
            return np.ones((len(nodes), len(self.blocks)), np.float32)
        # Another thread may have written a part of a row.
        new = nodes[np.isnan(self._row_scales[nodes]).any(axis=1)]
        for some in blocks(new, max(self.dim, 0 if self.features is None else self.features.shape[1])):
            self._row_scales[some] = self.row_scales_of(self._hidden(some))
        if len(new):  # counted anew, since other threads compute rows, too
            self._unknown = int(np.count_nonzero(np.isnan(self._row_scales[:, 0])))
        return self._row_scales[nodes]

    def against(self, nodes: Int64, z: Float32) -> tuple[Float64, Float64]:
        """Inner products of the blocks of x W, and of e, with those of z, float32 (D,): float64 (m, V) each; zeros without."""
        none = np.zeros((len(nodes), len(self.blocks)))
        own = none if self.rows is None else self.products(self.rows[nodes], z)
        return products(self.features, nodes, self.directions(z)), own

    def directions(self, z: Float32) -> Float32:
        """W z for each block, float32 (F, V): what one unit of each feature adds to a logit, before `coefficients`."""
        if self.weight is None:
            return np.zeros((0, len(self.blocks)), np.float32)
        return np.stack([self.weight[:, block] @ z[block] for block in self.blocks], axis=1)

    def _hidden(self, nodes: Int64) -> Float32:
        """Rows u = x W + e of some nodes, float32 (m, D)."""
        hidden = np.zeros((len(nodes), self.dim), np.float32)
        if self.weight is not None:
            hidden = rounded_products(self.features, nodes, self.weight)
        if self.rows is not None:
            hidden += self.rows[nodes]
        return hidden

    def row_scales_of(self, hidden: Float32) -> Float32:
        """`row_scales` of given rows u, float32 (m, D): float32 (m, V)."""
        if self.scale is None:
            return np.ones((len(hidden), len(self.blocks)), np.float32)
        lengths = np.stack([np.linalg.norm(hidden[:, block], axis=1) for block in self.blocks], axis=1)
        return np.asarray(self.scale / np.sqrt(len(self.scale)) / np.maximum(lengths, 1e-12), np.float32)

    def weighted_sum(self, nodes: Int64, coefficients: Float64) -> Float64:
        """Σ c (x W + e) over nodes for each block, float64 (D,); features are summed before they are multiplied by W."""
        z = np.zeros(self.dim)
        for block, column, x in zip(self.blocks, coefficients.T, sums(self.features, nodes, coefficients), strict=True):
            if self.weight is not None:
                z[block] += x.astype(np.float32) @ self.weight[:, block]
            if self.rows is not None:
                for some in blocks(
                    np.arange(len(nodes)), self.dim
                ):  # of a hub all at once are copies of the whole table
                    z[block] += column[some] @ self.rows[nodes[some], block]
        return z

    def products(self, hidden: Float32, z: Float32) -> Float64:
        """Inner products of each block of rows u, float32 (m, D), with the block of z, float32 (D,): float64 (m, V)."""
        return np.stack([hidden[:, block] @ z[block] for block in self.blocks], axis=1).astype(np.float64)

    def by_column(self, of_blocks: Float64) -> Float64:
        """Numbers of blocks (…, V) repeated for each column of their block (…, D)."""
        return np.repeat(of_blocks, [block.stop - block.start for block in self.blocks], axis=-1)

    def logvar(self, z: Float64) -> Float64 | None:
        """log σ² of the posterior with mean z, float64 (D,) or (m, D), or None for a model that isn't variational."""
        return None if self._logvar is None or self._bias is None else z @ self._logvar + self._bias
