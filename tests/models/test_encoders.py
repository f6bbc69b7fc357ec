"""The encoder against PyG's layers."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import GCNConv

from models.csr import CSR
from models.encoders import GCNEncoder
from models.graph import adjacency
from models.sparse import SparseMatrix, gcn_normalize

N, F, H, D = 12, 7, 5, 3
EDGES = np.unique(np.sort(np.random.default_rng(0).integers(0, N, (25, 2))), axis=0)
EDGES = EDGES[EDGES[:, 0] != EDGES[:, 1]]
PROPAGATION = SparseMatrix(gcn_normalize(adjacency(N, EDGES)), symmetric=True)
X = np.where(np.random.default_rng(1).random((N, F)) < 0.4, 1, 0).astype(np.float32)


def _encoder(seed: int = 0) -> GCNEncoder:
    return GCNEncoder(F, H, D, ("mu", "logvar"), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("head", ["mu", "logvar"])
def test_each_head_equals_two_gcn_layers_of_torch_geometric(head: str) -> None:
    """With the same weights, Â ReLU(Â X W) W' is what stacked GCNConv layers give."""
    ours = _encoder()
    first, second = GCNConv(F, H, bias=False), GCNConv(H, D, bias=False)
    first.lin.weight.data = ours.hidden.data.T
    second.lin.weight.data = ours.heads[head].data.T
    index = torch.from_numpy(np.concatenate([EDGES, EDGES[:, ::-1]]).T.copy())
    expected = second(torch.relu(first(torch.from_numpy(X), index)), index)
    mu, logvar = ours(torch.from_numpy(X), PROPAGATION)
    torch.testing.assert_close({"mu": mu, "logvar": logvar}[head], expected)


def test_sparse_and_dense_features_give_the_same() -> None:
    """The layout of the features does not change the embeddings."""
    dense = _encoder()(torch.from_numpy(X), PROPAGATION)
    sparse = _encoder()(SparseMatrix(CSR.from_dense(X)), PROPAGATION)
    torch.testing.assert_close(sparse, dense)


def test_a_seed_decides_the_weights() -> None:
    """The same generator gives the same weights, another one others."""
    assert torch.equal(_encoder(3).hidden, _encoder(3).hidden)
    assert not torch.equal(_encoder(3).hidden, _encoder(4).hidden)


def test_public_names_cover_every_parameter() -> None:
    """What is written to disk is all there is, under names that are stable."""
    public = _encoder().public_weights()
    assert list(public) == ["gcn.hidden.weight", "gcn.mu.weight", "gcn.logvar.weight"]
    assert sum(w.numel() for w in public.values()) == sum(p.numel() for p in _encoder().parameters())
