"""Rough float32 scores of many nodes, and where among them the k largest by exact logits are for certain.

The rough k-th largest, less twice the error of a float32 sum, is a lower bound: what is below it can't be among the exact top k.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Bool, Float32, Int64
from latentlink.models.inference.link_decoder import SharedTerms

GROUP = 64  # scores of which only the largest is compared first


class Scan(NamedTuple):
    """Scores of q vectors, and where their best are.

    Attributes:
        scores: float32 (n, q), −∞ where there is no answer.
        maxima: float32 (n // `GROUP`, q), of groups of scores.
        least: float32 (q,), the score that is needed to be among the k largest by exact logits: the k-th less twice the error.
    """

    scores: Float32
    maxima: Float32
    least: Float32

    def groups(self) -> tuple[Int64, Int64]:
        """Which groups, in which columns, have such a score: int64 (g,) each."""
        groups, columns = np.nonzero(~(self.maxima < self.least))
        return groups, columns


def complete(
    scores: Float32, pool: Int64 | None, shared: SharedTerms | None, barred: Int64, allowed: Bool | None
) -> None:
    """Add what shared links add to inner products, and set those of nodes that are no answers to −∞.

    Args:
        scores: float32 (n,), of the rows of a pool of allowed nodes, int64 (n,), rising, or of all rows.
        pool: those rows, or None for all.
        shared: what shared links add; None without such a part.
        barred: int64, rows in any order that are no answers.
        allowed: bool (N,), whether each row may be an answer, or None for all.
    """
    if pool is not None:
        if shared is not None:
            scores += shared.at(pool).astype(np.float32)
        scores[positions(pool, barred)] = -np.inf
        return
    if shared is not None:
        scores[shared.rows] += shared.terms.astype(np.float32)
    scores[barred] = -np.inf
    if allowed is not None:
        np.copyto(scores, -np.inf, where=~allowed)


def scan_of(scores: Float32, ks: Sequence[int], errors: Float32) -> Scan:
    """Scores (n, q), −∞ where there is no answer, with the least that is needed to be among the k largest of each column.

    `errors`, float32 (q,), bounds how far a score of each column is from the exact logit.
    """
    maxima = _maxima(scores)
    # Among few groups the k-th maximum is low, and too much is above it.
    least = _kth(maxima if 2 * max(ks) <= len(maxima) else scores, ks)
    least -= 2 * errors
    return Scan(scores, maxima, least)


def _maxima(scores: Float32) -> Float32:
    """The largest of each group of `GROUP` scores of a column, groups apart, (n // `GROUP`, q); the last are in none."""
    groups = len(scores) // GROUP
    largest: Float32 = scores[: groups * GROUP].reshape(GROUP, groups, scores.shape[1]).max(axis=0)
    return largest


def likely_places(scan: Scan, groups: Int64, columns: Int64) -> tuple[Int64, Int64]:
    """Rows and columns, int64 (m,) each, of the scores that reach the least of their column.

    Looked at are some groups, a column of each, and what is in no group.
    """
    scores, count = scan.scores, len(scan.maxima)
    rows = groups + count * np.arange(GROUP)[:, None]
    left = np.indices(scores[count * GROUP :].shape)
    rows, columns = np.append(rows, count * GROUP + left[0]), np.append(np.broadcast_to(columns, rows.shape), left[1])
    found = scores[rows, columns]
    likely = ~(found < scan.least[columns]) & (found > -np.inf)
    return rows[likely], columns[likely]


def _kth(scores: Float32, ks: Sequence[int]) -> Float32:
    """float32 (q,): the k-th largest of each column of (n, q), −∞ where there are fewer."""
    places = len(scores) - np.array(ks)
    if (places < 0).all():
        return np.full(len(ks), -np.inf, np.float32)
    at = np.maximum(places, 0)
    kth: Float32 = np.partition(scores, np.unique(at), axis=0)[at, np.arange(len(ks))]
    kth[places < 0] = -np.inf
    return kth


def positions(pool: Int64, rows: Int64) -> Int64:
    """Where those of `rows` that stand in `pool` (int64, rising) stand in it."""
    at = np.searchsorted(pool, rows)
    inside = at < len(pool)
    at, rows = at[inside], rows[inside]
    return np.asarray(at[pool[at] == rows])
