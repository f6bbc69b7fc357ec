"""Directed links: heuristics beside networkx, directions by hand."""

import networkx as nx
import numpy as np
import pytest

from latentlink.models.evaluation.directions import one_way
from latentlink.models.evaluation.evaluate import evaluate
from latentlink.models.evaluation.heuristics import heuristics
from latentlink.models.evaluation.scorers import DecoderScorer
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.graph.roles import node_pairs, role_graph, role_pairs
from latentlink.models.inference.link_decoder import LinkDecoder

N = 30
RNG = np.random.default_rng(3)
GRAPH = Graph.from_pairs([str(i) for i in range(N)], RNG.integers(0, N, (150, 2)), directed=True)
DIGRAPH = nx.DiGraph(GRAPH.edges.tolist())
ROLES = role_graph(GRAPH)
# The vectors (1, i) of sources and (j, −1) of targets: a logit of j − i.
NUMBERS = np.stack([np.ones(N), np.arange(N)], 1)
UPWARDS = DecoderScorer(LinkDecoder(np.concatenate([NUMBERS, NUMBERS[:, ::-1] * [1, -1]]).astype(np.float32)))
PAIRS = np.stack(np.nonzero(~np.eye(N, dtype=np.bool_)), axis=1)


def _expected(name: str, u: int, v: int) -> float:
    between = set(DIGRAPH.successors(u)) & set(DIGRAPH.predecessors(v))
    match name:
        case "common_neighbors":
            return len(between)
        case "adamic_adar":
            return float(sum(1 / np.log(DIGRAPH.degree(w)) for w in between))
        case "resource_allocation":
            return float(sum(1 / DIGRAPH.degree(w) for w in between))
        case _:
            return float(DIGRAPH.out_degree(u) * DIGRAPH.in_degree(v))


@pytest.mark.parametrize("name", ["common_neighbors", "adamic_adar", "resource_allocation", "preferential_attachment"])
def test_heuristics_follow_the_direction(name: str) -> None:
    """Common neighbours of u → v are the w with u → w → v, for pairs and for rows; degrees are those out of u and into v."""
    found = heuristics(adjacency(2 * N, ROLES.edges), roles=True)
    expected = np.array([_expected(name, u, v) for u, v in PAIRS.tolist()])
    np.testing.assert_allclose(found.score_pairs(role_pairs(PAIRS, N))[name], expected, rtol=1e-12)
    rows = found.row_scorers()[name](np.arange(2 * N))
    np.testing.assert_allclose(rows[tuple(role_pairs(PAIRS, N).T)], expected, rtol=1e-6)
    np.testing.assert_allclose(rows[tuple(role_pairs(PAIRS, N)[:, ::-1].T)], expected, rtol=1e-6)


def _split(test: list[list[int]], roles: Graph = ROLES) -> Split:
    """A split of a graph of roles with these edges in the test."""
    drawn = split_edges(roles, 0.05, 0.2, np.random.default_rng(0))
    keys, tested = roles.edges @ [2 * N, 1], role_pairs(np.array(test), N)
    train = np.flatnonzero(~np.isin(keys, tested @ np.array([2 * N, 1])))
    return Split(train, tested[:1], drawn.validation_negatives, tested, drawn.test_negatives)


def test_direction_compares_one_way_links_with_the_same_turned_round() -> None:
    """By a score that grows along links from low to high numbers, AUC is the share of pairs of links that are in order.

    A link whose opposite is a link, wherever in the split, has no wrong direction and is left out. Of 19 there is no figure.
    """
    both = [[u, v] for u, v in GRAPH.edges.tolist() if DIGRAPH.has_edge(v, u)]
    one_way = [[u, v] for u, v in GRAPH.edges.tolist() if not DIGRAPH.has_edge(v, u)][::5]
    metrics = evaluate(ROLES, _split([*one_way, *both[:2]]), UPWARDS, np.random.default_rng(0))
    scores = np.array([v - u for u, v in one_way])
    expected = np.mean([(a > b) + (a == b) / 2 for a in scores for b in -scores])
    assert metrics.test.direction == pytest.approx(expected)
    assert 0 < expected < 1
    few = evaluate(ROLES, _split(one_way[:19]), UPWARDS, np.random.default_rng(0)).test
    assert few.by_name()["direction"] is None
    symmetric = DecoderScorer(LinkDecoder(np.tile(np.random.default_rng(1).random((N, 4), np.float32), (2, 1))))
    assert evaluate(ROLES, _split(one_way), symmetric, np.random.default_rng(0)).test.direction == 0.5


def test_reciprocal_links_are_counted() -> None:
    """Of the test links those whose opposite is a training link: u → v alone of a pair in the test counts, both do not."""
    pairs = [[u, v] for u, v in GRAPH.edges.tolist() if DIGRAPH.has_edge(v, u) and u < v]
    (a, b), (c, d) = pairs[:2]
    one_way = next([u, v] for u, v in GRAPH.edges.tolist() if not DIGRAPH.has_edge(v, u))
    scorer = DecoderScorer(LinkDecoder(np.ones((2 * N, 1), np.float32)))
    metrics = evaluate(ROLES, _split([[a, b], [c, d], [d, c], one_way]), scorer, np.random.default_rng(0))
    assert metrics.reciprocal == 1


def test_bidirectional_compares_returned_links_with_unreturned_ones() -> None:
    """By a score of j − i: test links v → u of known links u → v, against known links that have no reverse, turned round.

    With fewer than 20 returned links there is no figure.
    """
    graph = Graph.from_pairs(GRAPH.ids, np.random.default_rng(5).integers(0, N, (420, 2)), directed=True)
    links = {(u, v) for u, v in graph.edges.tolist()}
    tested = [[u, v] for u, v in sorted(links) if (v, u) in links and (u < v) == (u % 2 > 0)][:25]
    turned = [[v, u] for u, v in graph.edges.tolist() if (v, u) not in links]
    turned = [turned[at * len(turned) // 25] for at in range(25)]  # as many, evenly spaced
    roles = role_graph(graph)
    found = evaluate(roles, _split(tested, roles), UPWARDS, np.random.default_rng(0)).test.bidirectional
    expected = np.mean([(b - a > d - c) + (b - a == d - c) / 2 for a, b in tested for c, d in turned])
    assert found == pytest.approx(expected)
    assert 0 < expected < 1 != 2 * expected
    few = evaluate(roles, _split(tested[:19], roles), UPWARDS, np.random.default_rng(0)).test
    assert few.by_name()["bidirectional"] is None


@pytest.mark.parametrize(("given", "measured"), [(20, 20), (19, 0)])
def test_directions_are_measured_by_enough_one_way_links(given: int, measured: int) -> None:
    """Links around a ring, turned round, but for two that are there in both directions; of fewer an AUC is mostly chance."""
    ring = np.stack([np.arange(40), (np.arange(40) + 1) % 40], axis=1)
    roles = role_graph(
        Graph.from_pairs(list(map(str, range(40))), np.concatenate([ring, ring[:2, ::-1]]), directed=True)
    )
    links = role_pairs(ring[: given + 2], 40)
    alone, turned = one_way(roles, links)
    assert alone.tolist() == list(range(2, measured + 2 if measured else 2))
    assert node_pairs(turned, 40).tolist() == ring[alone, ::-1].tolist()
