"""Ranking metrics: how well scores separate edges from non-edges."""

import numpy as np

from latentlink.models.arrays import Float64
from latentlink.models.facts.metrics import LinkMetrics


def link_metrics(positive: Float64, negative: Float64) -> LinkMetrics:
    """AUC and AP as scikit-learn defines them, and Hits@K. MRR needs other pairs: see `mean_reciprocal_rank`.

    Args:
        positive: scores (p,) of held-out edges.
        negative: scores (n,) of non-edges.
    """
    ten, fifty, hundred = (hits_at_k(positive, negative, k) for k in (10, 50, 100))
    return LinkMetrics(**auc_ap(positive, negative), hits_10=ten, hits_50=fifty, hits_100=hundred)


def auc_ap(positive: Float64, negative: Float64) -> dict[str, float]:
    """Area under the ROC curve and average precision of scores (p,) of edges and (n,) of non-edges.

    AP = Σ (Rₜ − Rₜ₋₁) Pₜ over the distinct scores t, descending, with recall R and precision P of pairs that score at least t;
    AUC by trapezoids between the same points (Fawcett 2006). The tests compare both with scikit-learn, which takes a second to
    import and a millisecond per call, of which a training makes hundreds.
    """
    scores = np.concatenate([positive, negative])
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # the last place of each distinct score
    true = np.cumsum(order < len(positive))[last]
    false = last + 1 - true
    recall = np.diff(true, prepend=0) / len(positive)
    area = np.diff(false, prepend=0) @ (2 * true - np.diff(true, prepend=0)) / 2
    return {"auc": float(area / (len(positive) * len(negative))), "ap": float(recall @ (true / (last + 1)))}


def hits_at_k(positive: Float64, negative: Float64, k: int) -> float | None:
    """Share of edges that score above the k-th best non-edge (Hu et al. 2020, OGB); None with fewer than k non-edges."""
    if len(negative) < k:
        return None
    kth = np.partition(negative, -k)[-k]
    return float((positive > kth).mean())


def mean_reciprocal_rank(positive: Float64, candidates: Float64) -> float:
    """Mean of 1 / rank, where rank = 1 + #greater + ½ #equal among the candidates of each edge.

    Args:
        positive: scores (p,) of held-out edges.
        candidates: scores (p, c) of the pairs that each edge is ranked against.
    """
    greater = (candidates > positive[:, None]).sum(axis=1)
    equal = (candidates == positive[:, None]).sum(axis=1)
    return float((1 / (1 + greater + 0.5 * equal)).mean())
