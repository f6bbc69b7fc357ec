"""The evaluation of a model of triples and of its baseline on the same held-out triples."""

import numpy as np

from latentlink.models.arrays import Float64, Int64
from latentlink.models.evaluation.metrics import link_metrics
from latentlink.models.evaluation.ranking import spaced
from latentlink.models.evaluation.relational.ranking import joined, rank_metrics, triple_ranks
from latentlink.models.evaluation.relational.scorers import RelationPopularity, TripleScorer
from latentlink.models.evaluation.relational.splits import by_relation
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.metrics import LinkMetrics, Metrics, RelationMetrics
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import ordered_keys
from latentlink.models.graph.roles import role_pairs

_SCORES = 10**10  # of the ranking, at most; then of evenly spaced test triples


def evaluate_triples(graph: Graph, split: Split, model: TripleScorer) -> Metrics:
    """Metrics of the model on validation and test, and of the baseline on the same test triples.

    AUC and AP are of links and as many unlinked pairs of the same relations; full MRR and Hits@K rank either end of a link among
    all nodes, that end among them, filtered by all triples of the graph.

    Args:
        graph: all triples.
        split: of these.
        model: scores triples by what it learned from the training triples.

    Returns:
        `validation`, `test`, `baselines`, `ranked_queries`, `reciprocal`, `parallel` and `relations`.
    """
    popularity = RelationPopularity(graph.n_nodes, graph.triples[split.train])
    ranked = spaced(split.test, max(1, _SCORES // (2 * graph.n_nodes)))
    ranks = triple_ranks(graph, ranked, [model, popularity])
    of_model, of_popularity = (joined([both[at] for both in ranks.values()]) for at in (0, 1))
    reciprocal, parallel = leaks(graph.triples[split.train], split.test, graph.n_nodes)

    def compared(scorer: TripleScorer, links: Int64, negatives: Int64) -> LinkMetrics:
        return link_metrics(*(score_triples(scorer, part, graph.n_nodes) for part in (links, negatives)))

    def tested(scorer: TripleScorer, ranks: Float64) -> LinkMetrics:
        return compared(scorer, split.test, split.test_negatives).model_copy(update=rank_metrics(ranks))

    return Metrics(
        validation=compared(model, split.validation, split.validation_negatives),
        test=tested(model, of_model),
        baselines={"relation_popularity": tested(popularity, of_popularity)},
        ranked_queries=len(of_model),
        reciprocal=reciprocal,
        parallel=parallel,
        relations=_of_each(graph, split, {relation: one for relation, (one, _) in ranks.items()}),
    )


def score_triples(scorer: TripleScorer, triples: Int64, n_nodes: int) -> Float64:
    """The scores of int64 triples (m, 3), float64 (m,)."""
    scores = np.empty(len(triples))
    for relation, places in by_relation(triples):
        scores[places] = scorer.of_relation(relation).score_pairs(role_pairs(triples[places, :2], n_nodes))
    return scores


def leaks(train: Int64, test: Int64, n_nodes: int) -> tuple[int, int]:
    """How many test triples have a training triple of any relation in the opposite direction, and of another in the same.

    From these a model may learn more than from any other; FB15k was found to be full of them (Toutanova & Chen 2015).
    """
    known = ordered_keys(train[:, :2], n_nodes)
    back, along = (ordered_keys(pairs, n_nodes) for pairs in (test[:, 1::-1], test[:, :2]))
    return int(np.isin(back, known).sum()), int(np.isin(along, known).sum())


def _of_each(graph: Graph, split: Split, ranks: dict[int, Float64]) -> dict[str, RelationMetrics]:
    assert graph.relations is not None
    counts = np.bincount(split.test[:, 2], minlength=len(graph.relations.names)).tolist()
    return {
        name: RelationMetrics(
            links=links,
            test_links=counts[relation],
            test=LinkMetrics(**rank_metrics(ranks[relation])) if relation in ranks else LinkMetrics(),
        )
        for relation, (name, links) in enumerate(graph.relations.counts().items())
    }
