"""Â, the symmetric propagation matrix of graph convolutions, of a graph or of a part of its edges."""

import numpy as np
import numpy.typing as npt
import torch

from models.csr import CSR, Float32, Int64
from models.sparse import CPU, SparseMatrix


class Propagation:
    """Â = D̃^(-1/2) (A + I) D̃^(-1/2), with self-loops of weight 1 (Kipf & Welling 2017, 1609.02907).

    The layout is made once; leaving out edges then takes no sorting.

    Args:
        n_nodes: N.
        edges: int64 (e, 2), each undirected edge once, without self-loops.
        weights: float32 (e,) or None for ones.
        device: where Â is multiplied.
    """

    def __init__(
        self, n_nodes: int, edges: Int64, weights: Float32 | None = None, *, device: torch.device = CPU
    ) -> None:
        self._device = device
        e, loops = len(edges), np.arange(n_nodes)
        rows = np.concatenate([edges[:, 0], edges[:, 1], loops])
        columns = np.concatenate([edges[:, 1], edges[:, 0], loops])
        data = np.concatenate(
            [np.tile(np.ones(e, np.float32) if weights is None else weights, 2), np.ones(n_nodes, np.float32)]
        )
        order = np.argsort(rows * n_nodes + columns)
        indptr = np.zeros(n_nodes + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=n_nodes), out=indptr[1:])
        self._with_loops = CSR(indptr, columns[order], data[order], (n_nodes, n_nodes))
        self._edge = np.concatenate([np.arange(e), np.arange(e), np.full(n_nodes, e)])[order]  # e marks a self-loop
        self.whole = self._symmetric(normalize(self._with_loops))

    def without(self, hidden: npt.NDArray[np.bool_]) -> SparseMatrix:
        """Â of the graph without the edges, bool (e,), that are hidden."""
        keep = ~np.append(hidden, False)[self._edge]
        return self._symmetric(normalize(self._with_loops.select(keep)))

    def _symmetric(self, matrix: CSR) -> SparseMatrix:
        return SparseMatrix(matrix, matrix, device=self._device)


def normalize(with_loops: CSR) -> CSR:
    """D^(-1/2) M D^(-1/2) of a symmetric matrix (N, N) whose diagonal is positive, with D its row sums."""
    rows = with_loops.row_of_entry()
    scale = 1 / np.sqrt(np.bincount(rows, weights=with_loops.data, minlength=with_loops.shape[0]))
    data = with_loops.data * scale[rows] * scale[with_loops.indices]
    return CSR(with_loops.indptr, with_loops.indices, data.astype(np.float32), with_loops.shape)
