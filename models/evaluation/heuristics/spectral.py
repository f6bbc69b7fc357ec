"""Spectral embedding: leading eigenvectors u of Â with eigenvalues λ, scored by Σ λ⁴ uᵢ uⱼ (Kunegis & Lommatzsch 2009).

Â = D̃^(-1/2) (A + I) D̃^(-1/2) is the propagation matrix of `latentlink.models.training.adjacency`; Â⁴ counts weighted walks of
four steps, and its leading part leaves out the noise of single links. An untrained relative of the encoders.
"""

import numpy as np

from latentlink.models.arrays import Float32
from latentlink.models.evaluation.eigenvectors import ROUGH, leading_eigenvectors, normalized_adjacency, search_work
from latentlink.models.graph.csr import CSR

NAME = "spectral"
RANK = 128
_MOST = 2**31  # multiply-adds: a few seconds


def too_large(adjacency: CSR) -> str | None:
    """Why no eigenvectors of a graph are computed, or None if they are."""
    n, links = adjacency.shape[0], len(adjacency.indices) // 2
    if search_work(n, 2 * links + n, RANK, ROUGH) <= _MOST:
        return None
    return f"{n:,} nodes and {links:,} links are too many for {RANK} eigenvectors"


def spectral_embedding(adjacency: CSR) -> Float32:
    """z with zᵢᵀzⱼ = Σ λ⁴ uᵢ uⱼ over the `RANK` largest eigenvalues, float32 (N, ≤ RANK); 0 for a node without links.

    An isolated node would be an eigenvector of eigenvalue 1 by itself.
    """
    linked = np.flatnonzero(np.diff(adjacency.indptr))
    normalized, _ = normalized_adjacency(adjacency, linked)
    rank = min(RANK, len(linked))
    values, vectors = leading_eigenvectors(lambda x: normalized @ x, len(linked), rank, ROUGH)
    z = np.zeros((adjacency.shape[0], len(values)), np.float32)
    z[linked] = vectors * values**2
    return z
