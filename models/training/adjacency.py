"""Â, the symmetric propagation matrix of graph convolutions, for a graph or for some of its edges."""

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse

from latentlink.models.arrays import Float32, Int32, Int64, Ints
from latentlink.models.graph.csr import CSR
from latentlink.models.nn.sparse import CPU, SparseMatrix


class Propagation:
    """Â = D̃^(-1/2) (A + I) D̃^(-1/2), with self-loops of weight 1 (Kipf & Welling 2017, 1609.02907).

    The layout is sorted once; removing edges then needs no sorting.

    Args:
        n_nodes: N.
        edges: int64 (e, 2), each undirected edge once, without self-loops; fewer than 2³⁰ with the nodes.
        weights: float32 (e,) or None for ones.
        device: of the products with Â.

    Attributes:
        layout: Â on the host, with sorted columns in each row.
        edge: int32 (2e + N,), the edge of each entry of the layout; e for a self-loop.
        edges: as given.
        weights: float32 (e + 1,), the last one the 1 of self-loops, or None.
        degrees: (N,), the row sums of A + I.
    """

    def __init__(
        self, n_nodes: int, edges: Int64, weights: Float32 | None = None, *, device: torch.device = CPU
    ) -> None:
        self.n_nodes, self.edges, self.device = n_nodes, edges, device
        e, loops = self.n_edges, np.arange(n_nodes, dtype=np.int32)
        (source, target), number = edges.T.astype(np.int32), np.arange(e, dtype=np.int32)
        entries = (
            np.concatenate([number, number, np.full(n_nodes, e, np.int32)]),  # e marks a self-loop
            (np.concatenate([source, target, loops]), np.concatenate([target, source, loops])),
        )
        layout = sparse.coo_array(entries, (n_nodes, n_nodes)).tocsr()
        layout.sort_indices()
        self.edge = layout.data
        self.weights = None if weights is None else np.append(weights, np.float32(1))
        self.degrees = self._degrees(layout.indptr, self.edge)
        self.layout = self._normalized(layout.indptr, layout.indices, self.edge, self.degrees)

    @property
    def n_edges(self) -> int:
        """e."""
        return len(self.edges)

    @cached_property
    def whole(self) -> SparseMatrix:
        """Â."""
        return SparseMatrix(self.layout, self.layout, device=self.device)

    def without(self, hidden: npt.NDArray[np.bool_]) -> SparseMatrix:
        """Â of the graph without the edges that are True in `hidden`, bool (e,)."""
        keep = np.append(~hidden, True)[self.edge]
        before = np.concatenate([[0], np.cumsum(keep, dtype=np.int32)])  # kept entries before each
        indptr, edge = before[self.layout.indptr], self.edge[keep]
        matrix = self._normalized(indptr, self.layout.indices[keep], edge, self._degrees(indptr, edge))
        return SparseMatrix(matrix, matrix, device=self.device)

    def _degrees(self, indptr: Ints, edge: Int32) -> npt.NDArray[Any]:
        """Row sums; each row has its self-loop, so that none is empty."""
        if self.weights is None:
            return np.diff(indptr)
        return np.add.reduceat(self.weights[edge], indptr[:-1], dtype=np.float64)

    def _normalized(self, indptr: Ints, indices: Ints, edge: Int32, degrees: npt.NDArray[Any]) -> CSR:
        """D^(-1/2) M D^(-1/2) with D the row sums of M."""
        scale = (1 / np.sqrt(degrees)).astype(np.float32)
        values = np.repeat(scale, np.diff(indptr))
        values *= scale[indices]
        if self.weights is not None:
            values *= self.weights[edge]
        return CSR(indptr, indices, values, (self.n_nodes, self.n_nodes))
