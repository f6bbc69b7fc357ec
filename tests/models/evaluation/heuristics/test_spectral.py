"""The spectral embedding against a dense eigendecomposition."""

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array

from latentlink.models.arrays import Float64
from latentlink.models.evaluation.eigenvectors import ROUGH, leading_eigenvectors
from latentlink.models.evaluation.heuristics.spectral import spectral_embedding
from latentlink.models.graph.graph import adjacency
from latentlink.models.training.adjacency import Propagation


def _dense(n: int, edges: np.ndarray) -> Float64:
    """Â of the encoders."""
    a = Propagation(n, edges).layout
    return np.asarray(csr_array((a.data, a.indices, a.indptr), shape=a.shape).toarray(), np.float64)


@pytest.mark.parametrize("n", [50, 400])
def test_scores_are_the_leading_part_of_the_fourth_power(n: int) -> None:
    """Σ λ⁴ uᵢ uⱼ over the 128 largest eigenvalues of the encoders' Â, or over all of a small graph: that is Â⁴ itself."""
    edges = np.array(nx.barabasi_albert_graph(n, 3, seed=1).edges)
    z = spectral_embedding(adjacency(n, edges)).astype(np.float64)
    values, vectors = np.linalg.eigh(_dense(n, edges))
    top = vectors[:, -128:] * values[-128:] ** 2
    np.testing.assert_allclose(z @ z.T, top @ top.T, atol=2e-3 if n > 128 else 1e-5)


def test_copies_of_an_eigenvalue_are_all_found() -> None:
    """Thirty components have the eigenvalue 1 thirty times."""
    graph = nx.disjoint_union_all([nx.cycle_graph(12)] * 30)
    matrix = _dense(360, np.array(graph.edges))
    values, vectors = leading_eigenvectors(lambda x: matrix @ x, 360, 40, ROUGH)
    assert (values > 1 - 1e-6).sum() == 30
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(40), atol=1e-9)


def test_a_node_without_links_resembles_none() -> None:
    """By itself it would be an eigenvector of the eigenvalue 1."""
    z = spectral_embedding(adjacency(5, np.array([(0, 1), (1, 2)])))
    assert not z[3:].any()
    assert z[:3].any(axis=1).all()
