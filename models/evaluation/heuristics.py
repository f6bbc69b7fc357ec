"""Link prediction heuristics: untrained baselines, scored on the same split as the model.

Formulas as in Liben-Nowell & Kleinberg 2007 and Zhou et al. 2009 (0901.0553); Γ(i) are the neighbours of i in the
training graph, kᵢ = |Γ(i)|. Edge weights are not used.
"""

from collections.abc import Callable, Mapping

import numpy as np
from scipy import sparse

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.csr import CSR

Heuristic = Callable[[Int64], Float64]

_BLOCK = 65_536  # pairs at once
_NUMBERS = 2**20  # of dense rows at once


def heuristics(adjacency: CSR, features: Float32 | CSR | None = None) -> Mapping[str, Heuristic]:
    """Scorers of int64 (m, 2) pairs, by name, each returning float64 (m,).

    Args:
        adjacency: symmetric (N, N), training edges only.
        features: (N, F); without them there is no `feature_cosine`.
    """
    links = sparse.csr_array((np.ones(len(adjacency.data)), adjacency.indices, adjacency.indptr), adjacency.shape)
    degrees = np.diff(adjacency.indptr).astype(np.float64)
    # A common neighbour has at least two neighbours, so that its logarithm is never 0; other nodes are not used.
    shared = np.maximum(degrees, 2)
    scorers: dict[str, Heuristic] = {
        "common_neighbors": _weighted_overlap(links, np.ones_like(degrees)),
        "adamic_adar": _weighted_overlap(links, 1 / np.log(shared)),
        "resource_allocation": _weighted_overlap(links, 1 / shared),
        "preferential_attachment": lambda pairs: degrees[pairs[:, 0]] * degrees[pairs[:, 1]],
    }
    if features is not None:
        scorers["feature_cosine"] = cosine(features)
    return scorers


def _weighted_overlap(links: sparse.csr_array, weights: Float64) -> Heuristic:
    """Σ over common neighbours a of w(a)."""
    weighted = links @ sparse.diags_array(weights)
    return lambda pairs: _row_products(links, sparse.csr_array(weighted), pairs)


def cosine(features: Float32 | CSR) -> Heuristic:
    """Cosine similarity xᵢᵀxⱼ / (‖xᵢ‖ ‖xⱼ‖), 0 where a row is all zeros; a missing cell counts as 0."""
    if not isinstance(features, CSR):
        return lambda pairs: _dense_cosines(features, pairs)
    data = np.nan_to_num(features.data.astype(np.float64))
    x = sparse.csr_array((data, features.indices, features.indptr), features.shape)
    norms = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
    unit = sparse.csr_array(sparse.diags_array(np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)) @ x)
    return lambda pairs: _row_products(unit, unit, pairs)


def _dense_cosines(x: Float32, pairs: Int64) -> Float64:
    cosines, step = np.zeros(len(pairs)), max(1, _NUMBERS // max(x.shape[1], 1))
    for start in range(0, len(pairs), step):
        left, right = (np.nan_to_num(x[ends].astype(np.float64)) for ends in pairs[start : start + step].T)
        products, squares = (left * right).sum(axis=1), (left * left).sum(axis=1) * (right * right).sum(axis=1)
        np.divide(products, np.sqrt(squares), out=cosines[start : start + step], where=squares > 0)
    return cosines


def _row_products(left: sparse.csr_array, right: sparse.csr_array, pairs: Int64) -> Float64:
    """Σ_c left[i, c] · right[j, c] for each pair (i, j), in blocks, because each pair of a hub copies the hub's row."""
    scores = np.empty(len(pairs))
    for start in range(0, len(pairs), _BLOCK):
        sources, targets = pairs[start : start + _BLOCK].T
        scores[start : start + _BLOCK] = left[sources].multiply(right[targets]).sum(axis=1)
    return scores
