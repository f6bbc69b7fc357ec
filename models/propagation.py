"""Â, the symmetric propagation matrix of graph convolutions, of a graph or of a part of its edges."""

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse

from models.csr import CSR, Float32, Int32, Int64
from models.sparse import CPU, SparseMatrix


class Propagation:
    """Â = D̃^(-1/2) (A + I) D̃^(-1/2), with self-loops of weight 1 (Kipf & Welling 2017, 1609.02907).

    The layout is made once; leaving out edges then takes no sorting.

    Args:
        n_nodes: N.
        edges: int64 (e, 2), each undirected edge once, without self-loops; fewer than 2³⁰ with the nodes.
        weights: float32 (e,) or None for ones.
        device: where Â is multiplied.
    """

    def __init__(
        self, n_nodes: int, edges: Int64, weights: Float32 | None = None, *, device: torch.device = CPU
    ) -> None:
        self.n_nodes = n_nodes
        self._device, e, loops = device, len(edges), np.arange(n_nodes, dtype=np.int32)
        (source, target), number = edges.T.astype(np.int32), np.arange(e, dtype=np.int32)
        entries = (
            np.concatenate([number, number, np.full(n_nodes, e, np.int32)]),  # e marks a self-loop
            (np.concatenate([source, target, loops]), np.concatenate([target, source, loops])),
        )
        layout = sparse.coo_array(entries, (n_nodes, n_nodes)).tocsr()
        layout.sort_indices()
        self._indptr, self._indices, self._edge = layout.indptr, layout.indices, layout.data
        self._weights = None if weights is None else np.append(weights, np.float32(1))
        self.whole = self._normalized(self._indptr, self._indices, self._edge)

    def without(self, hidden: npt.NDArray[np.bool_]) -> SparseMatrix:
        """Â of the graph without the edges, bool (e,), that are hidden."""
        keep = np.append(~hidden, True)[self._edge]
        before = np.concatenate([[0], np.cumsum(keep, dtype=np.int32)])  # kept entries before each
        return self._normalized(before[self._indptr], self._indices[keep], self._edge[keep])

    def _normalized(self, indptr: Int32, indices: Int32, edge: Int32) -> SparseMatrix:
        """D^(-1/2) M D^(-1/2) with D the row sums of M; no row is empty, since each has its self-loop."""
        counts = np.diff(indptr)
        data = None if self._weights is None else self._weights[edge]
        sums = counts if data is None else np.add.reduceat(data, indptr[:-1], dtype=np.float64)
        scale = (1 / np.sqrt(sums)).astype(np.float32)
        values = np.repeat(scale, counts)
        values *= scale[indices]
        if data is not None:
            values *= data
        matrix = CSR(indptr, indices, values, (len(counts), len(counts)))
        return SparseMatrix(matrix, matrix, device=self._device)
