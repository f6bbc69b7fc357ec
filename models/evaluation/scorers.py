"""The interface of all that scores pairs of nodes: models and heuristics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.inference.link_decoder import LinkDecoder

PairScorer = Callable[[Int64], Float64]
RowScorer = Callable[[Int64], Float32 | Float64]


class Scorer(Protocol):
    """Scores that are the larger, the likelier the link, and the same in both directions."""

    def score_pairs(self, pairs: Int64) -> Float64:
        """Scores (m,) of int64 pairs (m, 2)."""

    def score_rows(self, nodes: Int64) -> Float32 | Float64:
        """Scores (q, N) of nodes, int64 (q,), with every node: a new array, which the caller may overwrite.

        Pairs whose scores are equal by the formula have equal numbers within a row.
        """


@dataclass(frozen=True)
class DecoderScorer:
    """The logits of a decoder."""

    decoder: LinkDecoder

    def score_pairs(self, pairs: Int64) -> Float64:
        """As in `Scorer`."""
        return self.decoder.pairs(*pairs.T)

    def score_rows(self, nodes: Int64) -> Float32:
        """As in `Scorer`, in float32: what a search scans."""
        return self.decoder.rows(nodes)
