"""Spectral columns: eigenvectors of a normalized adjacency matrix, for the eigenvalues of largest size, of either sign.

L = (D + τI)^(-1/2) (A + λI) (D + τI)^(-1/2) with λ the weight of self-loops, which D counts. τ = 0 with self-loops is the Â of
graph convolutions; τ = the mean degree keeps small parts of the graph from having eigenvectors of their own (regularized spectral
clustering: Amini et al. 2013, 1207.2340). Eigenvalues below 0 tell of links that go across, as between two types.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.graph import adjacency

RANK = 128  # eigenvectors, at most
_CELLS = 2**24  # of the eigenvectors; their search takes twice as many numbers again
_TOLERANCE = 1e-4
_SMALLEST = 1e-3  # eigenvalue: a new node's columns are divided by it


class Kind(Enum):
    """How the adjacency matrix is normalized: the weight of self-loops, and τ in mean degrees."""

    NORMALIZED = (1.0, 0.0)
    REGULARIZED = (0.0, 1.0)

    @property
    def loops(self) -> float:
        """The weight of self-loops."""
        return self.value[0]

    def shift(self, degrees: Int64) -> float:
        """τ, by the degrees of all nodes."""
        return self.value[1] * float(degrees.mean())


@dataclass(frozen=True)
class Spectrum:
    """Eigenvectors, the columns of a part of the vectors.

    Attributes:
        kind: of the matrix.
        shift: τ.
        values: float64 (r,), the eigenvalues.
        vectors: float32 (N, r), √N times the eigenvectors of length 1.
    """

    kind: Kind
    shift: float
    values: Float64
    vectors: Float32


def spectrum(n: int, edges: Int64, kind: Kind, rank: int = RANK) -> Spectrum | None:
    """The spectrum of the graph of undirected edges, int64 (e, 2), or None for a graph of fewer than four nodes.

    `rank` bounds the number of columns; large graphs have fewer, so that the search needs bounded memory beside them.
    """
    rank = min(rank, n // 2, max(1, _CELLS // n))
    if rank < 2 or len(edges) == 0:
        return None
    csr = adjacency(n, edges)
    degrees = np.diff(csr.indptr)
    shift = kind.shift(degrees)
    # A node without links has a row of zeros or its self-loop alone.
    scale = sparse.diags_array(1 / np.sqrt(np.maximum(degrees + kind.loops + shift, 1e-9)))
    links = sparse.csr_array((csr.data.astype(np.float64), csr.indices, csr.indptr), csr.shape)
    links.data[:] = 1
    matrix = (scale @ (links + kind.loops * sparse.eye_array(n)) @ scale).tocsr()
    values, vectors = _largest(matrix, rank)
    values, vectors = values[sound := np.abs(values) > _SMALLEST], vectors[:, sound]
    if len(values) == 0:
        return None
    return Spectrum(kind, shift, values, (np.sqrt(n) * vectors).astype(np.float32))


def _largest(matrix: sparse.csr_array, rank: int) -> tuple[Float64, Float64]:
    """The eigenvalues of largest size, and their eigenvectors (N, r); those that were found, where not all were."""
    start = np.random.default_rng(0).standard_normal(matrix.shape[0])  # the same for every graph of this size
    try:
        values, vectors = eigsh(matrix, rank, which="LM", v0=start, tol=_TOLERANCE)
    except ArpackNoConvergence as found:
        values, vectors = found.eigenvalues, found.eigenvectors
    return np.asarray(values, np.float64), np.asarray(vectors, np.float64)
