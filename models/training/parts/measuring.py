"""Terms of validation pairs, and how well weighted sums of them predict: by AUC, AP, and full ranking."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from latentlink.models.arrays import Bool, Float32, Float64, Int64
from latentlink.models.config import REVERSED
from latentlink.models.evaluation.directions import one_way
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.ranking import full_metrics, full_ranks, queries_of, spaced
from latentlink.models.evaluation.splits import Split
from latentlink.models.graph.candidates import Candidates
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import NegativeSampler, edge_keys
from latentlink.models.training.parts.terms import Term
from latentlink.models.training.parts.weighting import Measured

_LINKS = 5_000  # validation links, at most
_OTHERS = 20_000  # uniform unlinked pairs
CANDIDATES, QUERIES = 100, 2_500  # of a query, and queries, that weights are fitted to
_LEAST, _MOST, _CELLS = 100, 800, 2**24  # queries that are ranked, and their scores by one sum
BLOCK = 2**20  # scores of a block of queries by one sum


@dataclass(frozen=True)
class Validation:
    """The validation pairs of a split.

    Attributes:
        graph: N nodes, all edges.
        split: of these edges.
        terms: of a pair, K numbers together.
        reversed_negatives: share of the unlinked pairs of directed links that are links turned round, as in the encoder's loss.
    """

    graph: Graph
    split: Split
    terms: Sequence[Term]
    reversed_negatives: float = REVERSED

    @cached_property
    def measured(self) -> Measured:
        """What weights are fitted to."""
        queries = spaced(self._queries, QUERIES)
        space, rng, shape = self.graph.pair_space, np.random.default_rng(0), (len(queries), CANDIDATES)
        nodes = np.repeat(queries[:, 0], CANDIDATES)
        pairs = np.stack([nodes, space.draw_partners(nodes, rng)], axis=1)
        possible = self._free.contains(pairs) & ~self._tested(pairs)
        own = self.of_pairs(queries)
        differences = self.of_pairs(pairs).reshape(*shape, own.shape[1]) - own[:, None]
        share = space.partners[queries[:, 0]] / CANDIDATES
        return Measured(self._links, self._others, differences, possible.reshape(shape), share)

    def metrics(self, weights: Float64) -> Float64:
        """AUC, AP, MRR and Hits@10 of each sum of terms, by weights (c, K): float64 (c, 4), or (c, 2) where nothing is ranked.

        Of directed links the AUC of directions stands behind AP.
        """
        links, negatives = self._links @ weights.T, self._negatives @ weights.T
        compared = [list(auc_ap(*scores).values()) for scores in zip(links.T, negatives.T, strict=True)]
        if self.directed:
            pairs = zip(links[self._one_way[0]].T, (self._turned @ weights.T).T, strict=True)
            compared = [[*one, auc_ap(*scores)["auc"]] for one, scores in zip(compared, pairs, strict=True)]
        ranked = [[m for m in full_metrics(ranks).values() if m is not None] for ranks in self._ranks(weights)]
        return np.concatenate([np.array(compared), np.array(ranked)], axis=1)

    def of_pairs(self, pairs: Int64) -> Float64:
        """All terms of int64 pairs (m, 2), float64 (m, K)."""
        return np.concatenate([term.of_pairs(pairs) for term in self.terms], axis=1)

    @cached_property
    def _links(self) -> Float64:
        return self.of_pairs(spaced(self.split.validation, _LINKS))

    @property
    def directed(self) -> bool:
        """Whether there are enough one-way links that directions are measured, too."""
        return len(self._one_way[0]) > 0

    @cached_property
    def _one_way(self) -> tuple[Int64, Int64]:
        return one_way(self.graph, spaced(self.split.validation, _LINKS))

    @cached_property
    def _turned(self) -> Float64:
        return self.of_pairs(self._one_way[1])

    @cached_property
    def _negatives(self) -> Float64:
        return self.of_pairs(spaced(self.split.validation_negatives, _LINKS))

    @cached_property
    def _free(self) -> Candidates:
        return Candidates(self.graph.pair_space, self.graph.edges)

    @cached_property
    def _queries(self) -> Int64:
        return queries_of(self._free, spaced(self.split.validation, _LINKS))

    @cached_property
    def _others(self) -> Float64:
        """Terms of unlinked pairs, of which a share are links turned round where directions are measured."""
        others = self.of_pairs(self._unlinked)
        if self.directed:
            turned = int(self.reversed_negatives * len(others))
            others[:turned] = np.resize(self._turned, (turned, others.shape[1]))
        return others

    @cached_property
    def _unlinked(self) -> Int64:
        """Uniform unlinked pairs, none of which is one of the test's negatives.

        Where a graph has hardly any others, these are validation's own negatives, which never are the test's.
        """
        drawn = NegativeSampler(self.graph.pair_space, self.graph.edges).draw(_OTHERS, np.random.default_rng(0))
        tested = self._tested(drawn)
        return self.split.validation_negatives if tested.all() else drawn[~tested]

    def _tested(self, pairs: Int64) -> Bool:
        """Which pairs (m, 2) are negatives of the test, bool (m,)."""
        n = self.graph.n_nodes
        return np.isin(edge_keys(pairs, n), edge_keys(self.split.test_negatives, n))

    def _ranks(self, weights: Float64) -> Float64:
        """The rank of each answer by each sum of terms, float64 (c, q)."""
        n = self.graph.n_nodes
        queries = spaced(self._queries, max(_LEAST, min(_MOST, _CELLS // n)))
        queries = queries[np.argsort(queries[:, 0], kind="stable")]
        ranks, step = np.empty((len(weights), len(queries))), max(1, BLOCK // n)
        for start in range(0, len(queries), step):
            block = queries[start : start + step]
            nodes = np.unique(block[:, 0])
            for at, scores in enumerate(self._sums(weights, nodes)):
                ranks[at, start : start + step] = full_ranks(self._free, block, partial(_ready, scores))
        return ranks

    def _sums(self, weights: Float64, nodes: Int64) -> Float32:
        """The weighted sums of the terms of nodes (q,) with every node, float32 (c, q, N)."""
        rows = [term.of_rows(nodes) for term in self.terms]
        sums = np.zeros((len(weights), *rows[0].shape[1:]), np.float32)
        start = 0
        for row in rows:
            of_term = weights[:, start : start + len(row)].astype(np.float32)
            sums += np.tensordot(of_term, row, axes=1)
            start += len(row)
        return sums


def _ready(scores: Float32, nodes: Int64) -> Float32:
    """A `RowScorer` of nodes whose scores (q, N) are computed."""
    assert len(scores) == len(nodes)
    return scores
