"""Products of a constant sparse matrix with a learned dense one: all that training needs of sparse algebra."""

import warnings
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from latentlink.models.graph.csr import CSR

CPU = torch.device("cpu")


class SparseMatrix:
    """A constant float32 CSR matrix (R, C) on a device, together with its transpose, which the gradient needs.

    Torch's own backward of a CSR product converts the layout at every step; keeping the transpose is several times faster
    (and free for a symmetric matrix, which is its own).
    """

    def __init__(self, matrix: CSR, transposed: CSR | None = None, *, device: torch.device = CPU) -> None:
        """Keep `matrix` and its transpose, which is made here unless it is given; pass the matrix itself if it is symmetric."""
        self._forward = _to_torch(matrix, device)
        self._backward = self._forward if transposed is matrix else _to_torch(transposed or matrix.transpose(), device)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self._forward.device

    def __matmul__(self, dense: Tensor) -> Tensor:
        """(R, C) @ (C, D) -> (R, D), differentiable in `dense`."""
        return cast(Tensor, _SparseMatmul.apply(self, dense))  # type: ignore[no-untyped-call]

    def times(self, dense: Tensor) -> Tensor:
        """(R, C) times (C, D) -> (R, D), which autograd does not follow."""
        return product(self._forward, dense)

    def transposed_times(self, dense: Tensor) -> Tensor:
        """Its transpose times (R, D) -> (C, D), which autograd does not follow: what a gradient passes through."""
        return product(self._backward, dense)


class SparseFeatures:
    """Constant sparse features (N, F) whose entries can be dropped at random, an epoch at a time.

    Args:
        matrix: (N, F).
        device: where the products are computed.
    """

    def __init__(self, matrix: CSR, *, device: torch.device = CPU) -> None:
        self._matrix, self._transposed, self._order = matrix, matrix.transpose(), matrix.transposing()
        self._device = device
        self.whole = SparseMatrix(matrix, self._transposed, device=device)

    def dropout(self, share: float, rng: np.random.Generator) -> SparseMatrix:
        """A random share of the entries left out and the others scaled up, so that sums keep their expectation.

        Srivastava et al. 2014, on the input. What is left out costs nothing in the product.
        """
        if share == 0:
            return self.whole
        keep = rng.random(len(self._matrix.data), np.float32) >= share
        return SparseMatrix(
            _scaled(self._matrix.select(keep), 1 / (1 - share)),
            _scaled(self._transposed.select(keep[self._order]), 1 / (1 - share)),
            device=self._device,
        )


class _SparseMatmul(torch.autograd.Function):
    """Y = M X, with dL/dX = Mᵀ dL/dY."""

    @staticmethod
    def forward(ctx: Any, matrix: SparseMatrix, dense: Tensor) -> Tensor:
        ctx.matrix = matrix
        return matrix.times(dense)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        return None, ctx.matrix.transposed_times(gradients[0])


def product(matrix: Tensor, dense: Tensor) -> Tensor:
    """A torch CSR matrix (R, C) times (C, D): into memory that nothing is written to before, unlike torch's own `@`."""
    out = dense.new_empty((matrix.shape[0], dense.shape[1]))
    return torch.addmm(out, matrix, dense, beta=0, out=out)


def _scaled(matrix: CSR, factor: float) -> CSR:
    return CSR(matrix.indptr, matrix.indices, matrix.data * np.float32(factor), matrix.shape)


def csr_tensor(indptr: Tensor, indices: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A torch CSR matrix of parts that are known to fit; repeated columns within a row are added in a product."""
    with warnings.catch_warnings():
        # torch says once per process that its CSR layout is in beta; the products used here are covered by tests.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(indptr, indices, values, shape, device=values.device, check_invariants=False)


def _to_torch(matrix: CSR, device: torch.device) -> Tensor:
    """With 32-bit indices, to which the library beneath would convert 64-bit ones at every product."""
    width = np.int32 if len(matrix.data) < 2**31 else np.int64
    parts = (matrix.indptr.astype(width, copy=False), matrix.indices.astype(width, copy=False), matrix.data)
    indptr, indices, data = (torch.from_numpy(part).to(device) for part in parts)
    return csr_tensor(indptr, indices, data, matrix.shape)
