"""Products of a fixed sparse matrix with a dense one: the only sparse operation that training needs."""

import warnings
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from models.csr import CSR


class SparseMatrix:
    """A constant float32 CSR matrix (R, C) together with its transpose, which the gradient needs.

    Torch's own backward of a CSR product converts the layout at every step; keeping the transpose is several times faster
    (and free for a symmetric matrix, which is its own).
    """

    def __init__(self, matrix: CSR, *, symmetric: bool = False) -> None:
        self.forward_matrix = _to_torch(matrix)
        self.backward_matrix = self.forward_matrix if symmetric else _to_torch(matrix.transpose())

    def __matmul__(self, dense: Tensor) -> Tensor:
        """(R, C) @ (C, D) -> (R, D), differentiable in `dense`."""
        product = _SparseMatmul.apply(self.forward_matrix, self.backward_matrix, dense)  # type: ignore[no-untyped-call]
        return cast(Tensor, product)


class _SparseMatmul(torch.autograd.Function):
    """Y = M X, with dL/dX = Mᵀ dL/dY."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transposed @ gradients[0]


def gcn_normalize(adjacency: CSR) -> CSR:
    """Â = D̃^(-1/2) (A + I) D̃^(-1/2), with self-loops of weight 1 (Kipf & Welling 2017, 1609.02907).

    Args:
        adjacency: symmetric (N, N) without self-loops.
    """
    n = adjacency.shape[0]
    loops = np.arange(n)
    rows = np.concatenate([adjacency.row_of_entry(), loops])
    columns = np.concatenate([adjacency.indices, loops])
    data = np.concatenate([adjacency.data, np.ones(n, np.float32)])
    scale = 1 / np.sqrt(np.bincount(rows, weights=data, minlength=n))
    return CSR.from_coo(rows, columns, (data * scale[rows] * scale[columns]).astype(np.float32), adjacency.shape)


def _to_torch(matrix: CSR) -> Tensor:
    with warnings.catch_warnings():
        # torch says once per process that its CSR layout is in beta; the product used here is covered by tests.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr),
            torch.from_numpy(matrix.indices),
            torch.from_numpy(matrix.data),
            matrix.shape,
            check_invariants=True,
        )
