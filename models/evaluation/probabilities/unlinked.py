"""All pairs that are not training links, scored in blocks: how many lie at each logit, and which are the best."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.scorers import Scorer
from latentlink.models.graph.candidates import Candidates
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.graph.pair_space import PairSpace

SCORED = 500_000_000  # ordered pairs that are scored: all up to 22,360 nodes, in seconds; of larger graphs a sample of the rows
BEST = 500
_BINS = 2**14
_BLOCK = 2**21  # logits of a block of rows, 16 MB
_ROUNDING = 1e-5  # of the largest logit: rows are scored in float32, single pairs in float64


class Histogram(NamedTuple):
    """The number of unlinked pairs by logit, in bins of equal width over the logits of the validation links.

    The edges lie below the logits that they are made of by what rounding may take from these: of pairs with equal logits,
    as all of nodes without links have, all are in one bin.

    Attributes:
        edges: float64 (b + 1,), rising; the first bin is below all, the last one from the last edge on.
        counts: float64 (b + 2,), number of unlinked pairs in each bin; of a sample those that it stands for.
        share: share of the unlinked pairs that was scored, in (0, 1].
    """

    edges: Float64
    counts: Float64
    share: float

    @property
    def logits(self) -> Float64:
        """The logit that stands for the pairs of each bin, float64 (b + 2,): the middle; the edge of an open bin."""
        return np.concatenate([self.edges[:1], (self.edges[1:] + self.edges[:-1]) / 2, self.edges[-1:]])

    @property
    def width(self) -> float:
        """The width of a bin, as a difference of logits."""
        return float(self.edges[-1] - self.edges[0]) / (len(self.edges) - 1)

    @property
    def size(self) -> float:
        """The number of unlinked pairs."""
        return float(self.counts.sum())


class Best(NamedTuple):
    """The pairs with the highest logits that are neither training nor validation links, best first.

    Attributes:
        logits: float64 (k,), falling.
        keys: int64 (k,), the pairs as `edge_keys` numbers them.
    """

    logits: Float64
    keys: Int64

    def merge(self, logits: Float64, keys: Int64) -> "Best":
        """The best of these and of m others."""
        logits, keys = np.concatenate([self.logits, logits]), np.concatenate([self.keys, keys])
        order = np.lexsort((keys, -logits))[:BEST]
        return Best(logits[order], keys[order])


def bin_edges(validation: Float64) -> Float64:
    """The edges of bins of equal width over the logits of validation links, (v,), v > 0: float64 (b + 1,)."""
    edges = np.histogram_bin_edges(validation, _BINS)
    return np.asarray(edges - _ROUNDING * np.abs(edges).max())


def scan_unlinked(
    scorer: Scorer,
    space: PairSpace,
    train: Int64,
    validation: Int64,
    rng: np.random.Generator,
    edges: Float64 | None = None,
    scored: int | None = None,
) -> tuple[Histogram, Best]:
    """Score every pair that may be linked and is no training link; in a large graph those of a random sample of nodes with some.

    Args:
        scorer: of N nodes.
        space: the pairs that may be linked.
        train: int64 (e, 2), the training links.
        validation: int64 (v, 2), counted, and left out of the best; v > 0 where they give the bins.
        rng: generator of the sample.
        edges: of the bins, as `bin_edges` gives them; None for those of these validation links.
        scored: ordered pairs that are scored at most, None for `SCORED`.
    """
    n_nodes, free = space.n_nodes, Candidates(space, train)
    possible = np.flatnonzero(free.counts)
    rows = min(len(possible), max(1, (scored or SCORED) // n_nodes))
    chosen = possible if rows == len(possible) else np.sort(rng.choice(possible, rows, replace=False))
    edges = bin_edges(scorer.score_pairs(validation)) if edges is None else edges
    counts, best = np.zeros(_BINS + 2), Best(np.empty(0), np.empty(0, np.int64))
    if not len(chosen):
        return Histogram(edges, counts, 1.0), best
    tested = Candidates(space, np.concatenate([train, validation]))
    for queries, logits in _blocks(scorer, chosen, free):
        counts += _count(logits, edges)
        tested.keep(logits, queries)
        worst = best.logits[-1] if len(best.logits) == BEST else -np.inf
        best = best.merge(*_above(logits, queries, worst))
    share = float(counts.sum()) / (space.size - len(train))
    return Histogram(edges, counts / share, share), best


def _blocks(scorer: Scorer, chosen: Int64, free: Candidates) -> Iterator[tuple[Int64, Float32 | Float64]]:
    """Some of the chosen nodes, int64 (q,), and their logits with every node, (q, N).

    They are −∞ for nodes that are no candidates, and for pairs of two chosen nodes that stand in the other one's row.
    """
    n_nodes = len(free.counts)
    is_chosen = np.zeros(n_nodes, np.bool_)
    is_chosen[chosen] = True
    for queries in np.array_split(chosen, -(-len(chosen) * n_nodes // _BLOCK)):
        logits = scorer.score_rows(queries)
        free.keep(logits, queries)
        logits[(np.arange(n_nodes) <= queries[:, None]) & is_chosen] = -np.inf
        yield queries, logits


def _count(logits: Float32 | Float64, edges: Float64) -> Float64:
    """The finite ones among logits (q, N) in each bin, float64 (b + 2,)."""
    low, width = float(edges[0]), float(edges[-1] - edges[0]) / _BINS
    bins = np.clip((logits - low) / width + 1, 0, _BINS + 1).astype(np.int32)  # + 1: truncation rounds −½ to 0
    counts = np.bincount(bins.ravel(), minlength=_BINS + 2).astype(np.float64)
    counts[0] -= np.count_nonzero(np.isneginf(logits))
    return counts


def _above(logits: Float32 | Float64, queries: Int64, worst: float) -> tuple[Float64, Int64]:
    """Logits and keys of the pairs of a block, (q, N), that are better than the worst one so far; the best of these."""
    row, column = np.nonzero(logits > worst)
    found = logits[row, column].astype(np.float64)
    if len(found) > BEST:
        kept = np.argpartition(-found, BEST)[:BEST]
        row, column, found = row[kept], column[kept], found[kept]
    return found, edge_keys(np.stack([queries[row], column], axis=1), logits.shape[1])
