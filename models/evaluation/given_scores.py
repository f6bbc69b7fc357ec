"""Scores of another method beside the heuristics, on the same test pairs and by the same metrics as the model's."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.evaluation.evaluate import evaluate
from latentlink.models.evaluation.heuristics import heuristics
from latentlink.models.evaluation.metrics import link_metrics
from latentlink.models.evaluation.relational.evaluate import evaluate_triples, score_triples
from latentlink.models.evaluation.relational.scorers import RelationPopularity
from latentlink.models.evaluation.scorers import FunctionScorer
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.graph.pair_space import TypedPairs
from latentlink.models.graph.roles import node_pairs, role_types

GIVEN = "given"
"""The row of the other method."""

Rows = dict[str, LinkMetrics]
PairFunction = Callable[[Int64], Float64]
"""Scores (m,) of pairs (source, target), int64 (m, 2); with relations of triples (source, target, relation), int64 (m, 3)."""


def metrics_of_function(graph: Graph, split: Split, score: PairFunction, seed: int) -> Rows:
    """All metrics of `GIVEN` and of every heuristic, as a training measures them.

    Args:
        graph: all known links; of directed links the graph of roles.
        split: of these.
        score: of the method.
        seed: that of the training, for the same candidates.
    """
    if graph.relations is not None:
        metrics = evaluate_triples(graph, split, _Triples(graph.n_nodes, score))
    else:
        of_nodes = graph.n_nodes // 2 if graph.ties is not None else None
        by_rows = score if of_nodes is None else lambda pairs: score(node_pairs(pairs, of_nodes))
        scorer = FunctionScorer(graph.pair_space, by_rows)
        metrics = evaluate(graph, split, scorer, np.random.default_rng(seed))
    return {GIVEN: metrics.test, **metrics.baselines}


def metrics_of_scores(graph: Graph, split: Split, positive: Float64, negative: Float64) -> Rows:
    """AUC, AP and Hits@K of `GIVEN` and of every heuristic; other metrics rank pairs that have no given score.

    Args:
        graph: all known links; of directed links the graph of roles.
        split: of these.
        positive: scores of `split.test`, (p,).
        negative: scores of `split.test_negatives`, (n,).
    """
    pairs = np.concatenate([split.test, split.test_negatives])
    if graph.relations is not None:
        popularity = RelationPopularity(graph.n_nodes, graph.triples[split.train])
        others = {"relation_popularity": score_triples(popularity, pairs, graph.n_nodes)}
    else:
        seen = adjacency(graph.n_nodes, graph.edges[split.train])
        roles = graph.ties is not None
        others = heuristics(seen, graph.features, bipartite=graph.bipartite, roles=roles).score_pairs(pairs)
    measured = {name: link_metrics(*np.split(scores, [len(split.test)])) for name, scores in others.items()}
    return {GIVEN: link_metrics(positive, negative), **measured}


@dataclass(frozen=True)
class _Triples:
    """A `TripleScorer` by a function of triples."""

    n_nodes: int
    score: PairFunction

    def of_relation(self, relation: int) -> FunctionScorer:
        def score(pairs: Int64) -> Float64:
            of = np.full((len(pairs), 1), relation)
            return self.score(np.concatenate([node_pairs(pairs, self.n_nodes), of], axis=1))

        # A node may stand at both ends, as in `triple_ranks`.
        return FunctionScorer(TypedPairs(replace(role_types(self.n_nodes), apart=None)), score)
