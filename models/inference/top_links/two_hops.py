"""The pairs that shared links lift: those of nodes two links apart, whose logits no bound of vectors covers."""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Bool, Float64, Int64
from latentlink.models.graph.csr import entries_of, runs
from latentlink.models.inference.link_decoder import SharedLinks
from latentlink.models.inference.top_links.sides import Bounds

_PATHS = 2**21  # paths of two links that are held at once


class TwoHops:
    """Pairs of nodes two links apart, each once, those first whose logits may be the highest.

    A pair is listed with the end that has the higher bound, so that whoever stops at a bound misses no pair above it.

    Args:
        shared: the part of shared links.
        bounds: of all N nodes, in order of rows.
        error: how far a rough logit may be off, as a share of the lengths of both vectors.
    """

    def __init__(self, shared: SharedLinks, bounds: Bounds, error: float) -> None:
        self._shared, self._bounds, self._error = shared, bounds, error
        self._most = self._most_shared()
        self._lengths = Highest.of(bounds)
        reach = bounds.lengths * self._lengths.length + bounds.heights + self._lengths.height + self._most
        self._order = np.argsort(-reach, kind="stable")
        self._reach = reach[self._order]
        self._place = np.empty_like(self._order)
        self._place[self._order] = np.arange(len(reach))
        self._runs = list(runs(shared.links_around()[self._order] + 1, _PATHS))

    def __len__(self) -> int:
        return len(self._runs)

    def reach(self, at: int) -> float:
        """No pair of a run or of a later one has a higher logit."""
        return float(self._reach[self._runs[at].start])

    def pairs(self, at: int, threshold: float) -> "Lifted":
        """The pairs of a run whose logits may reach the threshold."""
        rows = self._order[self._runs[at]]
        rows = rows[self._reach[self._runs[at]] >= threshold - self._slack]
        indptr, indices, n = self._shared.indptr, self._shared.indices, len(self._place)
        place, entries = entries_of(indptr, rows)
        between = indices[entries].astype(np.int64)
        path, ends = entries_of(indptr, between)
        first, other = place[path], indices[ends].astype(np.int64)
        later = np.flatnonzero(self._place[other] > self._place[rows[first]])
        path, first, other = path[later], first[later], other[later]
        most = np.minimum(self._most[rows[first]], self._most[other])
        likely = np.flatnonzero(self._above(rows[first], other, most, threshold))
        path, first, other = path[likely], first[likely], other[likely]
        keys, at_pair = np.unique(first * n + other, return_inverse=True)
        terms: Float64 = np.bincount(
            at_pair, self._shared.weight(self._shared.degrees(between[path])), len(keys)
        ).astype(np.float64)
        source, target = rows[keys // n], keys % n
        kept = self._above(source, target, terms, threshold)
        return Lifted(source[kept], target[kept], terms[kept])

    @property
    def _slack(self) -> float:
        return self._error * self._lengths.whole**2

    def _above(self, sources: Int64, targets: Int64, terms: Float64, threshold: float) -> Bool:
        """Whether the bound of each pair (m,), with these terms of shared links, reaches the threshold, bool (m,)."""
        one, other = self._bounds.at(sources), self._bounds.at(targets)
        bound = one.lengths * other.lengths + one.heights + other.heights + terms
        return np.asarray(bound >= threshold - self._error * one.whole * other.whole)

    def _most_shared(self) -> Float64:
        """What shared links add to a pair with each node at most: all of its links are shared. float64 (N,)."""
        degrees = np.diff(self._shared.indptr)
        weights = self._shared.weight(self._shared.degrees(self._shared.indices.astype(np.int64)))
        rows = np.repeat(np.arange(len(degrees)), degrees)
        return np.asarray(
            np.bincount(rows, weights, len(degrees)) * (1 + 2.0**-40), np.float64
        )  # sums in another order


class Highest(NamedTuple):
    """The largest length, bias and whole length of all nodes."""

    length: float
    height: float
    whole: float

    @classmethod
    def of(cls, bounds: Bounds) -> "Highest":
        """Of some bounds."""
        return cls(*(float(part.max(initial=0.0)) for part in bounds))


class Lifted(NamedTuple):
    """Pairs (m,) that share links: both ends, int64, and what these add to the logit, float64, rounded as sums are."""

    sources: Int64
    targets: Int64
    terms: Float64
