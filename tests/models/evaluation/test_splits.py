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


def test_the_parts_have_the_sizes_asked_for(graph: Graph, split: Split) -> None:
    """Shares are of undirected edges, with as many negatives as positives."""
    assert len(split.validation) == len(split.validation_negatives) == int(0.05 * graph.n_edges)
    assert len(split.test) == len(split.test_negatives) == int(0.10 * graph.n_edges)


def test_the_parts_make_up_the_graph(graph: Graph, split: Split) -> None:
    """Every edge stands in exactly one part."""
    parts = np.concatenate([graph.edges[split.train], split.validation, split.test])
    assert sorted(edge_keys(parts, graph.n_nodes).tolist()) == edge_keys(graph.edges, graph.n_nodes).tolist()


def test_a_fresh_split_passes_the_audit(graph: Graph, split: Split) -> None:
    """Every count of the audit is zero."""
    assert audit(graph, split, graph.edges[split.train]) == SplitAudit()


def test_the_audit_sees_a_reversed_test_edge_in_training(graph: Graph, split: Split) -> None:
    """A held-out edge that comes back in the other direction is a leak."""
    leaked = np.flatnonzero((graph.edges == split.test[0]).all(axis=1))
    leaky = replace(split, train=np.append(split.train, leaked), test=split.test[:, ::-1])
    assert audit(graph, leaky, graph.edges[split.train]).train_in_test == 1


def test_the_audit_sees_an_edge_among_the_negatives(graph: Graph, split: Split) -> None:
    """A negative that is an edge of the graph is a wrong label."""
    leaky = replace(split, test_negatives=np.concatenate([split.test_negatives, graph.edges[:2, ::-1]]))
    assert audit(graph, leaky, graph.edges[split.train]).negatives_that_are_edges == 2


def test_the_audit_sees_loops_duplicates_and_shared_pairs(graph: Graph, split: Split) -> None:
    """Self-loops, repeated edges and pairs in two parts are each counted."""
    leaky = replace(
        split,
        validation=np.concatenate([split.validation, split.validation[:1, ::-1], split.test[:3], [[4, 4]]]),
        test_negatives=np.concatenate([split.test_negatives, split.validation_negatives[:2]]),
    )
    found = audit(graph, leaky, graph.edges[split.train])
    assert (found.duplicates, found.validation_in_test, found.self_loops, found.negatives_in_both) == (1, 3, 1, 2)


def test_the_audit_sees_what_the_encoder_saw(graph: Graph, split: Split) -> None:
    """A sound split is no excuse: held-out edges in either direction among the encoder's are counted, each pair once."""
    seen = np.concatenate([graph.edges[split.train], split.validation[:2], split.test[:3, ::-1], split.test[:1]])
    assert audit(graph, split, seen) == SplitAudit(heldout_in_encoder=5)


def test_an_unsound_split_is_refused_by_its_counts() -> None:
    """The error names every count that is not 0, and no other."""
    with pytest.raises(DataError, match=r"to be 0, found train_in_test = 3, heldout_in_encoder = 1,000; metrics"):
        require_sound(SplitAudit(train_in_test=3, heldout_in_encoder=1000))
    require_sound(SplitAudit())


def test_a_graph_too_small_to_split_is_refused() -> None:
    """The error names the least number of edges and the number found."""
    tiny = Graph.from_pairs(["a", "b", "c"], np.array([[0, 1], [1, 2]]))
    with pytest.raises(DataError, match="at least 10 edges to split into training, validation and test, found 2"):
        split_edges(tiny, 0.05, 0.10, np.random.default_rng(0))


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


def test_times_that_leave_next_to_nothing_to_train_on_are_refused() -> None:
    """Fewer than half of the 17 requested edges; the error names both numbers."""
    with pytest.raises(
        DataError, match=r"about 17 of 20 edges for training, found a nearest cut that leaves 8, .*; give"
    ):
        split_edges(_timed([1.0] * 8 + [2.0] + [3.0] * 11), 0.05, 0.10, np.random.default_rng(0), by_time=True)


def test_two_times_are_too_few_to_split_by() -> None:
    """The error names the number that is needed and the number found."""
    with pytest.raises(
        DataError, match="at least 3 different times to train, select and report on, found 2; give finer"
    ):
        split_edges(_timed([1.0] * 10 + [2.0] * 10), 0.05, 0.10, np.random.default_rng(0), by_time=True)


def test_without_times_there_is_nothing_to_split_by(graph: Graph) -> None:
    """The error says what is missing."""
    with pytest.raises(DataError, match="expected a time of every edge to split by, found none"):
        split_edges(graph, 0.05, 0.10, np.random.default_rng(0), by_time=True)
