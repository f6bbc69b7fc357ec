"""Sparse products against dense ones."""

import numpy as np
import pytest
import torch

from latentlink.models.graph.csr import CSR
from latentlink.models.nn.sparse import SparseFeatures, SparseMatrix, product

RNG = np.random.default_rng(0)
DENSE = np.where(RNG.random((6, 9)) < 0.4, RNG.normal(size=(6, 9)), 0).astype(np.float32)


def _product_and_gradient(matrix: SparseMatrix | torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(9, 4, generator=torch.Generator().manual_seed(1), requires_grad=True)
    product = matrix @ x
    product.backward(torch.randn(6, 4, generator=torch.Generator().manual_seed(2)))  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return product.detach(), x.grad


def test_product_and_gradient_equal_the_dense_ones() -> None:
    """Y = M X and dL/dX = Mᵀ dL/dY for a matrix that is not symmetric."""
    torch.testing.assert_close(
        _product_and_gradient(SparseMatrix(CSR.from_dense(DENSE))), _product_and_gradient(torch.from_numpy(DENSE))
    )


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_dropout_keeps_product_and_gradient_together(share: float) -> None:
    """Entries are dropped from the product and its gradient, the rest is scaled to the expectation; a generator repeats."""
    features = SparseFeatures(CSR.from_dense(DENSE))
    dropped, again = (features.dropout(share, np.random.default_rng(3)) for _ in range(2))
    product = torch.cat([dropped @ torch.eye(9)[:, [c]] for c in range(9)], dim=1)  # the matrix, column by column
    kept = product != 0
    torch.testing.assert_close(product[kept], torch.from_numpy(DENSE)[kept] / (1 - share))
    assert (kept.sum() < np.count_nonzero(DENSE)).item() is (share > 0)
    torch.testing.assert_close(_product_and_gradient(dropped), _product_and_gradient(product))
    assert torch.equal(dropped @ torch.eye(9), again @ torch.eye(9))


@pytest.mark.parametrize("layout", ["rows", "columns", "expanded"])
def test_a_product_reads_nothing_of_the_memory_it_writes_to(layout: str) -> None:
    """Where fresh memory is full of NaN the product is right all the same, of whatever layout the dense side is."""
    matrix = torch.tensor([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 3.0], [0.0, 0.0, 1.0]])
    dense = torch.arange(6.0).reshape(3, 2)
    dense = {"rows": dense, "columns": dense.T.contiguous().T, "expanded": dense[:, :1].expand(3, 2)}[layout]
    torch.use_deterministic_algorithms(True)  # fills fresh memory
    try:
        found = product(matrix.to_sparse_csr(), dense)
    finally:
        torch.use_deterministic_algorithms(False)
    assert found.tolist() == (matrix @ dense).tolist()
