"""Eigenvectors against numpy's dense solver."""

import networkx as nx
import numpy as np
import pytest

from latentlink.models.training.parts.spectrum import RANK, Kind, columns_of, spectrum
from tests.models.training.parts.conftest import Scene


@pytest.mark.parametrize("kind", Kind)
def test_the_columns_are_the_largest_eigenvectors(scene: Scene, kind: Kind) -> None:
    """The sum Σ λ u uᵀ of the ten largest by size is that of a dense solver on the formula's matrix."""
    graph = scene.graph
    adjacent = np.zeros((graph.n_nodes, graph.n_nodes))
    adjacent[tuple(graph.edges.T)] = adjacent[tuple(graph.edges.T[::-1])] = 1
    degrees = adjacent.sum(axis=1)
    loops, shift = {
        Kind.NORMALIZED: (1, 0),
        Kind.REGULARIZED: (0, degrees.mean()),
        Kind.LIGHTLY_REGULARIZED: (0, 0.3 * degrees.mean()),
    }[kind]
    scale = 1 / np.sqrt(degrees + loops + shift)
    matrix = scale[:, None] * (adjacent + loops * np.eye(len(adjacent))) * scale
    for component in (0, 1) if kind is Kind.NORMALIZED else ():  # groups 0 and 2, and groups 1 and 3
        own = np.sqrt(degrees + 1) * (np.arange(160) // 40 % 2 == component)
        matrix -= np.outer(own, own) / (own**2).sum()
    values, vectors = np.linalg.eigh(matrix)
    largest = np.argsort(-np.abs(values))[:10]
    found = spectrum(graph.n_nodes, graph.edges, kind, 10)
    assert found is not None
    np.testing.assert_allclose(np.sort(found.values), np.sort(values[largest]), atol=1e-4)
    products = found.vectors * found.values / graph.n_nodes @ found.vectors.T
    expected = vectors[:, largest] * values[largest] @ vectors[:, largest].T
    np.testing.assert_allclose(products, expected, atol=2e-3)
    assert found.shift == shift


def test_links_across_have_eigenvalues_of_both_signs(scene: Scene) -> None:
    """The spectrum of a bipartite graph without self-loops is symmetric."""
    found = spectrum(scene.graph.n_nodes, scene.graph.edges, Kind.REGULARIZED, RANK)
    assert found is not None
    assert (found.values > 0).sum() == (found.values < 0).sum() == 40


def test_a_bipartite_spectrum_is_of_singular_values(scene: Scene) -> None:
    """Between two groups that types tell apart: as many columns say twice as much, and negative ones none."""
    edges = scene.graph.edges
    found = spectrum(160, edges, Kind.REGULARIZED, 20, bipartite=True)
    assert found is not None
    scale = 1 / np.sqrt(np.bincount(edges.ravel()) + 2 * len(edges) / 160)
    across = np.zeros((80, 80))
    across[edges[:, 0], edges[:, 1] - 80] = scale[edges[:, 0]] * scale[edges[:, 1]]
    left, values, right = np.linalg.svd(across)
    np.testing.assert_allclose(found.values[::-1], values[:20], atol=1e-4)
    products = 2 / 160 * (found.vectors[:80] * found.values) @ found.vectors[80:].T
    np.testing.assert_allclose(products, left[:, :20] * values[:20] @ right[:20], atol=2e-3)


@pytest.mark.parametrize("graph", [nx.empty_graph(9), nx.path_graph(3)])
def test_there_is_none_without_links_or_of_a_few_nodes(graph: nx.Graph) -> None:
    """Where no eigenvector says anything."""
    edges = np.array(graph.edges, np.int64).reshape(-1, 2)
    assert spectrum(len(graph), edges, Kind.NORMALIZED, RANK) is None


def test_a_large_graph_has_fewer_columns() -> None:
    """128 of thousands of nodes, then halved until the search is short enough, and at last none."""
    sizes = [(10, 18), (5_000, 50_000), (100_000, 2_000_000), (300_000, 4_000_000), (10**6, 10**8)]
    assert [columns_of(*size) for size in sizes] == [5, 128, 64, 16, 0]


def test_components_are_no_columns(scene: Scene) -> None:
    """Two copies of a graph have each eigenvalue twice, but none of 1."""
    edges = np.concatenate([scene.graph.edges, scene.graph.edges + 160])
    twice, once = spectrum(320, edges, Kind.NORMALIZED, RANK), spectrum(160, scene.graph.edges, Kind.NORMALIZED, RANK)
    assert twice is not None
    assert once is not None
    both, each = (np.sort(np.abs(values))[::-1][:60] for values in (twice.values, np.repeat(once.values, 2)))
    np.testing.assert_allclose(both, each, atol=1e-3)
    assert both[0] < 0.99


def test_a_node_without_links_has_zeros(scene: Scene) -> None:
    """Its self-loop would be an eigenvector by itself."""
    found = spectrum(scene.graph.n_nodes + 5, scene.graph.edges, Kind.NORMALIZED, RANK)
    assert found is not None
    assert (found.vectors[-5:] == 0).all()
    assert (found.vectors[:-5].any(axis=0)).all()
