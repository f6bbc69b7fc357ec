"""Spectral embedding: leading eigenvectors u of Â with eigenvalues λ, scored by Σ λ⁴ uᵢ uⱼ (Kunegis & Lommatzsch 2009).

Â = D̃^(-1/2) (A + I) D̃^(-1/2) is the propagation matrix of `latentlink.models.training.adjacency`; Â⁴ counts weighted walks of
four steps, and its leading part leaves out the noise of single links. An untrained relative of the encoders.
"""

import numpy as np
from scipy.sparse import csr_array, eye_array

from latentlink.models.arrays import Float32, Float64
from latentlink.models.evaluation.heuristics.entries import ones
from latentlink.models.graph.csr import CSR

NAME = "spectral"
RANK = 128
_SPARE = 16  # vectors beside these, with which they converge
_ROUNDS, _DEGREE = 3, 12  # residuals |Âu − λu| fall below 10⁻²
_MOST = 2**31  # multiply-adds: a few seconds


def too_large(adjacency: CSR) -> str | None:
    """Why no eigenvectors of a graph are computed, or None if they are."""
    n, links = adjacency.shape[0], len(adjacency.indices) // 2
    width = RANK + _SPARE
    if width * (width * n + _ROUNDS * _DEGREE * (2 * links + n)) <= _MOST:
        return None
    return f"{n:,} nodes and {links:,} links are too many for {RANK} eigenvectors"


def spectral_embedding(adjacency: CSR) -> Float32:
    """z with zᵢᵀzⱼ = Σ λ⁴ uᵢ uⱼ over the `RANK` largest eigenvalues, float32 (N, ≤ RANK); 0 for a node without links.

    An isolated node would be an eigenvector of eigenvalue 1 by itself.
    """
    linked = np.flatnonzero(np.diff(adjacency.indptr))
    matrix = ones(adjacency)[linked][:, linked] + eye_array(len(linked))
    scale = 1 / np.sqrt(matrix.sum(axis=1))
    values, vectors = leading_eigenvectors(csr_array(matrix * scale * scale[:, None]), min(RANK, len(linked)))
    z = np.zeros((adjacency.shape[0], len(values)), np.float32)
    z[linked] = vectors * values**2
    return z


def leading_eigenvectors(matrix: csr_array, rank: int) -> tuple[Float64, Float64]:
    """The largest eigenvalues (rank,) and their eigenvectors (n, rank) of a symmetric matrix with eigenvalues in [-1, 1].

    Subspace iteration with a Chebyshev filter (Zhou et al. 2006): the polynomial is bounded by 1 on eigenvalues that are not
    wanted and grows fast above. On sparse graphs many eigenvalues are close to 1 or equal; there a Lanczos method (`eigsh`)
    takes several times as long and misses copies of equal ones. Equal arguments have equal results.
    """
    start = np.random.default_rng(0).standard_normal((matrix.shape[0], min(rank + _SPARE, matrix.shape[0])))
    values, vectors = _ritz(matrix, start)
    if len(values) < matrix.shape[0]:
        below = 0.0
        for _ in range(_ROUNDS):
            values, vectors = _ritz(matrix, _filtered(matrix, vectors, below))
            below = values[0]
    return values[-rank:], vectors[:, -rank:]


def _ritz(matrix: csr_array, columns: Float64) -> tuple[Float64, Float64]:
    """The best eigenvalues, rising, and eigenvectors within the span of some columns (Rayleigh–Ritz)."""
    basis = np.linalg.qr(columns)[0]
    values, rotation = np.linalg.eigh(basis.T @ (matrix @ basis))
    return values, basis @ rotation


def _filtered(matrix: csr_array, x: Float64, below: float) -> Float64:
    """The Chebyshev polynomial T of the matrix, with [-1, below] mapped to [-1, 1], times x: Tₖ₊₁ = 2 t Tₖ − Tₖ₋₁."""
    center, half = (below - 1) / 2, (below + 1) / 2
    doubled = csr_array((matrix - center * eye_array(len(x))) * (2 / half))
    last, now = x, doubled @ x / 2
    for _ in range(_DEGREE - 1):
        last, now = now, doubled @ now - last
    return np.asarray(now)
