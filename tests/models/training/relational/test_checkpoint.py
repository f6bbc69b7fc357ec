"""What a checkpoint keeps of a training on triples."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.checkpoint import Checkpoint, open_checkpoint
from latentlink.models.checkpoint.split import SPLIT
from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.publishing.export import export
from latentlink.models.training.given_split import load_split
from latentlink.models.training.protocol import train
from latentlink.models.training.replay import config_of, graph_of
from latentlink.models.training.trained import Trained
from tests.models.training.relational.test_protocol import CONFIG, rings

KEPT = CONFIG.model_copy(update={"refit": False})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the model `rings`."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def trained(store: Path) -> Trained:
    """Published as `rings`, with held-out triples."""
    outcome = train(rings(), KEPT)
    export(store, "rings", rings(), KEPT, outcome)
    return outcome


@pytest.fixture(scope="module")
def checkpoint(store: Path, trained: Trained) -> Checkpoint:
    """Opened again, which verifies it."""
    assert trained.split_audit
    return open_checkpoint(next(store.glob("rings/2*")))


def _named(graph: Graph, triples: np.ndarray) -> set[tuple[str, str, str]]:
    assert graph.relations is not None
    return {(graph.ids[s], graph.relations.names[r], graph.ids[t]) for s, t, r in triples.tolist()}


def test_links_are_served_by_relation_and_direction(checkpoint: Checkpoint, trained: Trained) -> None:
    """The targets of a node, and the sources into it, are those of the training triples of the relation."""
    known = rings().triples[trained.split.train]
    for relation in range(4):
        graph = checkpoint.graph.of_relation(relation)
        pairs = {(s, t) for s, t, r in known.tolist() if r == relation}
        assert {(s, t) for s in range(40) for t in graph.neighbors(s)} == pairs
        assert {(s, t) for t in range(40) for s in graph.sources(t)} == pairs


def test_the_served_logit_is_the_evaluated_one(checkpoint: Checkpoint, trained: Trained) -> None:
    """Of every test triple, to the last bit."""
    served = [checkpoint.of_relation(r).decoder.pair(s, t) for s, t, r in trained.split.test.tolist()]
    assert served == trained.test_logits[0].tolist()


def test_the_graph_is_read_back_with_its_relations(checkpoint: Checkpoint) -> None:
    """Known and held-out triples are all of the data, by its fingerprint; so is the config."""
    assert graph_of(checkpoint).triples.tolist() == rings().triples.tolist()
    assert config_of(checkpoint) == KEPT


def test_facts_of_each_relation_stand_in_their_order(checkpoint: Checkpoint, trained: Trained) -> None:
    """With a prior each; the card has a row of each."""
    manifest = checkpoint.manifest
    assert manifest.relations == ["next", "last", "skip", "far"]
    assert manifest.relation_probabilities == [*trained.probabilities.relations.values()]
    card = (checkpoint.path / "MODEL_CARD.md").read_text()
    assert all(f"\n| {name} | 40 | " in card for name in manifest.relations)


def test_the_split_is_found_by_the_names_of_nodes_and_relations(store: Path, trained: Trained) -> None:
    """In a graph that was read in another order; by rows the file is refused there."""
    graph, order = rings(), np.random.default_rng(0).permutation(40)
    assert graph.relations is not None
    other = Graph.from_pairs(
        [f"n{node}" for node in np.argsort(order)],
        order[graph.edges],
        relations=Relations(("far", "skip", "last", "next"), (3 - graph.relations.of).astype(np.int16)),
    )
    split = load_split(store, "rings", other)
    assert _named(other, split.test) == _named(graph, trained.split.test)
    assert _named(other, other.triples[split.train]) == _named(graph, graph.triples[trained.split.train])
    with pytest.raises(DataError, match="expected each of the graph's 160 edges once"):
        load_split(store, str(next(store.glob(f"rings/2*/{SPLIT}"))), other)
    names = replace(other, relations=Relations(("far", "skip", "last", "first"), other.relations.of))  # type: ignore[union-attr]
    with pytest.raises(DataError, match="expected a model of the same relations as the data, found 'next', 'last'"):
        load_split(store, "rings", names)
