"""A split that is given: kept by a checkpoint, found again by ids, and refused where it is of another graph."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import NodePairs, open_checkpoint
from latentlink.models.checkpoint.split import SPLIT, read_split
from latentlink.models.checkpoint.tensors import write_tensors
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import CheckpointError, DataError
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.publishing.export import export
from latentlink.models.training.given_split import load_split, split_of
from latentlink.models.training.protocol import train
from latentlink.models.training.resume import facts_of
from tests.models.checkpoint.helpers import publish_small

CONFIG = TrainingConfig(epochs=2, dim=4)


def _graph(order: Int64 | None = None, ids: str = "n") -> Graph:
    """A ring of 30 nodes with chords; node k stands at row `order[k]`."""
    k = np.arange(30)
    order = k if order is None else order
    names = [f"{ids}{i}" for i in np.argsort(order)]
    return Graph.from_pairs(names, order[np.concatenate([np.stack([k, (k + step) % 30], axis=1) for step in (1, 4)])])


def _pairs(graph: Graph, seed: int = 5) -> NodePairs:
    split = split_edges(graph, 0.1, 0.2, np.random.default_rng(seed))
    return NodePairs(graph.edges[split.train], *(getattr(split, name) for name in NodePairs._fields[1:]))


def _named(graph: Graph, pairs: Int64) -> set[frozenset[str]]:
    return {frozenset(graph.ids[row] for row in pair) for pair in pairs.tolist()}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model `ring`, and `small`, which has no split."""
    folder = tmp_path_factory.mktemp("store")
    export(folder, "ring", _graph(), CONFIG, train(_graph(), CONFIG))
    publish_small(folder)
    return folder


def test_a_checkpoint_keeps_the_split_of_its_evaluation(store: Path) -> None:
    """The one that the config's seed draws; a training on it gives the same metrics to the last bit."""
    pairs = open_checkpoint(next(store.glob("ring/2*"))).read_split()
    drawn = split_edges(_graph(), CONFIG.validation, CONFIG.test, np.random.default_rng(CONFIG.seed))
    assert pairs is not None
    assert (pairs.train == _graph().edges[drawn.train]).all()
    assert all((getattr(pairs, name) == getattr(drawn, name)).all() for name in NodePairs._fields[1:])
    split = split_of(pairs, _graph(), "here")
    assert split.given
    assert train(_graph(), CONFIG, split=split).metrics == train(_graph(), CONFIG).metrics


def test_the_given_split_is_the_one_that_is_tested(store: Path) -> None:
    """Not that of the seed: the test logits are of its pairs."""
    split = load_split(store, "ring", _graph())
    trained = train(_graph(), CONFIG.model_copy(update={"seed": 7, "refit": False}), split=split)
    mu, (source, target) = trained.embeddings.mu, split.test.T
    assert trained.test_logits[0] == pytest.approx((mu[source] * mu[target]).sum(axis=1), rel=1e-5)
    assert _named(_graph(), trained.heldout) == _named(_graph(), np.concatenate([split.validation, split.test]))


def test_the_nodes_of_a_model_are_found_by_their_ids(store: Path) -> None:
    """A graph that was read in another order is split between the same nodes; by rows it is refused."""
    shuffled = _graph(np.random.default_rng(1).permutation(30))
    split, there = load_split(store, "ring", shuffled), load_split(store, "ring", _graph())
    for name in NodePairs._fields[1:]:
        assert _named(shuffled, getattr(split, name)) == _named(_graph(), getattr(there, name))
    train_edges = (graph.edges[part.train] for graph, part in ((shuffled, split), (_graph(), there)))
    assert _named(shuffled, next(train_edges)) == _named(_graph(), next(train_edges))
    with pytest.raises(DataError, match=r"each of the graph's 60 edges once, found 60 edges, \d+ of them in the graph"):
        load_split(store, str(next(store.glob(f"ring/2*/{SPLIT}"))), shuffled)


@pytest.mark.parametrize(
    ("source", "graph", "message"),
    [
        ("none", _graph(), "--split: model: expected one of ring, small"),
        ("small", _graph(), f"expected a model with a {SPLIT}, found an older one"),
        ("ring", _graph(ids="m"), "found one with 30 other nodes, such as 'n0'"),
        ("ring", replace(_graph(), edges=_graph().edges[1:]), "the graph's 59 edges once, found 60 edges, 59 of them"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(store: Path, source: str, graph: Graph, message: str) -> None:
    """With what it lacks, or what differs."""
    with pytest.raises(DataError, match=message):
        load_split(store, source, graph)


def _changed(**parts: Int64) -> NodePairs:
    return _pairs(_graph())._replace(**parts)


EDGES = _pairs(_graph())
FORGED = {
    "a row too many": (_changed(test=np.array([[0, 30]])), "test: expected rows of 30 nodes, found 30"),
    "a row below zero": (_changed(train=np.array([[-1, 2]])), "train: .*found -1"),
    "an edge twice": (_changed(train=EDGES.train[[0, *range(1, len(EDGES.train)), 0]]), "found 61 edges, 60 of them"),
    "an edge too few": (_changed(train=EDGES.train[1:]), "found 59 edges, 59 of them"),
    "an edge as a negative": (_changed(test_negatives=EDGES.train[:1]), "negatives_that_are_edges = 1"),
    "a negative in both": (_changed(test_negatives=EDGES.validation_negatives), "negatives_in_both = "),
    "a loop": (_changed(test_negatives=np.array([[3, 3]])), "self_loops = 1"),
    "a relation": (_changed(test=np.array([[0, 1, 0]])), "test: expected pairs without relations, found others"),
    "no test": (_changed(test=np.empty((0, 2), np.int64)), "test: expected pairs, found none"),
}


@pytest.mark.parametrize(("pairs", "message"), FORGED.values(), ids=FORGED)
def test_a_split_that_would_leak_is_refused(pairs: NodePairs, message: str) -> None:
    """Before anything is trained."""
    with pytest.raises(DataError, match=message):
        split_of(pairs, _graph(), "here")


def test_a_reversed_edge_is_the_edge() -> None:
    """Another library may write pairs in either direction and order."""
    pairs = _pairs(_graph())
    turned = NodePairs(*(part[::-1, ::-1] for part in pairs))
    assert (split_of(turned, _graph(), "here").train == split_of(pairs, _graph(), "here").train).all()


WAYS = np.concatenate([np.stack([np.arange(30), (np.arange(30) + 1) % 30], axis=1), [[1, 0], [2, 1], [3, 2]]])
DIRECTED = Graph.from_pairs([f"n{i}" for i in range(30)], WAYS, directed=True)
LED = NodePairs(WAYS[:27], WAYS[27:30], WAYS[10:13, ::-1], WAYS[30:], WAYS[13:16, ::-1])


def test_a_split_of_directed_links_is_of_ordered_pairs() -> None:
    """Train has the rows of the graph's links; a link turned round may be another one, or a negative."""
    split = split_of(LED, DIRECTED, "here")
    assert {tuple(edge) for edge in DIRECTED.edges[split.train].tolist()} == {
        tuple(edge) for edge in WAYS[:27].tolist()
    }
    assert all((getattr(split, name) == getattr(LED, name)).all() for name in NodePairs._fields[1:])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"test": LED.test[:, ::-1]}, "33 edges once, found 33 edges, 30 of them"),
        ({"test_negatives": WAYS[[0]]}, "negatives_that_are_edges = 1"),
        ({"test_negatives": np.array([[3, 3]])}, "self_loops = 1"),
        ({"test_negatives": LED.validation_negatives}, "negatives_in_both = 3"),
        ({"validation": np.array([[0, 30]])}, "validation: expected rows of 30 nodes, found 30"),
    ],
)
def test_a_split_of_directed_links_that_would_leak_is_refused(changed: dict[str, Int64], message: str) -> None:
    """A link in the wrong direction is none, and a node is not linked to itself."""
    with pytest.raises(DataError, match=message):
        split_of(LED._replace(**changed), DIRECTED, "here")


def test_a_split_of_directed_links_is_read_without_their_features() -> None:
    """Which would take twice their memory."""
    wide = replace(DIRECTED, features=np.zeros((30, 10**5), np.float32))
    tracemalloc.start()
    split_of(LED, wide, "here")
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 10**6


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"test": np.zeros((2, 4), np.int64)}, r"test: expected int32 or int64 \(m, 2\).*found int64 \(2, 4\)"),
        ({"test": np.zeros((2, 2), np.float32)}, "test: expected int32 or int64"),
        ({}, "expected a tensor named 'test', found"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, tensors: dict[str, Int64], message: str) -> None:
    """With the tensor and what it should be."""
    whole = {name: part for name, part in EDGES.tensors(30).items() if name != "test"}
    write_tensors(tmp_path / SPLIT, {**whole, **tensors})
    with pytest.raises(CheckpointError, match=message):
        read_split(tmp_path / SPLIT)


@pytest.mark.parametrize(("n_nodes", "dtype"), [(2**31 - 1, np.int32), (2**31, np.int64)])
def test_rows_take_four_bytes_where_they_fit(n_nodes: int, dtype: type) -> None:
    """A million links take eight megabytes."""
    assert {part.dtype for part in EDGES.tensors(n_nodes).values()} == {np.dtype(dtype)}


def test_a_killed_training_is_resumed_on_its_own_split_only() -> None:
    """A given split is among the facts of its state; a drawn one follows from seed and graph."""
    one, other = (split_of(_pairs(_graph(), seed), _graph(), "here") for seed in (5, 6))
    facts = [facts_of(_graph(), CONFIG, "cpu", split)["split"] for split in (None, one, other)]
    assert facts[0] is None
    assert len(set(facts)) == 3
    assert isinstance(one, Split)
