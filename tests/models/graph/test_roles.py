"""Roles of a small directed graph, by hand."""

import numpy as np
import pytest

from latentlink.models.arrays import Float32
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import (
    encoder_features,
    first_rows,
    node_pairs,
    role_graph,
    role_pairs,
    turned_round,
)

X: Float32 = np.array([[1, 0], [0, 2], [3, 4]], np.float32)
PAIRS = np.array([[0, 1], [1, 0], [2, 0]])
GRAPH = Graph.from_pairs(["a", "b", "c"], PAIRS, np.array([1, 2, 3], np.float32), X, directed=True)
ROLES = role_graph(GRAPH)


def test_links_join_a_source_and_a_target() -> None:
    """a→b, b→a and c→a of three nodes, whose targets are rows 3 to 5; weights keep their edges."""
    assert ROLES.edges.tolist() == [[0, 4], [1, 3], [2, 3]]
    assert ROLES.weights is not None
    assert ROLES.weights.tolist() == [1, 2, 3]
    assert not ROLES.directed


def test_only_ordered_pairs_of_different_nodes_may_be_linked() -> None:
    """Of three nodes six: no two sources, no two targets, and not the roles of one node."""
    space = ROLES.pair_space
    assert space.size == 6
    drawn = space.draw(1000, np.random.default_rng(0)).T
    allowed = {(s, t + 3) for s in range(3) for t in range(3) if s != t}
    assert allowed <= {tuple(sorted(pair)) for pair in drawn.tolist()} <= allowed | {(i, i + 3) for i in range(3)}


def test_pairs_come_back() -> None:
    """In either order of the roles; turned round, u→v is v→u."""
    assert node_pairs(role_pairs(PAIRS, 3)[:, ::-1], 3).tolist() == PAIRS.tolist()
    assert node_pairs(turned_round(role_pairs(PAIRS, 3), 3), 3).tolist() == PAIRS[:, ::-1].tolist()


@pytest.mark.parametrize("sparse", [False, True])
def test_each_role_has_columns_of_its_own(sparse: bool) -> None:
    """The encoder's input is [x, 0] of a source and [0, x] of a target; the graph's features are x for both."""
    graph = Graph.from_pairs(["a", "b", "c"], PAIRS, features=CSR.from_dense(X) if sparse else X, directed=True)
    roles = role_graph(graph)
    given, mapped, first = (
        x.to_dense() if isinstance(x, CSR) else x
        for x in (roles.features, encoder_features(roles), first_rows(roles.features, 3))
    )
    zeros = np.zeros_like(X)
    np.testing.assert_array_equal(given, np.concatenate([X, X]))
    np.testing.assert_array_equal(mapped, np.block([[X, zeros], [zeros, X]]))
    np.testing.assert_array_equal(first, X)
    assert encoder_features(graph) is graph.features
