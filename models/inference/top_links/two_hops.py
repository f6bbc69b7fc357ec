"""The pairs that shared links lift: those of nodes two links apart, whose logits no bound of vectors covers."""

from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.graph.csr import runs
from latentlink.models.inference.link_decoder import SharedLinks
from latentlink.models.inference.top_links.sides import Bounds

_PATHS = 2**21  # paths of two links that are held at once
_SPARSE = 8  # numbers of a table for each path, at most


class TwoHops:
    """Pairs of nodes two links apart, each once, those first whose logits may be the highest.

    A pair is listed with the end that has the higher bound, so that whoever stops at a bound misses no pair above it.

    Args:
        shared: the part of shared links.
        bounds: of all N nodes, in order of rows.
        error: how far a rough logit may be off, as a share of the lengths of both vectors.
    """

    def __init__(self, shared: SharedLinks, bounds: Bounds, error: float) -> None:
        highest, most = Highest.of(bounds), _most_shared(shared)
        reach = bounds.lengths * highest.length + bounds.heights + highest.height + most
        self._order = np.argsort(-reach, kind="stable")
        self._reach, self._bounds, self._error = reach[self._order], bounds.at(self._order), error
        self._slack = error * highest.whole**2
        self._weights = shared.weight(shared.degrees(self._order))
        self._links = _in_order(shared, self._order)
        self._runs = list(runs(shared.links_around()[self._order] + 1, _PATHS))

    def __len__(self) -> int:
        return len(self._runs)

    def reach(self, at: int) -> float:
        """No pair of a run or of a later one has a higher logit."""
        return float(self._reach[self._runs[at].start])

    def pairs(self, at: int, threshold: float) -> "Lifted":
        """The pairs of a run whose logits may reach the threshold, by falling bound."""
        horizon = int(np.searchsorted(-self._reach, self._slack - threshold, side="right"))
        sources, others, between = self._paths(slice(self._runs[at].start, min(self._runs[at].stop, horizon)), horizon)
        pairs, terms = _summed(sources * horizon + others, self._weights[between])
        sources, others = np.divmod(pairs, horizon)
        one, other = self._bounds.at(sources), self._bounds.at(others)
        errors = self._error * (one.whole * other.whole + terms)
        bounds = one.lengths * other.lengths + one.heights + other.heights + terms + errors
        kept = np.flatnonzero(bounds >= threshold)
        kept = kept[np.argsort(-bounds[kept])]
        return Lifted(self._order[sources[kept]], self._order[others[kept]], terms[kept], bounds[kept], errors[kept])

    def _paths(self, sources: slice, horizon: int) -> tuple[Int64, Int64, Int64]:
        """The paths of two links from places to later ones before `horizon`: the place of each end and between, int64 (m,)."""
        n = len(self._order)
        first, between = np.divmod(
            self._links[slice(*np.searchsorted(self._links, [sources.start * n, sources.stop * n]))], n
        )
        starts, ends = np.searchsorted(self._links, between * n + [first + 1, np.full(len(first), horizon)])
        sizes = np.maximum(ends - starts, 0)
        path = np.repeat(np.arange(len(sizes)), sizes)
        links = self._links[np.arange(len(path)) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)]
        return first[path], links - between[path] * n, between[path]


def _in_order(shared: SharedLinks, order: Int64) -> Int64:
    """The links of nodes in an order, ascending: the place of one end, times N, and the place of the other, int64 (2E,)."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return np.sort(np.repeat(place, np.diff(shared.indptr)) * len(order) + place[shared.indices])


def _summed(keys: Int64, terms: Float64) -> tuple[Int64, Float64]:
    """Different keys, ascending, and the sum of the terms (m,) of each; by a table of all numbers where keys fill much of it."""
    if not len(keys):
        return keys, terms
    first, size = int(keys.min()), int(np.ptp(keys)) + 1
    if size > _SPARSE * len(keys):
        different, place = np.unique(keys, return_inverse=True)
        return different, np.bincount(place, terms).astype(np.float64)
    sums = np.bincount(keys - first, terms, size).astype(np.float64)
    places = np.flatnonzero(sums > 0)
    return places + first, sums[places]


def _most_shared(shared: SharedLinks) -> Float64:
    """What shared links add to a pair with each node at most: all of its links are shared. float64 (N,)."""
    degrees = np.diff(shared.indptr)
    weights = shared.weight(shared.degrees(shared.indices.astype(np.int64)))
    rows = np.repeat(np.arange(len(degrees)), degrees)
    sums = np.bincount(rows, weights, len(degrees))
    return np.asarray(sums * (1 + 2.0**-40), np.float64)  # sums in another order


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
    """Pairs (m,) that share links.

    Attributes:
        sources: int64.
        targets: int64, the other ends.
        terms: float64, what shared links add to each logit, rounded as sums are.
        bounds: float64, what each logit is at most, and its rough one, too.
        errors: float64, how far rough logits may be off.
    """

    sources: Int64
    targets: Int64
    terms: Float64
    bounds: Float64
    errors: Float64
