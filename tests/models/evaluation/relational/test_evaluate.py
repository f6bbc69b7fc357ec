"""Splits, ranks, leaks and baselines of triples, against loops over all of them."""

from dataclasses import replace

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.evaluation.relational import probabilities
from latentlink.models.evaluation.relational.evaluate import evaluate_triples, leaks
from latentlink.models.evaluation.relational.probabilities import relation_probabilities
from latentlink.models.evaluation.relational.ranking import joined, triple_ranks
from latentlink.models.evaluation.relational.scorers import RelationDecoders, RelationPopularity, RoleScorer
from latentlink.models.evaluation.relational.splits import audit_triples, split_triples
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.inference.embeddings import Embeddings

N, R, C = 9, 3, 2


def _graph(size: int = 60, n: int = N) -> Graph:
    rng = np.random.default_rng(0)
    of = rng.integers(0, R, size).astype(np.int16)
    return Graph.from_pairs(
        [f"n{i}" for i in range(n)], rng.integers(0, n, (size, 2)), relations=Relations(("a", "b", "c"), of)
    )


def _embeddings(n: int = N) -> Embeddings:
    rng = np.random.default_rng(1)
    mu, weights = (rng.normal(size=(rows, 2 * C)).astype(np.float32) for rows in (n, R))
    return Embeddings(mu, None, {"relations.weight": weights}, np.empty((0, 2), np.int64), None)


def _logits(embeddings: Embeddings) -> np.ndarray:
    """Re⟨s, r, t̄⟩ of all triples, float64 (N, R, N)."""
    e, w = (part[:, :C] + 1j * part[:, C:] for part in (embeddings.mu, embeddings.weights["relations.weight"]))
    return np.real(np.einsum("sc,rc,tc->srt", e, w, e.conj()))


def _rank(scores: np.ndarray, answer: int, closed: set[int]) -> float:
    others = [scores[node] for node in range(len(scores)) if node not in closed | {answer}]
    return float(1 + sum(one > scores[answer] for one in others) + sum(one == scores[answer] for one in others) / 2)


def _ranks(graph: Graph, scores: np.ndarray, triples: np.ndarray) -> list[float]:
    """Filtered ranks by loops; the other end is a candidate."""
    known, ranks = {tuple(one) for one in graph.triples.tolist()}, []
    for s, t, r in triples.tolist():
        targets = {node for node in range(N) if (s, node, r) in known}
        sources = {node for node in range(N) if (node, t, r) in known}
        ranks += [_rank(scores[s, r], t, targets), _rank(scores[:, r, t], s, sources)]
    return sorted(ranks)


def test_a_relation_of_nearly_all_pairs_is_named() -> None:
    """Nothing is left to test its links against; roles are no nodes."""
    pairs = np.array([(s, t) for s in range(4) for t in range(4) if s != t])
    relations = Relations(("some", "all"), np.repeat([0, 1], [3, 12]).astype(np.int16))
    graph = Graph.from_pairs(list("abcd"), np.concatenate([pairs[:3], pairs]), relations=relations)
    with pytest.raises(
        DataError, match=r"^relation 'all': .* at least \d+ unlinked pairs .*, found 0 among 4 nodes; leave"
    ):
        split_triples(graph, 0.3, 0.3, np.random.default_rng(0))


def test_ranks_are_those_of_loops_over_all_nodes() -> None:
    """Either end of each test triple, filtered by all triples, by the model and by counts with ties."""
    graph, embeddings = _graph(), _embeddings()
    split = split_triples(graph, 0.1, 0.2, np.random.default_rng(0))
    known = graph.triples[split.train]
    found = triple_ranks(graph, split.test, [RelationDecoders(embeddings), RelationPopularity(N, known)])
    assert sorted(joined([one for one, _ in found.values()])) == _ranks(graph, _logits(embeddings), split.test)
    counts = np.ones((2, R, N))
    for s, t, r in known.tolist():
        counts[0, r, s] += 1
        counts[1, r, t] += 1
    popular = np.einsum("rs,rt->srt", *counts)
    assert sorted(joined([other for _, other in found.values()])) == _ranks(graph, popular, split.test)


def test_a_split_is_sound_and_its_negatives_are_of_the_same_relations() -> None:
    """Every triple is in one part; as many negatives of each relation as links, none of them a triple."""
    graph = _graph()
    split = split_triples(graph, 0.1, 0.2, np.random.default_rng(0))
    assert not any(dict(audit_triples(graph, split, graph.triples[split.train])).values())
    assert len(split.train) + len(split.validation) + len(split.test) == graph.n_edges
    assert sorted(split.test_negatives[:, 2]) == sorted(split.test[:, 2])


@pytest.mark.parametrize(
    ("leak", "count"),
    [
        ({"test": "train"}, "train_in_test"),
        ({"validation": "test"}, "validation_in_test"),
        ({"test_negatives": "test"}, "negatives_that_are_edges"),
        ({"test_negatives": "validation_negatives"}, "negatives_in_both"),
    ],
)
def test_a_leak_is_counted(leak: dict[str, str], count: str) -> None:
    """One triple of another part in a part is a count of 1."""
    graph = _graph()
    split = split_triples(graph, 0.1, 0.2, np.random.default_rng(0))
    parts = {"train": graph.triples[split.train], **vars(split)} | {"train": graph.triples[split.train]}
    [(into, of)] = leak.items()
    leaked = replace(split, **{into: np.concatenate([parts[into], parts[of][:1]])})  # type: ignore[arg-type]
    assert dict(audit_triples(graph, leaked, graph.triples[split.train]))[count] == 1


def test_a_pair_known_by_another_relation_or_turned_round_is_counted() -> None:
    """Of three test triples one is known turned round, one by another relation, and one is both."""
    train = np.array([[1, 0, 0], [2, 3, 1], [4, 5, 1], [5, 4, 0]])
    test = np.array([[0, 1, 1], [2, 3, 0], [4, 5, 2]])
    assert leaks(train, test, N) == (2, 2)


def test_popularity_knows_no_test_link() -> None:
    """On random triples neither counts nor random vectors tell test links from negatives: both AUC are near ½."""
    graph = _graph(4_000, 400)
    split = split_triples(graph, 0.1, 0.2, np.random.default_rng(0))
    metrics = evaluate_triples(graph, split, RelationDecoders(_embeddings(400)))
    assert metrics.baselines["relation_popularity"].auc == pytest.approx(0.5, abs=0.05)
    assert metrics.test.auc == pytest.approx(0.5, abs=0.05)
    assert sum(one.test_links for one in metrics.relations.values()) == len(split.test)


def test_relations_without_a_curve_share_what_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, no more pairs are scored than of a graph without relations: here a row of each."""
    graph, rows = _graph(200, 20), []

    def counted(self: RoleScorer, nodes: np.ndarray) -> np.ndarray:
        rows.append(len(nodes))
        return scores(self, nodes)

    scores = RoleScorer.score_rows
    monkeypatch.setattr(RoleScorer, "score_rows", counted)
    monkeypatch.setattr(probabilities, "SCORED", R * 2 * 20)
    split = split_triples(graph, 0.2, 0.2, np.random.default_rng(0))
    relation_probabilities(RelationDecoders(_embeddings(20)), graph, split, 0)
    assert rows == [1] * R


def test_a_relation_of_all_pairs_has_nothing_to_predict() -> None:
    """Where all its links are trained on, its prior is 0; the other relations have theirs."""
    pairs = np.array([(s, t) for s in range(5) for t in range(5) if s != t])
    relations = Relations(("all", "some"), np.repeat([0, 1], [20, 9]).astype(np.int16))
    parts = np.append(np.zeros(20), np.arange(9) % 3).astype(np.int16)
    graph = Graph.from_pairs(list("abcde"), np.concatenate([pairs, pairs[:9]]), relations=relations, parts=parts)
    split = split_triples(graph, 0.1, 0.1, np.random.default_rng(0))
    found = relation_probabilities(RelationDecoders(_embeddings(5)), graph, split, 0).relations
    assert (found["all"].prior, found["some"].prior > 0) == (0, True)


def test_probabilities_of_each_relation_sum_to_its_held_out_links() -> None:
    """The prior times the unlinked pairs is the number of held-out links; the curve of all has the links of all."""
    graph = _graph(4_000, 60)
    split = split_triples(graph, 0.1, 0.2, np.random.default_rng(0))
    facts = relation_probabilities(RelationDecoders(_embeddings(60)), graph, split, seed=0)
    assert graph.relations is not None
    for relation, (name, links) in enumerate(graph.relations.counts().items()):
        heldout = sum(int((part[:, 2] == relation).sum()) for part in (split.validation, split.test))
        own = facts.relations[name]
        assert own.thresholds is not None
        assert own.prior * (60 * 59 - (links - heldout)) == pytest.approx(heldout)
    pairs = 3 * 60 * 59 - len(split.train)
    assert facts.calibration.prior == pytest.approx((len(split.validation) + len(split.test)) / pairs)
