"""Encoders against PyG's layers and formulas written out."""

from typing import Any

import numpy as np
import pytest
import torch
from torch_geometric.nn import APPNP, GCNConv

from latentlink.models.config import TrainingConfig
from latentlink.models.graph.csr import CSR
from latentlink.models.nn.encoders import GCNEncoder, PropagationEncoder, make_encoder, rows_of_length
from latentlink.models.nn.sparse import SparseMatrix
from latentlink.models.training.adjacency import Propagation

N, F, H, D = 12, 7, 5, 3
EDGES = np.unique(np.sort(np.random.default_rng(0).integers(0, N, (25, 2))), axis=0)
EDGES = EDGES[EDGES[:, 0] != EDGES[:, 1]]
INDEX = torch.from_numpy(np.concatenate([EDGES, EDGES[:, ::-1]]).T.copy())
A_HAT = Propagation(N, EDGES).whole
DENSE = A_HAT @ torch.eye(N)
X = torch.from_numpy(np.where(np.random.default_rng(1).random((N, F)) < 0.4, 1, 0).astype(np.float32))


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _gcn() -> GCNEncoder:
    return GCNEncoder(F, H, D, ("mu", "logvar"), generator=_generator())


def _propagation(*, rows: bool = False, features: int = F, **config: Any) -> PropagationEncoder:
    settings = TrainingConfig(**{"encoder": "normalized", "dim": D, **config})
    return PropagationEncoder(N, features, settings, node_embeddings=rows, generator=_generator())


@pytest.mark.parametrize("head", ["mu", "logvar"])
def test_each_head_equals_two_gcn_layers_of_torch_geometric(head: str) -> None:
    """With the same weights, Â ReLU(Â X W) W' is what stacked GCNConv layers give, and so is its gradient in W."""
    ours = _gcn()
    first, second = GCNConv(F, H, bias=False), GCNConv(H, D, bias=False)
    first.lin.weight.data = ours.hidden.data.T
    second.lin.weight.data = ours.public_weights()[f"gcn.{head}.weight"].data.T
    expected = second(torch.relu(first(X, INDEX)), INDEX)
    found = dict(zip(("mu", "logvar"), ours(X, A_HAT), strict=True))[head]
    torch.testing.assert_close(found, expected)
    slopes = torch.randn(N, D, generator=_generator())
    expected.backward(slopes)
    found.backward(slopes)
    assert ours.hidden.grad is not None
    torch.testing.assert_close(ours.hidden.grad, first.lin.weight.grad.T)
    torch.testing.assert_close(ours.heads[head].grad, second.lin.weight.grad.T)


@pytest.mark.parametrize(("hops", "dim"), [(1, 3), (2, 7), (4, 2)])
def test_normalized_looks_at_every_scale(hops: int, dim: int) -> None:
    """Each block of unit rows times s/√V is PyG's APPNP without restarts, over as many hops as its scale says."""
    ours = _propagation(model="gae", hops=hops, dim=dim)
    assert ours.features is not None
    assert ours.scale is not None
    ours.scale.data = torch.linspace(1, 2, len(ours.scale))
    scales = list(range(hops + 1))[-dim:]  # the wide ones where there are few columns
    blocks = torch.tensor_split(X @ ours.features, len(scales), dim=1)
    expected = [
        APPNP(scale, alpha=0)(torch.nn.functional.normalize(block, dim=1) * length / len(scales) ** 0.5, INDEX)
        for scale, block, length in zip(scales, blocks, ours.scale, strict=True)
    ]
    torch.testing.assert_close(ours(X, A_HAT), [torch.cat(expected, dim=1)])


def test_linear_is_one_propagation_of_a_linear_map() -> None:
    """Z = Â X W (Salha et al. 2020, eq. 4), and Â E with learned embeddings E in place of features."""
    ours, bare = _propagation(model="gae", encoder="linear"), _propagation(model="gae", features=0, encoder="linear")
    assert ours.features is not None
    assert bare.rows is not None
    torch.testing.assert_close(ours(X, A_HAT), [DENSE @ (X @ ours.features)])
    torch.testing.assert_close(bare(None, A_HAT), [DENSE @ bare.rows])


def test_learned_rows_are_added_before_the_length_is_taken() -> None:
    """h = X W + E, so that neither outweighs the other by its size; and it is propagated at the widest scale alone."""
    ours = _propagation(model="gae", rows=True, hops=2)
    assert ours.features is not None
    assert ours.rows is not None
    hidden = X @ ours.features + ours.rows
    torch.testing.assert_close(ours(X, A_HAT), [DENSE @ DENSE @ (1.8 * hidden / hidden.norm(dim=1, keepdim=True))])


def test_log_variances_are_linear_in_the_mean() -> None:
    """With fresh weights every σ² is e⁻³: enough noise to matter, too little to drown the signal."""
    mu, logvar = _propagation(model="vgae")(X, A_HAT)
    torch.testing.assert_close(logvar, torch.full_like(mu, -3))


@pytest.mark.parametrize("encoder", ["gcn", "linear", "normalized"])
def test_sparse_and_dense_features_give_the_same(encoder: str) -> None:
    """The layout of the features does not change the embeddings."""
    config = TrainingConfig.model_validate({"encoder": encoder})
    ours = make_encoder(config, N, F, node_embeddings=True, generator=_generator())
    torch.testing.assert_close(ours(SparseMatrix(CSR.from_dense(X.numpy())), A_HAT), ours(X, A_HAT))


@pytest.mark.parametrize("encoder", ["gcn", "linear", "normalized"])
def test_a_seed_decides_the_weights(encoder: str) -> None:
    """The same generator gives the same weights, another one others."""
    config = TrainingConfig.model_validate({"encoder": encoder})
    first, again, other = (
        make_encoder(config, N, F, node_embeddings=True, generator=_generator(seed))(X, A_HAT)[0] for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("encoder", "names"),
    [
        (_gcn(), ["gcn.hidden.weight", "gcn.mu.weight", "gcn.logvar.weight"]),
        (
            _propagation(rows=True),
            [
                f"normalized.{name}"
                for name in ("features.weight", "rows.weight", "scale", "logvar.weight", "logvar.bias")
            ],
        ),
        (_propagation(encoder="linear", model="gae"), ["linear.features.weight"]),
    ],
)
def test_public_names_cover_every_parameter(encoder: GCNEncoder | PropagationEncoder, names: list[str]) -> None:
    """What is written to disk is all there is, under names that are stable."""
    public = encoder.public_weights()
    assert list(public) == names
    assert sum(w.numel() for w in public.values()) == sum(p.numel() for p in encoder.parameters())


def test_rows_of_one_length_and_their_gradients_equal_torchs() -> None:
    """A row of zeros stays, and what comes after is told the same slopes of rows and length."""
    x, weights = torch.randn(6, 4, generator=_generator(3)), torch.randn(6, 4, generator=_generator(4))
    x[2] = 0
    ours, plain = [(x.clone().requires_grad_(), torch.tensor(-1.7, requires_grad=True)) for _ in range(2)]
    expected = torch.nn.functional.normalize(plain[0], dim=1) * plain[1]
    torch.testing.assert_close(rows_of_length(*ours), expected)
    (rows_of_length(*ours) * weights).sum().backward()  # type: ignore[no-untyped-call]
    (expected * weights).sum().backward()  # type: ignore[no-untyped-call]
    assert ours[0].grad is not None
    assert plain[0].grad is not None
    others = [0, 1, 3, 4, 5]
    torch.testing.assert_close(ours[0].grad[others], plain[0].grad[others])
    torch.testing.assert_close(ours[1].grad, plain[1].grad)
