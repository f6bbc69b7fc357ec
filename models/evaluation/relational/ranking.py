"""Ranks of triples: either end among all nodes, filtered (Bordes et al. 2013)."""

from dataclasses import replace

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.evaluation.ranking import full_metrics, full_ranks, queries_of
from latentlink.models.evaluation.relational.scorers import TripleScorer
from latentlink.models.evaluation.relational.splits import by_relation
from latentlink.models.graph.candidates import Candidates
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.pair_space import TypedPairs
from latentlink.models.graph.roles import role_pairs, role_types


def triple_ranks(graph: Graph, triples: Int64, scorers: list[TripleScorer]) -> dict[int, list[Float64]]:
    """The ranks of both ends of triples, int64 (m, 3), by each scorer, float64 (q,), of each relation that they have.

    Candidates are all nodes but those that any triple of the graph links the other end to. The other end is one, as in published
    results, though a search does not return it. A rank is 1 + #greater + ½ #equal.
    """
    assert graph.relations is not None
    n, ranks = graph.n_nodes, dict[int, list[Float64]]()
    space = TypedPairs(replace(role_types(n), apart=None))
    for relation, places in by_relation(triples):
        free = Candidates(space, role_pairs(graph.edges[graph.relations.of == relation], n))
        queries = queries_of(free, role_pairs(triples[places, :2], n))
        ranks[relation] = [full_ranks(free, queries, one.of_relation(relation).score_rows) for one in scorers]
    return ranks


def rank_metrics(ranks: Float64) -> dict[str, float | None]:
    """The fields of `LinkMetrics` that ranks (q,) give; None without any."""
    first, third = (float((ranks <= most).mean()) if len(ranks) else None for most in (1, 3))
    return {**full_metrics(ranks), "full_hits_1": first, "full_hits_3": third}


def joined(ranks: list[Float64]) -> Float64:
    """The ranks of several relations as one array."""
    return np.concatenate([np.empty(0), *ranks])
