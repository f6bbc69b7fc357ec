"""The links that directions are measured by, among the roles of a directed graph."""

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.evaluation.ranking import spaced
from latentlink.models.facts.metrics import FEWEST_DIRECTIONS
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import has_reverse, turned_round


def one_way(graph: Graph, links: Int64) -> tuple[Int64, Int64]:
    """The links that directions are measured by: their indices among `links`, int64 (o,), and turned round, int64 (o, 2).

    Turned round they are no links of the graph. Where there are fewer than `FEWEST_DIRECTIONS`, or links are undirected, o is 0.
    """
    if graph.ties is None:
        return np.empty(0, np.int64), np.empty((0, 2), np.int64)
    n = graph.n_nodes // 2
    alone = np.flatnonzero(~has_reverse(links, graph.edges, n))
    alone = alone if len(alone) >= FEWEST_DIRECTIONS else alone[:0]
    return alone, turned_round(links[alone], n)


def returned(graph: Graph, links: Int64, known: Int64) -> tuple[Int64, Int64]:
    """What tells links that go both ways from those that go one way, where one direction is known (Salha et al. 2019).

    The indices of the `links`, int64 (p, 2), whose reverse is one of the `known` links of the graph, int64 (b,); and as many
    known links without a reverse in the graph, evenly spaced and turned round, or all of them, int64 (m, 2). Where there are
    fewer than `FEWEST_DIRECTIONS` of either, or links are undirected, both are empty.
    """
    n, none = graph.n_nodes // 2, (np.empty(0, np.int64), np.empty((0, 2), np.int64))
    if graph.ties is None:
        return none
    back = np.flatnonzero(has_reverse(links, known, n))
    alone = known[~has_reverse(known, graph.edges, n)]
    if min(len(back), len(alone)) < FEWEST_DIRECTIONS:
        return none
    return back, turned_round(spaced(alone, len(back)), n)
