"""The evaluation protocol: the model and every heuristic score the same held-out pairs.

Validation pairs have selected the epoch; test pairs are scored once, here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.evaluation.directions import one_way, returned
from latentlink.models.evaluation.heuristics import heuristics
from latentlink.models.evaluation.metrics import auc_ap, link_metrics, mean_reciprocal_rank
from latentlink.models.evaluation.ranking import (
    affordable,
    full_metrics,
    full_ranks,
    list_metrics,
    lists_of,
    queries_of,
    spaced,
)
from latentlink.models.evaluation.scorers import PairScorer, RowScorer, Scorer
from latentlink.models.evaluation.splits import Split
from latentlink.models.evaluation.strata import stratum, support_strata
from latentlink.models.facts.metrics import LinkMetrics, Metrics, Stratum
from latentlink.models.graph.candidates import Candidates
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.graph.roles import has_reverse

CANDIDATES_PER_END = 50
RANKED = 10_000  # edges that are ranked for MRR at most; the model and each heuristic score 100 candidates per edge
STRATA = ("cold", "middle", "hub")


@dataclass(frozen=True)
class HeldOutPairs:
    """The pairs that the model and every heuristic score.

    Attributes:
        positives: int64 (p, 2), held-out edges.
        negatives: int64 (n, 2), uniform non-edges.
        candidates: int64 (r, 100, 2), hard negatives: r edges, at most `RANKED`, with either end replaced by 50 candidates of
            the other end.
        ranked: int64 (r,), the indices of these edges in `positives`.
        stratum: int64 (p + n,), index into `STRATA` of each positive and negative.
        roles: whether the nodes are the roles of directed links.
        one_way: int64 (o,), of directed links the indices in `positives` of those that directions are measured by.
        turned: int64 (o, 2), these turned round.
        returned: int64 (b,), of directed links the indices in `positives` of those whose reverse is a training link.
        unreturned: int64 (u, 2), training links that go one way, turned round.
    """

    positives: Int64
    negatives: Int64
    candidates: Int64
    ranked: Int64
    stratum: Int64
    roles: bool
    one_way: Int64
    turned: Int64
    returned: Int64
    unreturned: Int64

    @property
    def all(self) -> Int64:
        """Positives, negatives, those of directions and candidates, int64 (m, 2)."""
        return np.concatenate([self.positives, self.negatives, self.of_directions, self.candidates.reshape(-1, 2)])

    @property
    def of_directions(self) -> Int64:
        """The non-edges that directions are measured by, int64 (o + u, 2)."""
        return np.concatenate([self.turned, self.unreturned])


def evaluate(
    graph: Graph,
    split: Split,
    model: Scorer,
    rng: np.random.Generator,
    without: Mapping[str, Callable[[], Scorer]] | None = None,
) -> Metrics:
    """Metrics of the model on validation and test, and of every heuristic on the same test pairs.

    Args:
        graph: the whole graph; no candidate is one of its edges.
        split: the split of its edges.
        model: scores pairs and rows by what it learned from the training edges.
        rng: generator of the candidates.
        without: makes the model without one of its parts, by the part's name; one at a time is in memory.

    Returns:
        `validation`, `test`, `without`, `baselines`, `ranked_queries`, `left_out`, `strata` and `support`, the last of at most
        `RANKED` test edges and non-edges.
    """
    free, seen = Candidates(graph.pair_space, graph.edges), adjacency(graph.n_nodes, graph.edges[split.train])
    pairs = held_out_pairs(graph, free, split, seen, rng)
    others = heuristics(seen, graph.features, bipartite=graph.bipartite, roles=pairs.roles)
    most = affordable(others.row_costs(), split.test)
    queries = queries_of(free, spaced(split.test, most))
    of_lists = _of_lists(graph, split, most)
    scores = others.score_pairs(pairs.all)

    def ranked(metrics: LinkMetrics, score_rows: RowScorer) -> LinkMetrics:
        return metrics.model_copy(update=full_metrics(full_ranks(free, queries, score_rows)) | of_lists(score_rows))

    def tested(of_pairs: Float64, score_rows: RowScorer) -> LinkMetrics:
        return ranked(_test_metrics(pairs, of_pairs), score_rows)

    def briefly(one: Scorer) -> LinkMetrics:
        """Without the candidates, a hundred for each edge: what costs most."""
        positive, negative, turned = map(one.score_pairs, (pairs.positives, pairs.negatives, pairs.of_directions))
        return ranked(_with_directions(link_metrics(positive, negative), pairs, positive, turned), one.score_rows)

    metrics = Metrics(
        validation=link_metrics(model.score_pairs(split.validation), model.score_pairs(split.validation_negatives)),
        test=tested(model.score_pairs(pairs.all), model.score_rows),
        without={part: briefly(make()) for part, make in (without or {}).items()},
        baselines={name: tested(scores[name], score_rows) for name, score_rows in others.row_scorers().items()},
        ranked_queries=len(queries),
        left_out=dict(others.left_out),
        strata=_strata(pairs, model.score_pairs),
        support=support_strata(
            seen,
            spaced(pairs.positives, RANKED),
            spaced(pairs.negatives, RANKED),
            model.score_pairs,
            roles=pairs.roles,
        ),
    )
    return metrics.model_copy(update={"reciprocal": _reciprocal(graph, split)}) if pairs.roles else metrics


def _of_lists(graph: Graph, split: Split, most: int) -> Callable[[RowScorer], dict[str, float]]:
    """Measures lists for at most so many nodes; measures nothing where types form no two groups."""
    if graph.sides is None:
        return lambda _: {}
    lists = lists_of(graph.sides, split.test, most)
    untested = Candidates(graph.pair_space, np.concatenate([graph.edges[split.train], split.validation]))
    return partial(list_metrics, untested, lists)


def held_out_pairs(graph: Graph, free: Candidates, split: Split, seen: CSR, rng: np.random.Generator) -> HeldOutPairs:
    """The test pairs, with hard negatives drawn by `rng` from the `free` candidates and strata by degrees in the `seen` graph."""
    ranked = spaced(np.flatnonzero((free.counts[split.test] > 0).all(axis=1)), RANKED)
    candidates = [_replace_end(free, split.test[ranked], end, rng) for end in (0, 1)]
    alone, turned = one_way(graph, split.test)
    back, unreturned = returned(graph, split.test, graph.edges[split.train])
    return HeldOutPairs(
        positives=split.test,
        negatives=split.test_negatives,
        candidates=np.concatenate(candidates, axis=1),
        ranked=ranked,
        stratum=_stratum(np.diff(seen.indptr), np.concatenate([split.test, split.test_negatives])),
        roles=graph.ties is not None,
        one_way=alone,
        turned=turned,
        returned=back,
        unreturned=unreturned,
    )


def _reciprocal(graph: Graph, split: Split) -> int:
    """How many test links of a graph of roles have a training link in the opposite direction."""
    return int(has_reverse(split.test, graph.edges[split.train], graph.n_nodes // 2).sum())


def _replace_end(free: Candidates, edges: Int64, end: int, rng: np.random.Generator) -> Int64:
    """Pairs int64 (p, 50, 2): `end` of each edge is replaced by uniform candidates of the other end."""
    fixed = np.repeat(edges[:, 1 - end], CANDIDATES_PER_END)
    drawn = free.draw(fixed, rng)
    pairs = np.stack([drawn, fixed] if end == 0 else [fixed, drawn], axis=1)
    return pairs.reshape(len(edges), CANDIDATES_PER_END, 2)


def _stratum(degrees: Int64, pairs: Int64) -> Int64:
    """The stratum of each pair by its lower degree: cold up to the lower quartile of all degrees, hub above the upper."""
    lower, upper = np.quantile(degrees, [0.25, 0.75])
    fewer = degrees[pairs].min(axis=1)
    return np.where(fewer <= lower, 0, np.where(fewer > upper, 2, 1))


def _test_metrics(pairs: HeldOutPairs, scores: Float64) -> LinkMetrics:
    """The metrics of the scores of `pairs.all`, but for the full ranking."""
    p, n = len(pairs.positives), len(pairs.negatives)
    positive, negative, turned, against = np.split(scores, np.cumsum([p, n, len(pairs.of_directions)]))
    against = against.reshape(pairs.candidates.shape[:2])
    mrr = mean_reciprocal_rank(positive[pairs.ranked], against) if len(pairs.ranked) else None
    metrics = link_metrics(positive, negative).model_copy(update={"mrr": mrr})
    return _with_directions(metrics, pairs, positive, turned)


def _with_directions(metrics: LinkMetrics, pairs: HeldOutPairs, positive: Float64, turned: Float64) -> LinkMetrics:
    """Of directed links with what only directions tell, from the scores of positives (p,) and of `of_directions` (o + u,)."""
    if not pairs.roles:
        return metrics
    against, unreturned = np.split(turned, [len(pairs.one_way)])
    found = {"direction": (pairs.one_way, against), "bidirectional": (pairs.returned, unreturned)}
    measured = {name: auc_ap(positive[of], than)["auc"] if len(of) else None for name, (of, than) in found.items()}
    return metrics.model_copy(update=measured)


def _strata(pairs: HeldOutPairs, score: PairScorer) -> dict[str, Stratum]:
    positive, negative = score(pairs.positives), score(pairs.negatives)
    of_positive, of_negative = np.split(pairs.stratum, [len(positive)])
    parts = ((name, of_positive == index, of_negative == index) for index, name in enumerate(STRATA))
    return {name: stratum(positive[p], negative[n]) for name, p, n in parts}
