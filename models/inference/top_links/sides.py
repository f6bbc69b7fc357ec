"""One side of the pairs that are searched: vectors, and bounds of the logits with them.

logit = x_i · x'_j + b_i + b_j + c_ij, with columns x, a bias b of each node and what shared links add, c. By Cauchy & Schwarz
x_i · x'_j ≤ ‖x_i‖ ‖x'_j‖. A weight a of a column stands in both vectors as √|a|, which keeps both short.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.link_decoder import LinkDecoder

_NUMBERS = 2**20  # of vectors that are measured at once


@dataclass(frozen=True)
class Vectors:
    """The vectors of all nodes at one end of links, whose inner products with those at the other end are the first sum of logits.

    Attributes:
        decoder: of logits.
        source: whether they are those of sources.
        bias: whether the last two columns hold a bias, as `has_bias` says.
    """

    decoder: LinkDecoder
    source: bool
    bias: bool

    def of(self, rows: Int64) -> Float32:
        """float32 (m, D) of some rows."""
        if not self.source:
            z = self.decoder.target_vectors[rows]
            return z if self._scale is None else z * self._scale
        if self._scale is None:
            return self.decoder.source_vectors(rows)
        return np.asarray(self.decoder.z[rows] * (np.sign(self._weights) * self._scale), np.float32)

    def bounds(self, rows: Int64) -> "Bounds":
        """Those of some rows (m,)."""
        lengths, heights, whole = np.zeros((3, len(rows)))
        for start in range(0, len(rows), step := max(1, _NUMBERS // self.decoder.z.shape[1])):
            block = slice(start, start + step)
            vectors = self.of(rows[block]).astype(np.float64)
            whole[block] = _lengths(vectors)
            lengths[block] = _lengths(vectors[:, :-2]) if self.bias else whole[block]
            if self.bias:
                heights[block] = (vectors[:, -2] + vectors[:, -1] * (-1 if self.source else 1)) / np.sqrt(2)
        return Bounds(lengths, heights, whole)

    @property
    def _weights(self) -> Float32:
        weights = self.decoder.column_weights
        assert weights is not None
        return weights

    @cached_property
    def _scale(self) -> Float32 | None:
        """√|a|, float32 (D,)."""
        return None if self.decoder.column_weights is None else np.sqrt(np.abs(self._weights))


def has_bias(decoder: LinkDecoder) -> bool:
    """Whether the last two columns hold a bias b of each node, as (b + 1) / √2 of weight 1 and (b − 1) / √2 of weight −1."""
    weights = decoder.column_weights
    if weights is None or decoder.z.shape[1] < 2 or weights[-2:].tolist() != [1, -1]:
        return False
    for z in {id(z): z for z in (decoder.z, decoder.target_vectors)}.values():
        plus, minus = z[:, -2:].astype(np.float64).T
        # As near to it as numbers of float32 are; what they lack, the error of sums in float32 covers.
        if (np.abs((plus - minus) / np.sqrt(2) - 1) > 2.0**-22 * (1 + np.abs(plus) + np.abs(minus))).any():
            return False
    return True


def _lengths(vectors: Float64) -> Float64:
    return np.asarray(np.sqrt(np.einsum("md,md->m", vectors, vectors)))


class Bounds(NamedTuple):
    """What bounds the logits of m rows: float64 (m,) each.

    Attributes:
        lengths: ‖x‖.
        heights: b.
        whole: the length of the whole vector, which bounds how far float32 sums are off.
    """

    lengths: Float64
    heights: Float64
    whole: Float64

    def at(self, places: Int64 | slice) -> "Bounds":
        """Those of some."""
        return Bounds(*(part[places] for part in self))

    def maxima(self, size: int) -> "Bounds":
        """The largest of each block of `size` rows."""
        starts = np.arange(0, len(self.lengths), size)
        return Bounds(*(np.maximum.reduceat(part, starts) for part in self))


@dataclass(frozen=True)
class Side:
    """Rows in the order of the highest logit that each can have, those with the highest first.

    Attributes:
        rows: int64 (m,).
        bounds: of these rows.
        size: rows in a block.
    """

    rows: Int64
    bounds: Bounds
    size: int

    @classmethod
    def make(cls, rows: Int64, bounds: Bounds, longest: float, size: int) -> "Side":
        """Of rows in any order, with `longest` the largest length at the other side."""
        order = np.argsort(-(bounds.lengths * longest + bounds.heights), kind="stable")
        return cls(rows[order], bounds.at(order), size)

    @cached_property
    def maxima(self) -> Bounds:
        """The largest of each block."""
        return self.bounds.maxima(self.size)

    def reaching(self, block: int, other: "Side", at: int, least: float) -> Int64:
        """The places of a block's rows whose logits with those of a block of the other side may be `least` or more."""
        own = self.bounds.at(slice(block * self.size, (block + 1) * self.size))
        highest = own.lengths * other.maxima.lengths[at] + own.heights + other.maxima.heights[at]
        return block * self.size + np.flatnonzero(highest >= least)
