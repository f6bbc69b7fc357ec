"""A checkpoint restores the graph and the config of its training, or the error names what it lacks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.arrays import Float32
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.publishing.export import export
from latentlink.models.training.protocol import train
from latentlink.models.training.replay import config_of, graph_of
from tests.models.checkpoint.helpers import edit_manifest

CONFIG = TrainingConfig(epochs=1, dim=2, node_embeddings="on")
RNG = np.random.default_rng(3)
DENSE = RNG.normal(size=(30, 4)).astype(np.float32)
SPARSE = CSR.from_dense((RNG.random((30, 6)) < 0.3).astype(np.float32))


def _graph(features: Float32 | CSR | None = None, weighted: bool = False, timed: bool = False) -> Graph:
    """30 nodes whose ids are not in order, and 60 to 80 edges."""
    pairs = np.random.default_rng(1).integers(0, 30, (80, 2))
    weights = np.linspace(0.5, 2, 80, dtype=np.float32) if weighted else None
    times = np.linspace(1990, 2020, 80) if timed else None
    return Graph.from_pairs([f"n{29 - i} é" for i in range(30)], pairs, weights, features, times)


def _trained(store: Path, graph: Graph, config: TrainingConfig = CONFIG, *, store_features: bool = True) -> Path:
    return export(store, "small", graph, config, train(graph, config), store_features=store_features)


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize(
    ("graph", "time_column"),
    [
        (_graph(), None),
        (_graph(DENSE), None),
        (_graph(SPARSE), None),
        (replace(_graph(weighted=True, timed=True), weights_until=None), "at"),
    ],
    ids=["no features", "dense", "sparse", "weights and times"],
)
def test_the_graph_and_the_config_come_back(tmp_path: Path, graph: Graph, time_column: str | None, refit: bool) -> None:
    """With fingerprint, notes and every setting, whether held-out edges went into the served graph or not."""
    graph = replace(graph, notes=("Mind this.", "And that."))
    config = CONFIG.model_copy(update={"refit": refit, "time_column": time_column})
    checkpoint = open_checkpoint(_trained(tmp_path, graph, config))
    found = graph_of(checkpoint)
    assert (checkpoint.graph.heldout is None) == refit
    assert found.fingerprint() == graph.fingerprint()  # over ids, edges, weights, times and features
    assert (found.edges == graph.edges).all()
    assert (found.notes, config_of(checkpoint)) == (graph.notes, config)


def test_a_config_from_before_weight_decay_has_none(tmp_path: Path) -> None:
    """Independent of the encoder's recipe today."""
    config = TrainingConfig(encoder="gcn", epochs=1, dim=2, hidden=2)
    path = edit_manifest(_trained(tmp_path, _graph(DENSE), config), lambda m: m["config"].pop("weight_decay"))
    assert (config.weight_decay, config_of(open_checkpoint(path)).weight_decay) == (5e-4, 0)


def test_features_that_were_not_stored_are_an_error(tmp_path: Path) -> None:
    """The message has their number and what to do."""
    path = _trained(tmp_path, _graph(DENSE), store_features=False)
    with pytest.raises(DataError, match=r"expected the 4 features .* train again without --no-store-features"):
        graph_of(open_checkpoint(path))


@pytest.mark.parametrize("what", ["weight", "time"])
def test_unknown_weights_and_times_of_held_out_edges_are_an_error(tmp_path: Path, what: str) -> None:
    """A checkpoint of an older version has the held-out edges, but not their weights or times."""
    graph = _graph(weighted=what == "weight", timed=what == "time")
    checkpoint = open_checkpoint(_trained(tmp_path, graph, CONFIG.model_copy(update={"refit": False})))
    known = replace(checkpoint.graph, heldout_weights=None, heldout_times=None)
    with pytest.raises(DataError, match=f"expected the {what} of every edge, found none of the held-out ones; train"):
        graph_of(replace(checkpoint, graph=known))


def test_features_that_change_with_time_are_not_taken_for_constant_ones(tmp_path: Path) -> None:
    """The stored ones include changes after the training's last moment."""
    graph = replace(_graph(DENSE, timed=True), features_until=lambda _: DENSE)
    path = _trained(tmp_path, graph, CONFIG.model_copy(update={"time_column": "at"}))
    with pytest.raises(DataError, match="expected features that hold at all times, found some that change with time"):
        graph_of(open_checkpoint(path))


@pytest.mark.parametrize("time_column", [None, "at"])
def test_weights_that_change_with_time_are_not_taken_for_constant_ones(tmp_path: Path, time_column: str | None) -> None:
    """The stored ones include repeats of held-out times; a training with a random split used all of them."""
    graph = _graph()
    later = np.concatenate([graph.edges, graph.edges[:1]])
    times = np.arange(len(later), dtype=np.float64)
    graph = Graph.from_pairs(graph.ids, later, np.ones(len(later), np.float32), times=times)
    checkpoint = open_checkpoint(_trained(tmp_path, graph, CONFIG.model_copy(update={"time_column": time_column})))
    if time_column is None:
        assert graph_of(checkpoint).fingerprint() == graph.fingerprint()
    else:
        with pytest.raises(DataError, match="expected weights that hold at all times, found some that change with"):
            graph_of(checkpoint)


def test_another_graph_than_was_trained_on_is_refused(tmp_path: Path) -> None:
    """The metrics would be of other data."""
    checkpoint = open_checkpoint(_trained(tmp_path, _graph()))
    other = checkpoint.manifest.model_copy(update={"data_fingerprint": "0" * 64})
    with pytest.raises(DataError, match=f"with the fingerprint {'0' * 64}, found {_graph().fingerprint()}"):
        graph_of(replace(checkpoint, manifest=other))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"dim": 0}, "expected settings of a training, found dim: Input should be greater than or equal to 1"),
        ({"width": 3}, "expected settings of a training, found width: Extra inputs are not permitted"),
    ],
)
def test_a_config_that_cannot_be_repeated_is_refused(tmp_path: Path, config: dict[str, object], message: str) -> None:
    """Settings of another version are not guessed."""
    path = edit_manifest(_trained(tmp_path, _graph()), lambda manifest: manifest.update(config=config))
    with pytest.raises(DataError, match=message):
        config_of(open_checkpoint(path))
