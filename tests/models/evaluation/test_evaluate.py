"""The protocol's pairs, and that everyone is asked the same."""

import weakref
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.evaluation.evaluate import evaluate, held_out_pairs
from latentlink.models.evaluation.heuristics import heuristics
from latentlink.models.evaluation.ranking import full_metrics, full_ranks, queries_of, spaced
from latentlink.models.evaluation.scorers import DecoderScorer
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.candidates import Candidates
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.inference.link_decoder import LinkDecoder

N = 60
GRAPH = Graph.from_pairs([str(i) for i in range(N)], np.random.default_rng(7).integers(0, N, (300, 2)))
SPLIT = split_edges(GRAPH, 0.05, 0.2, np.random.default_rng(0))
SEEN = adjacency(N, GRAPH.edges[SPLIT.train])
WHOLE = adjacency(N, GRAPH.edges)
FREE = Candidates(GRAPH.pair_space, GRAPH.edges)
PAIRS = held_out_pairs(GRAPH, FREE, SPLIT, SEEN, np.random.default_rng(1))


MODEL = DecoderScorer(LinkDecoder(np.random.default_rng(2).standard_normal((N, 3)).astype(np.float32)))


def test_candidates_are_never_edges() -> None:
    """No hard negative is an edge of the whole graph, held-out ones included, nor a node with itself."""
    candidates = PAIRS.candidates.reshape(-1, 2)
    assert not np.isin(edge_keys(candidates, N), edge_keys(GRAPH.edges, N)).any()
    assert (candidates[:, 0] != candidates[:, 1]).all()


def test_each_end_is_replaced_fifty_times() -> None:
    """Of the hundred candidates of an edge fifty keep its target and fifty its source."""
    assert PAIRS.candidates.shape == (len(SPLIT.test), 100, 2)
    edges = SPLIT.test[PAIRS.ranked]
    assert (PAIRS.candidates[:, :50, 1] == edges[:, None, 1]).all()
    assert (PAIRS.candidates[:, 50:, 0] == edges[:, None, 0]).all()


def test_values_are_thinned_evenly() -> None:
    """All where they are few, else every so many-th."""
    assert spaced(np.arange(7), 7).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert spaced(np.arange(7), 3).tolist() == [0, 2, 4]
    assert spaced(np.arange(1000).reshape(500, 2), 5)[:, 0].tolist() == [0, 200, 400, 600, 800]


def test_many_edges_are_ranked_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of `RANKED` edges, spread over the test."""
    monkeypatch.setattr("latentlink.models.evaluation.evaluate.RANKED", 7)
    pairs = held_out_pairs(GRAPH, FREE, SPLIT, SEEN, np.random.default_rng(1))
    assert pairs.ranked.tolist() == spaced(PAIRS.ranked, 7).tolist()
    assert pairs.candidates.shape == (7, 100, 2)


def test_candidates_exist_for_a_node_that_is_linked_to_almost_all() -> None:
    """A hub with one unlinked node is ranked against that node, and the sampling ends."""
    star = np.array([(0, i) for i in range(1, 39)] + list(combinations(range(30, 40), 2)))
    graph = Graph.from_pairs([str(i) for i in range(40)], star)
    split = split_edges(graph, 0.05, 0.3, np.random.default_rng(0))
    seen = adjacency(40, graph.edges[split.train])
    pairs = held_out_pairs(graph, Candidates(graph.pair_space, graph.edges), split, seen, np.random.default_rng(0))
    of_hub = split.test[pairs.ranked][:, 0] == 0
    assert of_hub.any()
    assert (pairs.candidates[of_hub, 50:, 1] == 39).all()


def test_an_edge_whose_end_is_linked_to_all_is_not_ranked() -> None:
    """There is nothing to rank it against."""
    edges = np.array([(0, i) for i in range(1, 20)] + [(i, i + 1) for i in range(1, 19)])
    graph = Graph.from_pairs([str(i) for i in range(20)], edges)
    split = split_edges(graph, 0.05, 0.4, np.random.default_rng(0))
    free, seen = Candidates(graph.pair_space, graph.edges), adjacency(20, graph.edges[split.train])
    pairs = held_out_pairs(graph, free, split, seen, np.random.default_rng(0))
    assert (split.test == 0).any()
    assert not (split.test[pairs.ranked] == 0).any()


def test_mrr_is_that_of_a_loop_over_ranks() -> None:
    """1 / (1 + #greater + ½ #equal), edge by edge."""
    ranks = []
    for edge, candidates in zip(PAIRS.positives[PAIRS.ranked], PAIRS.candidates, strict=True):
        own, others = MODEL.score_pairs(edge[None])[0], MODEL.score_pairs(candidates)
        ranks.append(1 + sum(o > own for o in others) + 0.5 * sum(o == own for o in others))
    metrics = evaluate(GRAPH, SPLIT, MODEL, np.random.default_rng(1))
    assert metrics.test.mrr == pytest.approx(np.mean([1 / rank for rank in ranks]))


@dataclass(frozen=True)
class _Heuristic:
    """A heuristic of the training edges in the model's place."""

    name: str

    def score_pairs(self, pairs: Int64) -> Float64:
        return heuristics(SEEN).score_pairs(pairs)[self.name]

    def score_rows(self, nodes: Int64) -> Float32 | Float64:
        return heuristics(SEEN).row_scorers()[self.name](nodes)


@pytest.mark.parametrize("name", heuristics(SEEN).row_scorers())
def test_baselines_see_training_edges_only(name: str) -> None:
    """On the same pairs, to the last bit, a model that is a heuristic of the training edges has that heuristic's metrics."""
    metrics = evaluate(GRAPH, SPLIT, _Heuristic(name), np.random.default_rng(1))
    assert metrics.test == metrics.baselines[name]


def test_all_nodes_are_ranked_by_rows_of_the_model() -> None:
    """The full MRR and Hits@10 of a loop over both ends of each test link, and their number."""
    ranks, scores = [], MODEL.score_rows(np.arange(N))
    for query, answer in np.concatenate([SPLIT.test, SPLIT.test[:, ::-1]]).tolist():
        others = np.delete(scores[query], [*WHOLE.row(query), query])
        ranks.append(1 + (others > scores[query, answer]).sum() + (others == scores[query, answer]).sum() / 2)
    metrics = evaluate(GRAPH, SPLIT, MODEL, np.random.default_rng(1))
    assert metrics.test.full_mrr == pytest.approx(np.mean([1 / rank for rank in ranks]))
    assert metrics.test.full_hits_10 == pytest.approx(np.mean([rank <= 10 for rank in ranks]))
    assert metrics.ranked_queries == 2 * len(SPLIT.test)


def test_on_large_graphs_a_sample_is_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ends of evenly spaced links; the other metrics are of all test links."""
    monkeypatch.setattr("latentlink.models.evaluation.evaluate.affordable", lambda *_: 7)
    found = evaluate(GRAPH, SPLIT, MODEL, np.random.default_rng(1))
    queries = queries_of(FREE, spaced(SPLIT.test, 7))
    assert found.ranked_queries == len(queries) == 14
    assert found.test.full_mrr == full_metrics(full_ranks(FREE, queries, MODEL.score_rows))["full_mrr"]


def test_one_model_without_a_part_is_in_memory_at_a_time() -> None:
    """Each is made when it is scored, and let go before the next one is made."""
    made: list[weakref.ref[DecoderScorer]] = []

    def make() -> DecoderScorer:
        assert not any(one() for one in made)
        made.append(weakref.ref(one := DecoderScorer(MODEL.decoder)))
        return one

    metrics = evaluate(GRAPH, SPLIT, MODEL, np.random.default_rng(0), {"dense": make, "degree": make})
    assert len(made) == 2
    assert [one.auc for one in metrics.without.values()] == [metrics.test.auc] * 2


def test_strata_part_the_pairs_by_the_lesser_degree() -> None:
    """Cold, middle and hub pairs together are all pairs, and a pair is as cold as its colder end."""
    degrees = np.diff(SEEN.indptr)
    lower, upper = np.quantile(degrees, [0.25, 0.75])
    pairs = np.concatenate([SPLIT.test, SPLIT.test_negatives])
    expected = [
        0 if min(degrees[a], degrees[b]) <= lower else 2 if min(degrees[a], degrees[b]) > upper else 1 for a, b in pairs
    ]
    assert PAIRS.stratum.tolist() == expected
    strata = evaluate(GRAPH, SPLIT, MODEL, np.random.default_rng(1)).strata
    assert sum(s.positives + s.negatives for s in strata.values()) == len(pairs)
