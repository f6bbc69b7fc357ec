"""Spectral columns: eigenvectors of a normalized adjacency matrix, for the eigenvalues of largest size, of either sign.

L = (D + τI)^(-1/2) (A + λI) (D + τI)^(-1/2) with λ the weight of self-loops, which D counts. τ = 0 with self-loops is the Â of
graph convolutions; τ = the mean degree keeps small parts of the graph from having eigenvectors of their own (regularized spectral
clustering: Amini et al. 2013, 1207.2340). Eigenvalues below 0 tell of links that go across, as between two types.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.eigenvectors import (
    FINE,
    Product,
    leading_eigenvectors,
    normalized_adjacency,
    search_work,
)
from latentlink.models.graph.graph import Graph, adjacency

RANK = 128  # columns, at most
_WORK = 2**35  # multiply-adds of their search: half a minute on one core
_SMALLEST = 1e-3  # eigenvalue: a new node's columns are divided by it


class Kind(Enum):
    """How the adjacency matrix is normalized: the weight of self-loops, and τ in mean degrees."""

    NORMALIZED = (1.0, 0.0)
    REGULARIZED = (0.0, 1.0)
    LIGHTLY_REGULARIZED = (0.0, 0.3)

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


def kinds_for(*, bipartite: bool) -> tuple[Kind, Kind]:
    """The kinds to choose from: self-loops are no use where nodes of one side are never linked."""
    return (Kind.REGULARIZED, Kind.LIGHTLY_REGULARIZED) if bipartite else (Kind.NORMALIZED, Kind.REGULARIZED)


def rank_of(graph: Graph) -> int:
    """How many columns a graph has at most, by all its edges.

    All eigenvectors together are the graph itself: of a bipartite one, as that of roles is, at most half of them are used.
    """
    linked = np.bincount(graph.edges.ravel(), minlength=graph.n_nodes) > 0
    columns = columns_of(int(np.count_nonzero(linked)), 2 * graph.n_edges)
    if graph.types is None or (sides := graph.types.sides) is None:
        return columns
    return min(columns, int(np.bincount(sides[linked], minlength=2).min()) // 2)


def columns_of(linked: int, entries: int) -> int:
    """How many columns a graph has, by its linked nodes and the entries of its adjacency matrix: `RANK`, or fewer, or none.

    Large graphs have fewer, so that their search needs bounded time, and none where these would be too few to say much.
    """
    ranks = (RANK >> halved for halved in range(4))
    affordable = (rank for rank in ranks if search_work(linked, entries, rank, FINE) <= _WORK)
    return min(next(affordable, 0), linked // 2)


def spectrum(n: int, edges: Int64, kind: Kind, rank: int, *, bipartite: bool = False) -> Spectrum | None:
    """The spectrum of the graph of undirected edges, int64 (e, 2), with at most `rank` columns; None where there are no two.

    A node without links has zeros: with its self-loop it would be a component by itself. In a bipartite graph the columns are of
    eigenvalues above 0: those below mirror them, with the same numbers but for the sign of one group.
    """
    csr = adjacency(n, edges)
    degrees = np.diff(csr.indptr)
    linked = np.flatnonzero(degrees)
    if (rank := min(rank, len(linked) // 2)) < 2:
        return None
    shift = kind.shift(degrees)
    matrix, scale = normalized_adjacency(csr, linked, kind.loops, shift)
    product = _without_components(matrix, scale) if shift == 0 else lambda x: matrix @ x
    values, found = leading_eigenvectors(product, len(linked), rank, FINE, by_size=not bipartite)
    sound = (values if bipartite else np.abs(values)) > _SMALLEST
    vectors = np.zeros((n, int(sound.sum())), np.float32)
    vectors[linked] = np.sqrt(n) * found[:, sound]
    return Spectrum(kind, shift, values[sound], vectors) if sound.any() else None


def _without_components(matrix: sparse.csr_array, scale: Float64) -> Product:
    """Products with the matrix, less those with the eigenvectors D^(1/2) 1 of each component, whose eigenvalues are 1.

    There can be more components than columns, and which of them a node is in, its links tell.
    """
    n, labels = connected_components(matrix, directed=False)
    length = 1 / scale
    members = sparse.csr_array(
        (length / np.sqrt(np.bincount(labels, length**2))[labels], (np.arange(len(labels)), labels)), (len(labels), n)
    )
    return lambda x: np.asarray(matrix @ x - members @ (members.T @ x))
