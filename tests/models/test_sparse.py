"""Sparse products and Â against dense ones."""

import numpy as np
import torch
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from models.csr import CSR
from models.graph import adjacency
from models.sparse import SparseMatrix, gcn_normalize

EDGES = np.array([[0, 1], [1, 2], [1, 3], [4, 2]])
WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0], np.float32)


def _to_dense(matrix: CSR) -> torch.Tensor:
    dense = torch.zeros(matrix.shape)
    dense[torch.from_numpy(matrix.row_of_entry()), torch.from_numpy(matrix.indices)] = torch.from_numpy(matrix.data)
    return dense


def test_product_and_gradient_equal_the_dense_ones() -> None:
    """Y = M X and dL/dX = Mᵀ dL/dY for a matrix that is not symmetric."""
    rng = np.random.default_rng(0)
    dense = torch.from_numpy(np.where(rng.random((6, 9)) < 0.4, rng.normal(size=(6, 9)), 0).astype(np.float32))
    inputs = [torch.randn(9, 4, generator=torch.Generator().manual_seed(1), requires_grad=True)]
    inputs.append(inputs[0].detach().clone().requires_grad_())
    upstream = torch.randn(6, 4, generator=torch.Generator().manual_seed(2))
    products = [SparseMatrix(CSR.from_dense(dense.numpy())) @ inputs[0], dense @ inputs[1]]
    for product in products:
        product.backward(upstream)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(products[0], products[1])
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)


def test_normalization_equals_torch_geometric() -> None:
    """Â of a weighted graph with an isolated node is what PyG's gcn_norm gives."""
    index = torch.from_numpy(np.concatenate([EDGES, EDGES[:, ::-1]]).T.copy())
    weights = torch.from_numpy(np.tile(WEIGHTS, 2))
    (rows, columns), values = gcn_norm(index, weights, num_nodes=6)
    expected = torch.zeros(6, 6)
    expected[rows, columns] = values
    torch.testing.assert_close(_to_dense(gcn_normalize(adjacency(6, EDGES, WEIGHTS))), expected)


def test_propagation_is_its_own_gradient() -> None:
    """A symmetric matrix needs no transpose of its own."""
    matrix = SparseMatrix(gcn_normalize(adjacency(6, EDGES)), symmetric=True)
    assert matrix.backward_matrix is matrix.forward_matrix
