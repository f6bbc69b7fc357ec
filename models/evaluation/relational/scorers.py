"""Scorers of triples: the model, and the baseline that answers with what is answered most often."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.scorers import DecoderScorer, PairScorer, RowScorer, Scorer
from latentlink.models.graph.roles import node_pairs
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.link_decoder import LinkDecoder
from latentlink.models.inference.scoring import conjugate


class TripleScorer(Protocol):
    """Scores that are the larger, the likelier the triple."""

    def of_relation(self, relation: int) -> Scorer:
        """The scores of 2N roles by one relation."""


@dataclass(frozen=True)
class RoleScorer:
    """A `Scorer` of the roles of N nodes; a row is −∞ at roles of its own kind.

    Attributes:
        n_nodes: N.
        pairs: scores int64 (m, 2) nodes as (source, target).
        sources: scores int64 (q,) sources with every target.
        targets: scores int64 (q,) targets with every source.
    """

    n_nodes: int
    pairs: PairScorer
    sources: RowScorer
    targets: RowScorer

    def score_pairs(self, pairs: Int64) -> Float64:
        """As in `Scorer`."""
        return self.pairs(node_pairs(pairs, self.n_nodes))

    def score_rows(self, nodes: Int64) -> Float32:
        """As in `Scorer`."""
        n, scores = self.n_nodes, np.full((len(nodes), 2 * self.n_nodes), -np.inf, np.float32)
        source = nodes < n
        scores[source, n:] = self.sources(nodes[source])
        scores[~source, :n] = self.targets(nodes[~source] - n)
        return scores


@dataclass(frozen=True)
class RelationDecoders:
    """The logits of a model with relations: what is served."""

    embeddings: Embeddings

    def of_relation(self, relation: int) -> RoleScorer:
        """As in `TripleScorer`."""
        weights = self.embeddings.weights["relations.weight"][relation]
        out, back = (
            DecoderScorer(LinkDecoder(self.embeddings.mu, relation=one)) for one in (weights, conjugate(weights))
        )
        return RoleScorer(len(self.embeddings.mu), out.score_pairs, out.score_rows, back.score_rows)


@dataclass(frozen=True)
class RelationPopularity:
    """A triple scores by the number of known links that leave its source, times that of those that reach its target.

    So the answers to a query are ranked by how often they are answers of the relation. One more link of each makes products of
    nodes without any comparable.

    Attributes:
        n_nodes: N.
        known: int64 (e, 3), the known triples.
    """

    n_nodes: int
    known: Int64

    def of_relation(self, relation: int) -> RoleScorer:
        """As in `TripleScorer`."""
        pairs = self.known[self.known[:, 2] == relation]
        leaving, reaching = (1.0 + np.bincount(pairs[:, end], minlength=self.n_nodes) for end in (0, 1))
        return RoleScorer(
            self.n_nodes,
            lambda some: leaving[some[:, 0]] * reaching[some[:, 1]],
            lambda nodes: np.outer(leaving[nodes], reaching),
            lambda nodes: np.outer(reaching[nodes], leaving),
        )
