"""Products of a constant sparse matrix with a learned dense one."""

import warnings
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from latentlink.models.graph.csr import CSR

CPU = torch.device("cpu")


class SparseMatrix:
    """A constant float32 CSR matrix (R, C) on a device, together with its transpose, which the gradient needs.

    Torch's backward of a CSR product converts the layout at every step; keeping the transpose is several times faster, and free
    for a symmetric matrix.
    """

    def __init__(self, matrix: CSR, transposed: CSR | None = None, *, device: torch.device = CPU) -> None:
        """Keep `matrix` and its transpose, computed unless given; for a symmetric matrix pass the matrix itself."""
        self._forward = _to_torch(matrix, device)
        self._backward = self._forward if transposed is matrix else _to_torch(transposed or matrix.transpose(), device)

    @property
    def device(self) -> torch.device:
        """The device of the matrix."""
        return self._forward.device

    def __matmul__(self, dense: Tensor) -> Tensor:
        """(R, C) @ (C, D) -> (R, D), differentiable in `dense`."""
        return cast(Tensor, _SparseMatmul.apply(self, dense))  # type: ignore[no-untyped-call]

    def times(self, dense: Tensor) -> Tensor:
        """(R, C) @ (C, D) -> (R, D), without autograd."""
        return product(self._forward, dense)

    def transposed_times(self, dense: Tensor) -> Tensor:
        """The transpose (C, R) @ (R, D) -> (C, D), without autograd: the gradient of `times`."""
        return product(self._backward, dense)


class SparseFeatures:
    """Constant sparse features (N, F) with dropout of entries.

    Args:
        matrix: (N, F).
        device: of the products.
    """

    def __init__(self, matrix: CSR, *, device: torch.device = CPU) -> None:
        self._matrix, self._transposed, self._order = matrix, matrix.transpose(), matrix.transposing()
        self._device = device
        self.whole = SparseMatrix(matrix, self._transposed, device=device)

    def dropout(self, share: float, rng: np.random.Generator) -> SparseMatrix:
        """A random share of the entries dropped and the others scaled up: sums keep their expectation.

        Dropout on the input (Srivastava et al. 2014); dropped entries cost nothing in the product.
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
    """A torch CSR matrix (R, C) @ (C, D) -> (R, D), into uninitialized memory, which torch's `@` fills with zeros first."""
    out = dense.new_empty((matrix.shape[0], dense.shape[1]))
    return torch.addmm(out, matrix, dense, beta=0, out=out)


def _scaled(matrix: CSR, factor: float) -> CSR:
    return CSR(matrix.indptr, matrix.indices, matrix.data * np.float32(factor), matrix.shape)


def csr_tensor(indptr: Tensor, indices: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A torch CSR matrix without checks of its parts; repeated columns within a row are added in a product."""
    with warnings.catch_warnings():
        # torch warns once per process that its CSR layout is in beta; the products used here are covered by tests.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(indptr, indices, values, shape, device=values.device, check_invariants=False)


def _to_torch(matrix: CSR, device: torch.device) -> Tensor:
    """With 32-bit indices: torch's library would convert 64-bit ones at every product."""
    width = np.int32 if len(matrix.data) < 2**31 else np.int64
    parts = (matrix.indptr.astype(width, copy=False), matrix.indices.astype(width, copy=False), matrix.data)
    indptr, indices, data = (torch.from_numpy(part).to(device) for part in parts)
    return csr_tensor(indptr, indices, data, matrix.shape)
