"""Metrics of the test pairs by their local evidence, the fields of `include=support`."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from latentlink.models.arrays import Bool, Float64, Int32, Int64
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.scorers import PairScorer
from latentlink.models.facts.metrics import Stratum
from latentlink.models.graph.csr import CSR
from latentlink.models.inference.local_evidence import KnownLinks, LocalEvidence

SUPPORT: Mapping[str, Callable[[LocalEvidence], bool]] = {
    "cold_start": lambda pair: pair.cold,
    "not_cold_start": lambda pair: not pair.cold,
    "same_component": lambda pair: pair.same_component is True,
    "other_component": lambda pair: pair.same_component is False,
    "distance_2": lambda pair: pair.distance == 2,
    "distance_3": lambda pair: pair.distance == 3,
    "farther": lambda pair: pair.distance is None and pair.exact,
}


def support_strata(
    seen: CSR, positives: Int64, negatives: Int64, score: PairScorer, *, roles: bool = False
) -> dict[str, Stratum]:
    """The metrics of each stratum of `SUPPORT`, by local evidence in the training graph.

    Args:
        seen: adjacency (N, N) of the training graph.
        positives: int64 (p, 2), held-out edges.
        negatives: int64 (n, 2), non-edges.
        score: returns the logits of int64 (m, 2) pairs.
        roles: whether the nodes are the roles of directed links; evidence is that of the nodes, without directions.
    """
    scores = score(positives), score(negatives)
    if roles:
        n = seen.shape[0] // 2
        seen, positives, negatives = _of_nodes(seen), positives % n, negatives % n
    links = KnownLinks(seen.indptr, seen.indices, components(seen))
    support = [[links.evidence(*pair) for pair in pairs.tolist()] for pairs in (positives, negatives)]
    return {
        name: stratum(*(logits[_where(kind, pairs)] for logits, pairs in zip(scores, support, strict=True)))
        for name, kind in SUPPORT.items()
    }


def _of_nodes(seen: CSR) -> CSR:
    """The undirected links between nodes, (N, N), that the links between roles, (2N, 2N), stand for."""
    n = seen.shape[0] // 2
    return CSR.from_coo(seen.row_of_entry() % n, np.asarray(seen.indices, np.int64) % n, seen.data, (n, n))


def _where(kind: Callable[[LocalEvidence], bool], pairs: Iterable[LocalEvidence]) -> Bool:
    return np.fromiter(map(kind, pairs), np.bool_)


def stratum(positive: Float64, negative: Float64) -> Stratum:
    """Metrics of one stratum: edges with logits (p,) and non-edges with logits (n,)."""
    scores = auc_ap(positive, negative) if len(positive) and len(negative) else {"auc": None, "ap": None}
    return Stratum(positives=len(positive), negatives=len(negative), **scores)


def components(adjacency: CSR) -> Int32:
    """The connected component of each node of a symmetric adjacency (N, N), numbered by their first nodes: int32 (N,)."""
    matrix = csr_array((adjacency.data, adjacency.indices, adjacency.indptr), shape=adjacency.shape)
    _, labels = connected_components(matrix, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first)).astype(np.int32)[inverse]
