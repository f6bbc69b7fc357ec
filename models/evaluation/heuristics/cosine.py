"""Cosine similarity of features: xᵢᵀxⱼ / (‖xᵢ‖ ‖xⱼ‖), 0 where a row is all zeros; a missing cell counts as 0."""

import numpy as np
from scipy.sparse import csr_array

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.heuristics.entries import add_terms
from latentlink.models.evaluation.scorers import PairScorer
from latentlink.models.graph.csr import CSR, common_entries
from latentlink.models.graph.features import blocks
from latentlink.models.inference.scoring import LARGEST, rough_logits

_NUMBERS = 2**20  # of dense rows at once
_DENSE = 2**26  # cells of sparse features, 256 MiB, that are multiplied densely at most, and only
_FILLED = 1 / 16  # where at least this share of them is stored


class FeatureCosine:
    """Cosine similarity of features (N, F).

    Attributes:
        row_cost: nanoseconds of a row of scores.
    """

    def __init__(self, features: Float32 | CSR) -> None:
        self.score_pairs: PairScorer
        if isinstance(features, CSR):
            stored = features.select(np.nan_to_num(features.data) != 0)
            self.score_pairs, self._x = _sparse_cosines(stored), _factor(stored)
        else:
            self.score_pairs, self._x = lambda pairs: _dense_cosines(features, pairs), _finite(features)
        self._inverse = _inverse(_squares(self._x))
        self.row_cost = self._x.nnz if isinstance(self._x, csr_array) else self._x.size / 20

    def score_rows(self, nodes: Int64) -> Float32:
        """As in `Scorer`; products come before the division, so that those of binary features are exact and ties stay ties."""
        cosines = _products(self._x, nodes)
        cosines *= self._inverse
        cosines *= self._inverse[nodes, None]
        return np.asarray(cosines, np.float32)


def _sparse_cosines(x: CSR) -> PairScorer:
    unit, rows, squares = x.data.astype(np.float64), x.row_of_entry(), np.zeros(x.shape[0])
    add_terms(squares, rows, unit * unit)
    unit *= _inverse(squares)[rows]

    def score(pairs: Int64) -> Float64:
        scores = np.zeros(len(pairs))
        for pair, one, other in common_entries(x.indptr, x.indices, pairs):
            add_terms(scores, pair, unit[one] * unit[other])
        return scores

    return score


def _dense_cosines(x: Float32, pairs: Int64) -> Float64:
    cosines, step = np.zeros(len(pairs)), max(1, _NUMBERS // max(x.shape[1], 1))
    for start in range(0, len(pairs), step):
        left, right = (np.nan_to_num(x[ends].astype(np.float64)) for ends in pairs[start : start + step].T)
        products, squares = (left * right).sum(axis=1), (left * left).sum(axis=1) * (right * right).sum(axis=1)
        np.divide(products, np.sqrt(squares), out=cosines[start : start + step], where=squares > 0)
    return cosines


def _squares(x: "Float32 | csr_array") -> Float64:
    """‖xᵢ‖² of each row, float64 (N,)."""
    if isinstance(x, csr_array):
        return np.asarray(x.power(2).sum(axis=1))
    parts = (x[rows].astype(np.float64) for rows in blocks(np.arange(len(x)), x.shape[1]))
    return np.concatenate([(part * part).sum(axis=1) for part in parts])


def _inverse(squares: Float64) -> Float64:
    """1 / ‖xᵢ‖, 0 for a row of zeros."""
    return np.divide(1, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)


def _factor(x: CSR) -> "Float32 | csr_array":
    """The matrix for products, dense where that is faster."""
    cells = x.shape[0] * x.shape[1]
    if _FILLED * cells <= len(x.data) and cells <= _DENSE:
        return _finite(x.to_dense())
    return csr_array((x.data.astype(np.float64), x.indices, x.indptr), shape=x.shape)


def _finite(x: Float32) -> Float32:
    """The features for products in float32: themselves, but for missing cells and numbers whose products would overflow."""
    if x.size == 0 or max(x.max(), -x.min()) <= LARGEST:
        return x
    known = np.nan_to_num(x)
    return known / np.float32(max(1, np.abs(known).max() / LARGEST))


def _products(x: "Float32 | csr_array", nodes: Int64) -> Float32 | Float64:
    """xᵢᵀxⱼ of some rows with all, (q, N)."""
    if isinstance(x, csr_array):
        return np.asarray((x @ x[nodes].toarray(order="F").T).T)
    return rough_logits(x[nodes], x)
