"""The interface of all that scores pairs of nodes: models and heuristics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.graph.pair_space import PairSpace
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


@dataclass(frozen=True)
class FunctionScorer:
    """Scores by a function of pairs, which is called with each pair in one order: the lower row first.

    A row is a call with every node that may be linked, and −∞ at the others.

    Attributes:
        space: the pairs that may be linked.
        score: float64 (m,) of int64 (m, 2).
    """

    space: PairSpace
    score: PairScorer

    def score_pairs(self, pairs: Int64) -> Float64:
        """As in `Scorer`."""
        return np.asarray(self.score(np.sort(pairs, axis=1)), np.float64)

    def score_rows(self, nodes: Int64) -> Float64:
        """As in `Scorer`."""
        n = self.space.n_nodes
        pairs = np.stack([np.repeat(nodes, n), np.tile(np.arange(n), len(nodes))], axis=1)
        apart = np.isin(edge_keys(pairs, n), edge_keys(self.space.apart, n))
        scores, fit = np.full(len(pairs), -np.inf), self.space.are_partners(pairs) & ~apart
        scores[fit] = self.score_pairs(pairs[fit])
        return scores.reshape(len(nodes), n)
