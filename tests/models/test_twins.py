"""The encoders in numpy beside those in torch: two implementations, one answer."""

from typing import Any

import numpy as np
import pytest
import torch

from models.config import TrainingConfig
from models.csr import CSR, Float32, Int64
from models.encoders import make_encoder
from models.graph import adjacency
from models.inputs import Inputs
from models.propagation import Propagation
from models.scoring import Float64, pair_logits
from models.twins import GCNTwin, PropagationTwin, products
from models.walks import Walks

N, F = 30, 9
LAYOUTS = ["none", "dense", "sparse"]


class Made:
    """A random graph with an encoder of random weights, in both implementations."""

    def __init__(self, seed: int, layout: str, *, weighted: bool = False, rows: bool = False, **config: Any) -> None:
        random = np.random.default_rng(seed)
        edges = np.unique(np.sort(random.integers(0, N, (45, 2))), axis=0)
        self.edges = edges[edges[:, 0] != edges[:, 1]]
        weights = random.uniform(0.1, 3, len(self.edges)).astype(np.float32) if weighted else None
        x = np.where(random.random((N, F)) < 0.4, random.normal(0, 1, (N, F)), 0).astype(np.float32)
        x[7] = 0  # a row without a length
        self.features = {"none": None, "dense": x, "sparse": CSR.from_dense(x)}[layout]
        self.config = TrainingConfig.model_validate({"model": "gae", **config})
        generator = torch.Generator().manual_seed(seed)
        n_features = 0 if self.features is None else F
        self.link_weights = weights
        encoder = make_encoder(self.config, N, n_features, rows=rows, generator=generator)
        scale = getattr(encoder, "scale", None)
        if isinstance(scale, torch.nn.Parameter):
            scale.data = torch.linspace(1, 2, len(scale))
        self.encoder = encoder
        self.mu = embedded(encoder, self.features, Propagation(N, self.edges, weights))
        self.weights = {name: weight.detach().numpy() for name, weight in encoder.public_weights().items()}
        matrix = adjacency(N, self.edges, weights)
        self.walks = Walks(matrix.indptr, matrix.indices.astype(np.int32), matrix.data if weighted else None)

        self._matrix = matrix

    def weight_of(self, links: Int64) -> Float64:
        """The weight of each of some edges (c, 2)."""
        return self._matrix.to_dense()[links[:, 0], links[:, 1]].astype(np.float64)

    def twin(self) -> PropagationTwin | GCNTwin:
        """The encoder in numpy."""
        if self.config.encoder == "gcn":
            return GCNTwin(self.weights, self.features, self.walks)
        return self.propagation_twin()

    def grown(self, x: Float32, neighbors: Int64, weights: Float64) -> Float32:
        """z of a stranger: by the encoder in torch, on the graph with it; without features and a row of weights of its own."""
        features = self.features
        if features is not None:
            dense = features.to_dense() if isinstance(features, CSR) else features
            features = np.concatenate([dense, x[None]])
        for name in ("rows", "hidden") if features is None else ("rows",):
            rows = getattr(self.encoder, name, None)
            if rows is not None:
                setattr(self.encoder, name, torch.nn.Parameter(torch.cat([rows, torch.zeros(1, rows.shape[1])])))
        edges = np.concatenate([self.edges, np.stack([neighbors, np.full(len(neighbors), N)], axis=1)])
        known = np.ones(len(self.edges), np.float32) if self.link_weights is None else self.link_weights
        links = np.concatenate([known, weights.astype(np.float32)])
        z: Float32 = embedded(self.encoder, features, Propagation(N + 1, edges, links))[N]
        return z

    def propagation_twin(self) -> PropagationTwin:
        """The encoder in numpy, of those that propagate."""
        c = self.config
        return PropagationTwin(self.weights, self.features, self.walks, kind=c.encoder, dim=c.dim, hops=c.hops)


def embedded(encoder: torch.nn.Module, features: Float32 | CSR | None, propagation: Propagation) -> Float32:
    """mu by torch."""
    with torch.no_grad():
        mu: Float32 = encoder(Inputs(features).whole, propagation.whole)[0].numpy()
    return mu


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize(("encoder", "hops", "dim"), [("linear", 2, 5), ("normalized", 1, 4), ("normalized", 3, 2)])
def test_the_twin_embeds_as_the_encoder_does(
    encoder: str, hops: int, dim: int, rows: bool, layout: str, weighted: bool
) -> None:
    """With and without features, learned rows, weights, and with fewer columns than scales."""
    made = Made(hops + dim, layout, weighted=weighted, rows=rows, encoder=encoder, hops=hops, dim=dim)
    twin = made.propagation_twin()
    ours = np.stack([twin.embed(node) for node in range(N)])
    np.testing.assert_allclose(ours, made.mu, atol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_gcn_twin_embeds_as_the_encoder_does(layout: str, weighted: bool) -> None:
    """From the 2-hop ball of one node after another."""
    made = Made(4, layout, weighted=weighted, encoder="gcn", hidden=6, dim=3)
    twin = GCNTwin(made.weights, made.features, made.walks)
    ours = np.stack([twin.embed(node) for node in range(N)])
    np.testing.assert_allclose(ours, made.mu, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rows", [False, True])
def test_inner_products_and_lengths_make_up_the_logit(layout: str, rows: bool) -> None:
    """Σ over nodes and scales of share · stretch · (x W + e) · z is zᵢᵀzⱼ."""
    made = Made(8, layout, rows=rows, encoder="normalized", hops=2, dim=6)
    twin = made.propagation_twin()
    pairs: Int64 = np.random.default_rng(0).integers(0, N, (50, 2))
    for (i, j), logit in zip(pairs.tolist(), pair_logits(made.mu, *pairs.T), strict=True):
        reached = twin.reaching(i)
        of_features, own = twin.against(reached.nodes, made.mu[j])
        parts = reached.shares * twin.stretches(reached.nodes) * (of_features + own)
        assert parts.sum() == pytest.approx(logit, abs=1e-5)


STRANGERS = [("linear", 2, False), ("normalized", 2, False), ("normalized", 3, True), ("gcn", 2, False)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("encoder", "hops", "rows"), STRANGERS)
@pytest.mark.parametrize("n_neighbors", [0, 1, 6])
def test_a_stranger_is_embedded_as_on_the_grown_graph(
    encoder: str, hops: int, rows: bool, n_neighbors: int, layout: str, weighted: bool
) -> None:
    """With all degrees changed: by the encoder itself, on the graph that has the stranger."""
    made = Made(3, layout, weighted=weighted, rows=rows, encoder=encoder, hops=hops, dim=6, hidden=6)
    random = np.random.default_rng(n_neighbors)
    neighbors, weights = random.permutation(N)[:n_neighbors], random.uniform(0.3, 2, n_neighbors)
    x = random.normal(0, 1, F).astype(np.float32)
    ours = made.twin().embed_stranger(None if layout == "none" else x, neighbors, weights)
    assert ours.whole
    np.testing.assert_allclose(ours.z, made.grown(x, neighbors, weights), atol=1e-5)


def test_a_stranger_is_not_made_of_stored_states() -> None:
    """Its neighbours' states as they were before it came, under the right degrees, are off by far more than rounding."""
    made = Made(3, "dense", encoder="linear", hops=2, dim=6)
    assert isinstance(made.features, np.ndarray)
    x, neighbors = np.ones(F, np.float32), np.array([1, 4, 5])
    exact = made.grown(x, neighbors, np.ones(3))
    weight = made.weights["linear.features.weight"]
    once = Propagation(N, made.edges).whole @ torch.from_numpy(made.features @ weight)
    states = np.concatenate([once.numpy()[neighbors], (x @ weight)[None]])
    degrees = np.append(made.walks.degrees[neighbors] + 1, 4)
    reused = (states / np.sqrt(4 * degrees)[:, None]).sum(axis=0)
    assert np.linalg.norm(reused - exact) > 0.1 * np.linalg.norm(exact)
    np.testing.assert_allclose(made.twin().embed_stranger(x, neighbors, np.ones(3)).z, exact, atol=1e-5)


@pytest.mark.parametrize("share", [0.02, 0.6])
def test_products_of_sparse_rows_are_those_of_dense_ones(share: float) -> None:
    """Whether few or many entries are stored, of chosen rows in any order, empty ones among them."""
    random = np.random.default_rng(0)
    x = np.where(random.random((50, 40)) < share, random.normal(0, 1, (50, 40)), 0).astype(np.float32)
    x[[0, 49]], matrix, rows = 0, random.normal(0, 1, (40, 3)).astype(np.float32), random.integers(0, 50, 70)
    np.testing.assert_allclose(products(CSR.from_dense(x), rows, matrix), x[rows] @ matrix, atol=1e-5)
    np.testing.assert_allclose(products(x, rows, matrix), x[rows] @ matrix, atol=1e-5)


def test_weights_that_do_not_fit_are_refused() -> None:
    """A width that is not the features', and a scale that is missing."""
    made = Made(1, "dense", encoder="normalized", hops=2, dim=6)
    with pytest.raises(ValueError, match=r"features\.weight: expected \(0, 6\), found \(9, 6\)"):
        PropagationTwin(made.weights, None, made.walks, kind="normalized", dim=6, hops=2)
    weights = {"gcn.hidden.weight": np.ones((9, 6), np.float32), "gcn.mu.weight": np.ones((6, 256), np.float32)}
    with pytest.raises(ValueError, match=r"expected \(30, H\) and \(H, D\), found \(9, 6\) and \(6, 256\)"):
        GCNTwin(weights, None, made.walks)
    with pytest.raises(ValueError, match="expected 2 lengths"):
        PropagationTwin(made.weights, made.features, made.walks, kind="normalized", dim=6, hops=1)
