"""Splits that do not leak, and an audit that sees it when they do."""

from dataclasses import replace

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import Split, audit, require_sound, split_edges
from latentlink.models.facts.training import SplitAudit
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys


@pytest.fixture
def graph() -> Graph:
    """60 nodes and about 190 edges."""
    pairs = np.random.default_rng(7).integers(0, 60, (200, 2))
    return Graph.from_pairs([str(i) for i in range(60)], pairs)


@pytest.fixture
def split(graph: Graph) -> Split:
    """85/5/10 of it."""
    return split_edges(graph, 0.05, 0.10, np.random.default_rng(0))


def test_the_parts_make_up_the_graph(graph: Graph, split: Split) -> None:
    """Every edge is in exactly one part; shares are of undirected edges, with as many negatives as positives."""
    parts = np.concatenate([graph.edges[split.train], split.validation, split.test])
    assert sorted(edge_keys(parts, graph.n_nodes).tolist()) == edge_keys(graph.edges, graph.n_nodes).tolist()
    assert len(split.validation) == len(split.validation_negatives) == int(0.05 * graph.n_edges)
    assert len(split.test) == len(split.test_negatives) == int(0.10 * graph.n_edges)


def test_the_audit_sees_a_reversed_test_edge_in_training(graph: Graph, split: Split) -> None:
    """A held-out edge that comes back in the other direction is a leak."""
    leaked = np.flatnonzero((graph.edges == split.test[0]).all(axis=1))
    leaky = replace(split, train=np.append(split.train, leaked), test=split.test[:, ::-1])
    assert audit(graph, leaky, graph.edges[split.train]).train_in_test == 1


def test_the_audit_counts_each_kind_of_leak(graph: Graph, split: Split) -> None:
    """Self-loops, repeated edges, pairs in two parts, and negatives that are edges; 0 of each in a fresh split."""
    leaky = replace(
        split,
        validation=np.concatenate([split.validation, split.validation[:1, ::-1], split.test[:3], [[4, 4]]]),
        test_negatives=np.concatenate([split.test_negatives, split.validation_negatives[:2], graph.edges[:2, ::-1]]),
    )
    known = graph.edges[split.train]
    assert audit(graph, split, known) == SplitAudit()
    found = audit(graph, leaky, known)
    assert (found.duplicates, found.validation_in_test, found.self_loops, found.negatives_in_both) == (1, 3, 1, 2)
    assert found.negatives_that_are_edges == 2


def test_the_audit_sees_what_the_encoder_saw(graph: Graph, split: Split) -> None:
    """A sound split is no excuse: held-out edges in either direction among the encoder's are counted, each pair once."""
    seen = np.concatenate([graph.edges[split.train], split.validation[:2], split.test[:3, ::-1], split.test[:1]])
    assert audit(graph, split, seen) == SplitAudit(heldout_in_encoder=5)


def test_an_unsound_split_is_refused_by_its_counts() -> None:
    """The error names every count that is not 0, and no other."""
    with pytest.raises(DataError, match=r"to be 0, found train_in_test = 3, heldout_in_encoder = 1,000; metrics"):
        require_sound(SplitAudit(train_in_test=3, heldout_in_encoder=1000))
    require_sound(SplitAudit())


def _timed(times: list[float]) -> Graph:
    """A path with a time for each of its edges."""
    pairs = np.array([[i, i + 1] for i in range(len(times))])
    return Graph.from_pairs([str(i) for i in range(len(times) + 1)], pairs, times=np.array(times))


def test_by_time_the_latest_edges_are_held_out() -> None:
    """Of 20 edges the last but two is for validation, the last two for test."""
    graph = _timed([19, 20, 18, *range(1, 18)])
    split = split_edges(graph, 0.05, 0.10, np.random.default_rng(0), by_time=True)
    assert split.validation.tolist() == [[2, 3]]
    assert split.test.tolist() == [[0, 1], [1, 2]]
    assert audit(graph, split, graph.edges[split.train]) == SplitAudit()


@pytest.mark.parametrize(
    ("times", "sizes"),
    [
        ([1.0] * 14 + [2.0] * 3 + [3.0] * 3, (14, 3, 3)),
        ([1.0] * 17 + [2.0] + [3.0] * 2, (17, 1, 2)),
        ([1.0] * 10 + [2.0] * 7 + [3.0] + [4.0] * 2, (17, 1, 2)),
        ([1.0] * 9 + [2.0] + [3.0] * 10, (9, 1, 10)),
    ],
)
def test_edges_of_one_time_stay_together(times: list[float], sizes: tuple[int, int, int]) -> None:
    """Else an edge would be tested on what is known of its own moment; the cuts are the nearest to 17, 1 and 2 edges."""
    split = split_edges(_timed(times), 0.05, 0.10, np.random.default_rng(0), by_time=True)
    assert (len(split.train), len(split.validation), len(split.test)) == sizes
    assert (split.sizes.train, split.sizes.validation, split.sizes.test) == sizes
    assert len(split.validation_negatives) == sizes[1]
    assert len(split.test_negatives) == sizes[2]


@pytest.mark.parametrize(
    ("times", "by_time", "message"),
    [
        ([1.0] * 2, False, "at least 10 edges to split into training, validation and test, found 2"),
        ([1.0] * 8 + [2.0] + [3.0] * 11, True, r"about 17 of 20 edges for training, found .* that leaves 8, .*; give"),
        (
            [1.0] * 10 + [2.0] * 10,
            True,
            "at least 3 different times to train, select and report on, found 2; give finer",
        ),
        (None, True, "expected a time of every edge to split by, found none"),
    ],
)
def test_a_graph_that_cannot_be_split_is_refused(times: list[float] | None, by_time: bool, message: str) -> None:
    """Too few edges, fewer than half of the requested training edges, too few times or none: the error has the numbers."""
    graph = replace(_timed([1.0] * 20), times=None) if times is None else _timed(times)
    with pytest.raises(DataError, match=message):
        split_edges(graph, 0.05, 0.10, np.random.default_rng(0), by_time=by_time)
