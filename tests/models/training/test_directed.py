"""Training of directed links, end to end: what is learned, and what a checkpoint holds of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.app.cli.report import summary
from latentlink.models.arrays import Int64
from latentlink.models.checkpoint import store
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import role_graph, turned_round
from latentlink.models.graph.types import NodeTypes
from latentlink.models.publishing.export import export
from latentlink.models.publishing.model_card import model_card
from latentlink.models.training.given_split import kept_split
from latentlink.models.training.protocol import train
from latentlink.models.training.replay import config_of, graph_of
from latentlink.models.training.trained import Trained
from latentlink.models.training.trainers.trainer import Trainer

N, LEVELS = 60, 4
RNG = np.random.default_rng(0)
LEVEL = RNG.integers(0, LEVELS, N)
CONFIG = TrainingConfig(dim=16, epochs=40, parts="dense,bias")


def _upward() -> Int64:
    """Links that lead one level up, and some in both directions between the lowest levels."""
    up = np.argwhere((LEVEL[:, None] + 1 == LEVEL) & (RNG.random((N, N)) < 0.5))
    low = up[(LEVEL[up] < 2).all(axis=1)][::4]
    return np.concatenate([up, low[:, ::-1]])


GRAPH = Graph.from_pairs([f"n{i}" for i in range(N)], _upward(), directed=True)


@pytest.fixture(scope="module")
def trained() -> Trained:
    """A training of `GRAPH`."""
    return train(GRAPH, CONFIG)


def test_a_model_predicts_which_way_links_lead(trained: Trained) -> None:
    """The links of a graph of levels lead one level up; a model that ignores directions has 0.5 by construction."""
    assert trained.metrics.test.direction is not None
    assert trained.metrics.test.direction > 0.9


def test_a_model_without_a_figure_for_directions_says_why(trained: Trained) -> None:
    """The output and the card, if the test has too few one-way links; else neither."""
    test = trained.metrics.test.model_copy(update={"direction": None})
    few = replace(trained, metrics=trained.metrics.model_copy(update={"test": test}))
    texts = [(summary(GRAPH, CONFIG, one), model_card("up", GRAPH, CONFIG, one)) for one in (few, trained)]
    found = [("fewer than 20 one-way links" in output, "there are fewer than 20" in card) for output, card in texts]
    assert found == [(True, True), (False, False)]


def test_embeddings_are_of_sources_and_of_targets(trained: Trained) -> None:
    """The decoder's logits of ordered pairs give the published metrics, and the opposite pairs give others."""
    embeddings = train(GRAPH, CONFIG.model_copy(update={"refit": False})).embeddings
    split, decoder = trained.split, embeddings.decoder
    scores = auc_ap(decoder.pairs(*split.test.T), decoder.pairs(*split.test_negatives.T))
    assert scores["auc"] == trained.metrics.test.auc
    assert embeddings.target is not None
    assert embeddings.mu.shape == embeddings.target.shape == (N, 18)
    assert (decoder.pairs(*split.test.T) != decoder.pairs(*split.test[:, ::-1].T)).all()


def test_the_bias_counts_links_of_each_role(trained: Trained) -> None:
    """b = g log(1 + k) + c with the links out of a source, and those into a target; its columns are (b ± 1) / √2."""
    embeddings = trained.embeddings
    assert embeddings.target is not None
    g, c = (float(embeddings.weights[f"bias.{name}"][0]) for name in ("degree", "constant"))
    for vectors, ends in zip((embeddings.mu, embeddings.target), GRAPH.edges.T, strict=True):
        bias = g * np.log1p(np.bincount(ends, minlength=N)) + c
        np.testing.assert_allclose(vectors[:, -2:] * np.sqrt(2), np.stack([bias + 1, bias - 1], 1), atol=1e-5)


def test_the_split_is_of_ordered_pairs(trained: Trained) -> None:
    """Held-out pairs are links in their direction, and negatives are none, though the opposite may be a link."""
    links = {tuple(pair) for pair in GRAPH.edges.tolist()}
    held_out = np.concatenate([trained.split.validation, trained.split.test]).tolist()
    negatives = np.concatenate([trained.split.validation_negatives, trained.split.test_negatives])
    assert {tuple(pair) for pair in held_out} <= links
    assert not {tuple(pair) for pair in negatives.tolist()} & links
    assert (negatives[:, 0] != negatives[:, 1]).all()


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_share_of_negatives_are_supervision_links_turned_round(share: float) -> None:
    """No pair is a link, or of a node with itself; so many stand for a one-way link of the step in the wrong direction."""
    trainer = Trainer(
        role_graph(GRAPH), np.arange(GRAPH.n_edges), CONFIG.model_copy(update={"reversed_negatives": share})
    )
    supervision = np.arange(0, GRAPH.n_edges, 2)
    drawn = np.sort(trainer._negatives(100, supervision), axis=1)
    pairs = {tuple(pair) for pair in drawn.tolist()}
    turned = {tuple(pair) for pair in turned_round(trainer.edges[supervision], N).tolist()}
    assert not pairs & {tuple(pair) for pair in trainer.edges.tolist()}
    assert not pairs & {(i, N + i) for i in range(N)}
    assert sum(tuple(pair) in turned for pair in drawn[: round(100 * share)].tolist()) == round(100 * share)


@pytest.mark.parametrize("model", ["gae", "vgae"])
@pytest.mark.parametrize("encoder", ["normalized", "linear", "gcn"])
def test_a_checkpoint_holds_both_directions(tmp_path: Path, model: str, encoder: str) -> None:
    """It opens verified, decodes as the training did, knows the links of each direction, and can be trained again."""
    config = TrainingConfig.model_validate(
        {"model": model, "encoder": encoder, "dim": 8, "epochs": 2, "evaluate_every": 1}
    )
    weights, x = np.arange(1, GRAPH.n_edges + 1, dtype=np.float32), np.eye(3, dtype=np.float32)[LEVEL % 3]
    weighted = Graph.from_pairs(GRAPH.ids, GRAPH.edges, weights, x, directed=True)
    outcome = train(weighted, config)
    export(tmp_path, "up", weighted, config, outcome)
    checkpoint = store.find(tmp_path, "up")
    assert (checkpoint.manifest.directed, checkpoint.manifest.format_version) == (True, 2)
    assert checkpoint.decoder.pair(3, 5) == outcome.embeddings.decoder.pair(3, 5) != checkpoint.decoder.pair(5, 3)
    assert [checkpoint.graph.neighbors(4).tolist(), checkpoint.graph.sources(4).tolist()] == [
        GRAPH.edges[GRAPH.edges[:, 0] == 4, 1].tolist(),
        GRAPH.edges[GRAPH.edges[:, 1] == 4, 0].tolist(),
    ]
    np.testing.assert_array_equal(np.asarray(checkpoint.features), x)
    assert len(checkpoint.weights["gcn.hidden.weight" if encoder == "gcn" else f"{encoder}.features.weight"]) == 6
    assert graph_of(checkpoint).fingerprint() == weighted.fingerprint()
    assert config_of(checkpoint) == config
    np.testing.assert_array_equal(kept_split(checkpoint, weighted).test, outcome.split.test)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"model": "vae"}, "--model vae"),
        ({"evaluate_unseen": 0.1}, "--evaluate-unseen"),
        ({"parts": "dense,shared_links"}, "shared_links"),
    ],
)
def test_what_directed_links_do_not_allow_is_refused(settings: dict[str, object], named: str) -> None:
    """Models of features, new nodes and shared links; the error names the option."""
    with pytest.raises(DataError, match=named):
        train(GRAPH, TrainingConfig.model_validate(settings))


def test_typed_nodes_have_no_direction_yet() -> None:
    """A graph is directed or typed; the error says which option to drop."""
    types = NodeTypes(("a", "b"), np.zeros(N, np.int16), np.array([[0, 0]], np.int16))
    with pytest.raises(DataError, match="--directed"):
        train(replace(GRAPH, types=types), CONFIG)


def test_reversed_negatives_need_directed_links() -> None:
    """Undirected links have no opposite."""
    plain = Graph.from_pairs(GRAPH.ids, GRAPH.edges)
    with pytest.raises(DataError, match="--reversed-negatives"):
        train(plain, TrainingConfig(reversed_negatives=0.2))


def test_neighbor_sampling_learns_directions() -> None:
    """Steps on sampled neighbourhoods turn supervision links round, too."""
    config = CONFIG.model_copy(update={"neighbor_sampling": "on", "parts": "dense", "epochs": 40})
    assert (train(GRAPH, config).metrics.test.direction or 0) > 0.9


def test_a_node_without_links_has_the_length_of_those_with_links_in_each_role() -> None:
    """Only its features are known of it; longer vectors would lead every list."""
    x = np.random.default_rng(1).random((N + 1, 5), np.float32)
    graph = Graph.from_pairs([*GRAPH.ids, "alone"], GRAPH.edges, features=x, directed=True)
    embeddings = train(graph, CONFIG.model_copy(update={"parts": "dense", "node_embeddings": "off"})).embeddings
    assert embeddings.target is not None
    ends = np.concatenate([embeddings.mu[graph.edges[:, 0]], embeddings.target[graph.edges[:, 1]]])
    length = np.linalg.norm(ends, axis=1).mean()
    for vectors in (embeddings.mu, embeddings.target):
        assert np.linalg.norm(vectors[N]) == pytest.approx(length, rel=1e-5)
