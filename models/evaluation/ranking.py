"""Full ranking: the other end of a held-out link among all nodes that its end could be linked to, as `neighbors` ranks them.

The ranking is filtered (Bordes et al. 2013): other known links of the end, of whatever part of the split, are left out, and so is
the end itself. Each link is two queries, one from either end.
"""

import numpy as np

from latentlink.models.arrays import Bool, Float64, Int64
from latentlink.models.evaluation.scorers import RowScorer
from latentlink.models.graph.candidates import Candidates

_NANOSECONDS = 1e9  # of the ranking by all scorers
_LINKS = 128  # that are ranked at least
_SCORES = 2**20  # of a block of queries
_TOP = 20  # of a list
_ROWS = 16  # of a block at least: products of matrices are fast with several rows at once


def affordable(cost: Float64, links: Int64) -> int:
    """How many of the links, int64 (p, 2), are ranked.

    Args:
        cost: nanoseconds of a query from each node, float64 (N,).
        links: evenly spaced ones of these are ranked where not all are affordable.
    """
    return int(max(_LINKS, len(links) * _NANOSECONDS // max(cost[links].sum(), 1)))


def spaced(values: Int64, most: int) -> Int64:
    """The values (m, …), or `most` of them, evenly spaced, if there are more."""
    return values if len(values) <= most else values[np.arange(most) * len(values) // most]


def queries_of(candidates: Candidates, links: Int64) -> Int64:
    """Both ends of each link as (query, answer), int64 (q, 2), without queries that have no candidates."""
    both = np.concatenate([links, links[:, ::-1]])
    return np.asarray(both[candidates.counts[both[:, 0]] > 0])


def full_ranks(candidates: Candidates, queries: Int64, score_rows: RowScorer) -> Float64:
    """The rank 1 + #greater + ½ #equal of each answer among all candidates of the query, float64 (q,).

    Args:
        candidates: in the graph of all known links, the answers among them.
        queries: int64 (q, 2), (query, answer).
        score_rows: as `Scorer.score_rows`.
    """
    order, step = np.argsort(queries[:, 0], kind="stable"), max(_ROWS, _SCORES // len(candidates.counts))
    ranks = np.empty(len(queries))
    for start in range(0, len(queries), step):
        block = order[start : start + step]
        ranks[block] = _ranks(candidates, queries[block], score_rows)
    return ranks


def _ranks(candidates: Candidates, queries: Int64, score_rows: RowScorer) -> Float64:
    nodes, rows = np.unique(queries[:, 0], return_inverse=True)
    scores = score_rows(nodes)
    # From the row, as all others: computed for the pair alone, it could differ from equal scores in its last bit.
    own = scores[rows, queries[:, 1]]
    candidates.keep(scores, nodes)
    not_below = [np.count_nonzero(scores[row] >= one) for row, one in zip(rows, own, strict=True)]
    above = [np.count_nonzero(scores[row] > one) for row, one in zip(rows, own, strict=True)]
    return np.asarray(1 + (np.array(above) + np.array(not_below)) / 2)


def full_metrics(ranks: Float64) -> dict[str, float | None]:
    """The fields of `LinkMetrics` that ranks (q,) give; None without any."""
    if len(ranks) == 0:
        return {"full_mrr": None, "full_hits_10": None}
    return {"full_mrr": float((1 / ranks).mean()), "full_hits_10": float((ranks <= 10).mean())}


def lists_of(sides: Bool, links: Int64, most: int) -> Int64:
    """The links of some nodes of the first group as (node, answer), int64 (q, 2): all links of each.

    Args:
        sides: bool (N,), whether a node is in the second group.
        links: int64 (p, 2), each between the groups.
        most: how many nodes there are at most, evenly spaced ones.
    """
    turned = sides[links[:, 0]]
    queries = np.where(turned[:, None], links[:, ::-1], links)
    return queries[np.isin(queries[:, 0], spaced(np.unique(queries[:, 0]), most))]


def list_metrics(candidates: Candidates, queries: Int64, score_rows: RowScorer) -> dict[str, float]:
    """The fields of `LinkMetrics` on lists: Recall@20 and NDCG@20, means over nodes, as LightGCN measures them (2002.02126).

    Args:
        candidates: in the graph without the answers, which are among the candidates of their node.
        queries: int64 (q, 2), q > 0, (node, answer), all answers of each node.
        score_rows: as `Scorer.score_rows`.
    """
    ranks = full_ranks(candidates, queries, score_rows) - 0.5  # an answer is a candidate that equals itself
    _, node, counts = np.unique(queries[:, 0], return_inverse=True, return_counts=True)
    found, best = ranks <= _TOP, np.cumsum(1 / np.log2(np.arange(_TOP) + 2))
    gains = np.bincount(node, found / np.log2(ranks + 1)) / best[np.minimum(counts, _TOP) - 1]
    return {"recall_20": float((np.bincount(node, found) / counts).mean()), "ndcg_20": float(gains.mean())}
