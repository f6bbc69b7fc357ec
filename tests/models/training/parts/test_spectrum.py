"""Eigenvectors against numpy's dense solver."""

import networkx as nx
import numpy as np
import pytest

from latentlink.models.training.parts.spectrum import Kind, spectrum
from tests.models.training.parts.conftest import Scene


@pytest.mark.parametrize("kind", Kind)
def test_the_columns_are_the_largest_eigenvectors(scene: Scene, kind: Kind) -> None:
    """The sum Σ λ u uᵀ of the ten largest by size is that of a dense solver on the formula's matrix."""
    graph = scene.graph
    adjacent = np.zeros((graph.n_nodes, graph.n_nodes))
    adjacent[tuple(graph.edges.T)] = adjacent[tuple(graph.edges.T[::-1])] = 1
    degrees = adjacent.sum(axis=1)
    loops, shift = (1, 0) if kind is Kind.NORMALIZED else (0, degrees.mean())
    scale = 1 / np.sqrt(degrees + loops + shift)
    matrix = scale[:, None] * (adjacent + loops * np.eye(len(adjacent))) * scale
    values, vectors = np.linalg.eigh(matrix)
    largest = np.argsort(-np.abs(values))[:10]
    found = spectrum(graph.n_nodes, graph.edges, kind, rank=10)
    assert found is not None
    np.testing.assert_allclose(np.sort(found.values), np.sort(values[largest]), atol=1e-4)
    products = found.vectors * found.values / graph.n_nodes @ found.vectors.T
    expected = vectors[:, largest] * values[largest] @ vectors[:, largest].T
    np.testing.assert_allclose(products, expected, atol=2e-3)
    assert found.shift == shift


def test_links_across_have_eigenvalues_of_both_signs(scene: Scene) -> None:
    """The spectrum of a bipartite graph without self-loops is symmetric."""
    found = spectrum(scene.graph.n_nodes, scene.graph.edges, Kind.REGULARIZED, rank=4)
    assert found is not None
    assert (found.values > 0).sum() == (found.values < 0).sum() == 2


@pytest.mark.parametrize("graph", [nx.empty_graph(9), nx.path_graph(3)])
def test_there_is_none_without_links_or_of_a_few_nodes(graph: nx.Graph) -> None:
    """Where no eigenvector says anything."""
    edges = np.array(graph.edges, np.int64).reshape(-1, 2)
    assert spectrum(len(graph), edges, Kind.NORMALIZED) is None


def test_a_large_graph_has_fewer_columns(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many that their numbers are bounded."""
    monkeypatch.setattr("latentlink.models.training.parts.spectrum._CELLS", 160 * 7)
    found = spectrum(scene.graph.n_nodes, scene.graph.edges, Kind.NORMALIZED)
    assert found is not None
    assert found.vectors.shape == (160, 7)
