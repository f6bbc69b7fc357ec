"""Terms of pairs and of rows, and the logit that a composition makes of them."""

import numpy as np
import pytest

from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.parts.composition import Composition
from latentlink.models.training.parts.spectrum import RANK, Kind, spectrum
from latentlink.models.training.parts.terms import DegreeTerm, DenseTerm, SharedTerm, SpectralTerm, Term
from tests.models.training.parts.conftest import Scene


def _terms(scene: Scene) -> list[Term]:
    n, edges = scene.graph.n_nodes, scene.graph.edges
    known, found = adjacency(n, edges), spectrum(n, edges, Kind.REGULARIZED, RANK)
    assert found is not None
    return [DenseTerm(scene.z), SharedTerm(known), SpectralTerm(found), DegreeTerm(np.diff(known.indptr))]


@pytest.mark.parametrize("which", range(4))
def test_rows_hold_the_numbers_of_pairs(scene: Scene, which: int) -> None:
    """Of three nodes with all others."""
    term, nodes = _terms(scene)[which], np.array([3, 50, 159])
    pairs = np.stack(np.meshgrid(nodes, np.arange(160), indexing="ij"), axis=-1).reshape(-1, 2)
    apart = pairs[:, 0] != pairs[:, 1]
    rows, each = term.of_rows(nodes).reshape(term.width, -1), term.of_pairs(pairs)
    assert each.shape == (len(pairs), term.width)
    np.testing.assert_allclose(rows.T[apart], each[apart], rtol=1e-4, atol=1e-4)


def test_the_logit_of_a_composition_is_the_weighted_sum_of_its_terms(scene: Scene) -> None:
    """Dense, shared, spectral and degree terms, each with weights of its own, scaled as a whole."""
    n, edges = scene.graph.n_nodes, scene.graph.edges
    dense = Embeddings(scene.z, scene.z - 9, {"normalized.scale": np.ones(1, np.float32)}, edges, None)
    weights = (0.5, 0.1, 0.2, 0.3, 1.0, -2.0, 0.25, 0.5, 4.0, -1.5, -0.7)
    composition = Composition(weights[0], weights[1:4], Kind.REGULARIZED, weights[4:10], weights[10], 0.4)
    made = composition.scaled(2.0, -1.0).embed(n, edges, None, dense, composition.find_spectrum(scene.graph))
    pairs = np.array([(0, 80), (0, 1), (17, 93), (40, 120)])
    found = spectrum(n, edges, Kind.REGULARIZED, RANK)
    assert found is not None
    known = adjacency(n, edges)
    terms: list[Term] = [DenseTerm(scene.z), SharedTerm(known), SpectralTerm(found), DegreeTerm(np.diff(known.indptr))]
    sums = np.concatenate([term.of_pairs(pairs) for term in terms], axis=1) @ weights + 0.4
    np.testing.assert_allclose(made.decoder.pairs(*pairs.T), 2 * sums - 1, rtol=1e-5, atol=1e-5)
    assert made.parts is not None
    assert (made.parts.dense, made.parts.spectral, made.parts.bias, made.parts.shared_links) == (6, 80, 2, True)
    assert made.logvar is dense.logvar


def test_a_part_that_is_left_out_has_no_columns(scene: Scene) -> None:
    """Without the encoder there is no posterior, and nothing of its weights."""
    made = Composition(dense=0, degree=1.0).embed(160, scene.graph.edges, None, None, None)
    assert made.parts is not None
    assert (made.parts.dense, made.parts.spectral, made.parts.shared_links, made.logvar) == (0, 0, False, None)
    assert set(made.weights) == {"bias.degree", "bias.constant"}
    degrees = np.bincount(scene.graph.edges.ravel(), minlength=160)
    logit = made.decoder.pairs(np.array([0]), np.array([1]))[0]
    assert logit == pytest.approx(np.log1p(degrees[:2]).sum(), abs=1e-5)
