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
from models.twins import GCNTwin, PropagationTwin
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
        encoder = make_encoder(self.config, N, n_features, rows=rows, generator=generator)
        scale = getattr(encoder, "scale", None)
        if isinstance(scale, torch.nn.Parameter):
            scale.data = torch.linspace(1, 2, len(scale))
        with torch.no_grad():
            self.mu: Float32 = encoder(Inputs(self.features).whole, Propagation(N, self.edges, weights).whole)[
                0
            ].numpy()
        self.weights = {name: weight.detach().numpy() for name, weight in encoder.public_weights().items()}
        matrix = adjacency(N, self.edges, weights)
        self.walks = Walks(matrix.indptr, matrix.indices.astype(np.int32), matrix.data if weighted else None)

        self._matrix = matrix

    def weight_of(self, links: Int64) -> Float64:
        """The weight of each of some edges (c, 2)."""
        return self._matrix.to_dense()[links[:, 0], links[:, 1]].astype(np.float64)

    def twin(self) -> PropagationTwin:
        """The encoder in numpy."""
        c = self.config
        return PropagationTwin(self.weights, self.features, self.walks, kind=c.encoder, dim=c.dim, hops=c.hops)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize(("encoder", "hops", "dim"), [("linear", 2, 5), ("normalized", 1, 4), ("normalized", 3, 2)])
def test_the_twin_embeds_as_the_encoder_does(
    encoder: str, hops: int, dim: int, rows: bool, layout: str, weighted: bool
) -> None:
    """With and without features, learned rows, weights, and with fewer columns than scales."""
    made = Made(hops + dim, layout, weighted=weighted, rows=rows, encoder=encoder, hops=hops, dim=dim)
    np.testing.assert_allclose(made.twin().embed(np.arange(N)), made.mu, atol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_gcn_twin_embeds_as_the_encoder_does(layout: str, weighted: bool) -> None:
    """From the 2-hop ball of one node after another."""
    made = Made(4, layout, weighted=weighted, encoder="gcn", hidden=6, dim=3)
    twin = GCNTwin(made.weights, made.features, N)
    ours = np.stack([twin.embed(node, made.walks) for node in range(N)])
    np.testing.assert_allclose(ours, made.mu, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rows", [False, True])
def test_inner_products_and_lengths_make_up_the_logit(layout: str, rows: bool) -> None:
    """Σ over nodes and scales of share · stretch · (x W + e) · z is zᵢᵀzⱼ."""
    made = Made(8, layout, rows=rows, encoder="normalized", hops=2, dim=6)
    twin = made.twin()
    pairs: Int64 = np.random.default_rng(0).integers(0, N, (50, 2))
    for (i, j), logit in zip(pairs.tolist(), pair_logits(made.mu, *pairs.T), strict=True):
        reached = twin.reaching(i)
        of_features, own = twin.against(reached.nodes, made.mu[j])
        parts = reached.shares * twin.stretches(reached.nodes) * (of_features + own)
        assert parts.sum() == pytest.approx(logit, abs=1e-5)


def test_weights_that_do_not_fit_are_refused() -> None:
    """A width that is not the features', and a scale that is missing."""
    made = Made(1, "dense", encoder="normalized", hops=2, dim=6)
    with pytest.raises(ValueError, match=r"features\.weight: expected \(0, 6\), found \(9, 6\)"):
        PropagationTwin(made.weights, None, made.walks, kind="normalized", dim=6, hops=2)
    with pytest.raises(ValueError, match=r"expected \(30, H\) and \(H, D\), found \(9, 6\) and \(6, 256\)"):
        GCNTwin(
            {"gcn.hidden.weight": np.ones((9, 6), np.float32), "gcn.mu.weight": np.ones((6, 256), np.float32)}, None, N
        )
    with pytest.raises(ValueError, match="expected 2 lengths"):
        PropagationTwin(made.weights, made.features, made.walks, kind="normalized", dim=6, hops=1)
