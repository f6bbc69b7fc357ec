"""Degrees, components and distances against networkx, and the limit of the search."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from latentlink.models.arrays import Bool, Int64, Ints
from latentlink.models.evaluation.strata import components
from latentlink.models.graph.csr import contains
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference import local_evidence
from latentlink.models.inference.local_evidence import KnownLinks

N = 120


def _edges() -> Int64:
    """Sparse enough that all distances occur, with hubs, several components and nodes without links."""
    random = np.random.default_rng(3)
    cubed = (N - 10) * random.random((150, 2)) ** 3
    edges = np.unique(np.sort(cubed.astype(np.int64), axis=1), axis=0)
    kept: Int64 = edges[edges[:, 0] != edges[:, 1]]
    return kept


def _links(edges: Int64, *, known: bool = True) -> KnownLinks:
    csr = adjacency(N, edges)
    return KnownLinks(csr.indptr, csr.indices.astype(np.int32), components(csr) if known else None)


@pytest.mark.parametrize("known", [True, False])
def test_local_evidence_is_that_of_networkx(known: bool) -> None:
    """For all pairs in both orders, with known components and without."""
    edges = _edges()
    graph = nx.Graph(edges.tolist())
    graph.add_nodes_from(range(N))
    lengths = dict(nx.all_pairs_shortest_path_length(graph))
    links, seen = _links(edges, known=known), set()
    for i in range(N):
        for j in range(N):
            found, steps = links.evidence(i, j), lengths[i].get(j)
            expected = steps if steps is not None and steps <= 3 else None
            assert (found.distance, found.exact) == (expected, True)
            assert found.degrees == (graph.degree(i), graph.degree(j))
            assert found.same_component == ((steps is not None) if known else None)
            assert found.cold == (graph.degree(i) < 3 or graph.degree(j) < 3)
            seen.add(steps)
    assert {None, 0, 1, 2, 3, 4} <= seen


def test_local_evidence_of_a_new_node_is_that_of_the_extended_graph() -> None:
    """As in networkx with one more node: at every distance, without links, and linked to the target."""
    edges = _edges()
    links, seen = _links(edges), set()
    for linked in ([], [5], [2, 60], [100, 115], [3, 17, 90]):
        graph = nx.Graph(edges.tolist())
        graph.add_nodes_from(range(N + 1))
        graph.add_edges_from((N, node) for node in linked)
        lengths = nx.single_source_shortest_path_length(graph, N)
        for j in range(N):
            steps, degree = lengths.get(j), graph.degree(j) - (j in linked)
            expected = (
                (len(linked), degree),
                steps is not None,
                steps if steps is not None and steps <= 3 else None,
                True,
                min(len(linked), degree) < 3,
            )
            assert links.evidence_of_new_node(np.array(linked, np.int64), j) == expected
            seen.add(expected[2])
    assert seen == {None, 1, 2, 3}


def test_a_search_between_hubs_that_stops_is_not_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stars of 30 leaves, joined by a chain of four links; by one of three, the last pair of leaves is linked."""
    monkeypatch.setattr(local_evidence, "_AT_ONCE", 100)
    stars = [(hub, hub + leaf) for hub in (0, 40) for leaf in range(1, 31)]
    far, near = np.array([*stars, (30, 80), (80, 70)]), np.array([*stars, (30, 70)])
    assert _links(near).evidence(0, 40)[2:] == (3, True, False)
    assert _links(far).evidence(0, 40)[2:] == (None, True, False)
    monkeypatch.setattr(local_evidence, "_LOOKED_UP", 800)
    assert _links(near).evidence(0, 40)[2:] == (None, False, False)
    assert _links(near).evidence(40, 0)[2:] == (None, False, False)
    assert _links(near).evidence(1, 30)[2:] == (2, True, True)


def test_no_more_pairs_are_looked_up_than_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted for all pairs of a random graph and for two hubs whose search stops."""
    looked_up = list[int]()

    def counted(indptr: Ints, indices: Ints, ones: Ints, others: Ints) -> Bool:
        looked_up.append(len(ones))
        return contains(indptr, indices, ones, others)

    monkeypatch.setattr(local_evidence, "contains", counted)
    stars = [(hub, hub + leaf) for hub in (0, 40) for leaf in range(1, 31)]
    links, degree = _links(np.array([*stars, (30, 80), (80, 70)])), {0: 30, 1: 1, 30: 2, 40: 30}
    for source, target in combinations(degree, 2):
        looked_up.clear()
        links.evidence(source, target)
        assert sum(looked_up) <= links.work(degree[source], degree[target]) / local_evidence._PAIR
    assert links.work(30, 30) == local_evidence._PAIR * (900 + 30 + 1)
