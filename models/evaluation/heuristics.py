"""Link prediction heuristics: untrained baselines, scored on the same split as the model.

Formulas as in Liben-Nowell & Kleinberg 2007 and Zhou et al. 2009 (0901.0553); Γ(i) are the neighbours of i in the
training graph, kᵢ = |Γ(i)|. Edge weights are not used.
"""

from collections.abc import Callable, Mapping

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.graph.csr import CSR, common_entries

Heuristic = Callable[[Int64], Float64]

_NUMBERS = 2**20  # of dense rows at once


def heuristics(adjacency: CSR, features: Float32 | CSR | None = None) -> Callable[[Int64], dict[str, Float64]]:
    """A scorer of int64 (m, 2) pairs that returns the scores of each heuristic, float64 (m,), by its name.

    Args:
        adjacency: symmetric (N, N), training edges only.
        features: (N, F); without them there is no `feature_cosine`.
    """
    degrees = np.diff(adjacency.indptr).astype(np.float64)
    # A common neighbour has at least two neighbours, so that its logarithm is never 0; other nodes are not used.
    shared = np.maximum(degrees, 2)
    weights = {
        "common_neighbors": np.ones_like(degrees),
        "adamic_adar": 1 / np.log(shared),
        "resource_allocation": 1 / shared,
    }
    alike = {} if features is None else {"feature_cosine": cosine(features)}
    return lambda pairs: {
        **_weighted_overlaps(adjacency, weights, pairs),
        "preferential_attachment": degrees[pairs[:, 0]] * degrees[pairs[:, 1]],
        **{name: score(pairs) for name, score in alike.items()},
    }


def _weighted_overlaps(adjacency: CSR, weights: Mapping[str, Float64], pairs: Int64) -> dict[str, Float64]:
    """Σ over common neighbours a of w(a), for each kind of weights, float64 (N,)."""
    scores = {name: np.zeros(len(pairs)) for name in weights}
    for pair, one, _ in common_entries(adjacency.indptr, adjacency.indices, pairs):
        # From the last neighbour to the first: in this order the sums have the bits of all published metrics.
        common = adjacency.indices[one[::-1]]
        for name, weight in weights.items():
            _add(scores[name], pair[::-1], weight[common])
    return scores


def cosine(features: Float32 | CSR) -> Heuristic:
    """Cosine similarity xᵢᵀxⱼ / (‖xᵢ‖ ‖xⱼ‖), 0 where a row is all zeros; a missing cell counts as 0."""
    if not isinstance(features, CSR):
        return lambda pairs: _dense_cosines(features, pairs)
    x = features.select(np.nan_to_num(features.data) != 0)
    unit, rows = x.data.astype(np.float64), x.row_of_entry()
    squares = np.zeros(x.shape[0])
    _add(squares, rows, unit * unit)
    unit *= np.divide(1, np.sqrt(squares), out=squares, where=squares > 0)[rows]

    def score(pairs: Int64) -> Float64:
        scores = np.zeros(len(pairs))
        for pair, one, other in common_entries(x.indptr, x.indices, pairs):
            _add(scores, pair, unit[one] * unit[other])
        return scores

    return score


def _dense_cosines(x: Float32, pairs: Int64) -> Float64:
    cosines, step = np.zeros(len(pairs)), max(1, _NUMBERS // max(x.shape[1], 1))
    for start in range(0, len(pairs), step):
        left, right = (np.nan_to_num(x[ends].astype(np.float64)) for ends in pairs[start : start + step].T)
        products, squares = (left * right).sum(axis=1), (left * left).sum(axis=1) * (right * right).sum(axis=1)
        np.divide(products, np.sqrt(squares), out=cosines[start : start + step], where=squares > 0)
    return cosines


def _add(scores: Float64, pair: Int64, terms: Float64) -> None:
    """Set the score of each pair that occurs to the sum of its terms, float64 (c,), which stand together."""
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    if len(first):
        scores[pair[first]] = np.add.reduceat(terms, first)
