"""The protocol: nothing leaks, seeds repeat, the better epoch wins, and what is learned beats chance."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from latentlink.models.arrays import Float32
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.publishing.charts import curve_svg, scores_svg
from latentlink.models.training.fit import Epoch
from latentlink.models.training.protocol import train
from latentlink.models.training.steps import Step
from latentlink.models.training.trained import Trained
from latentlink.models.training.trainers.base_trainer import BaseTrainer
from latentlink.models.training.trainers.feature_trainer import FeatureTrainer
from latentlink.models.training.trainers.trainer import Trainer
from tests.models.training.helpers import AE, GAE, VAE, VGAE, communities

GRAPH = communities()


@pytest.fixture(scope="module")
def trained() -> Trained:
    """A VGAE of that graph."""
    return train(GRAPH, VGAE)


@pytest.mark.parametrize("config", [GAE, VGAE, AE, VAE])
def test_a_seed_repeats_every_bit(config: TrainingConfig) -> None:
    """Two trainings with one seed give the same embeddings, weights, curve, metrics and charts; another seed does not."""
    first, second = train(GRAPH, config), train(GRAPH, config)
    assert (first.embeddings.mu == second.embeddings.mu).all()
    assert all((w == second.embeddings.weights[name]).all() for name, w in first.embeddings.weights.items())
    assert (first.curve, first.metrics) == (second.curve, second.metrics)
    assert curve_svg(first.curve, first.epoch) == curve_svg(second.curve, second.epoch)
    assert scores_svg(*first.test_logits) == scores_svg(*second.test_logits)
    other = train(GRAPH, config.model_copy(update={"seed": 1}))
    assert (other.embeddings.mu != first.embeddings.mu).any()


def test_global_random_state_is_left_alone() -> None:
    """Training neither reads nor moves the generators of torch and numpy."""
    torch.manual_seed(9)
    before = torch.get_rng_state()
    train(GRAPH, VGAE)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("model", ["gae", "vgae"])
@pytest.mark.parametrize("encoder", ["gcn", "linear", "normalized"])
@pytest.mark.parametrize("features", [True, False])
def test_communities_are_learned(model: str, encoder: str, features: bool) -> None:
    """On eight communities the test AUC is far above chance, with and without features."""
    config = TrainingConfig.model_validate(
        {"model": model, "encoder": encoder, "epochs": 100, "refit": False, "dim": 32}
    )
    assert (train(communities(features=features, n=200, size=25), config).metrics.test.auc or 0) > 0.8


def test_a_training_on_a_leaky_split_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four test edges that come back reversed in training are found in the split and in the encoder."""

    def leaky(graph: Graph, validation: float, test: float, rng: np.random.Generator, *, by_time: bool) -> Split:
        assert not by_time
        split = split_edges(graph, validation, test, rng)
        back = np.flatnonzero(np.isin(edge_keys(graph.edges, 60), edge_keys(split.test[:4], 60)))
        return replace(split, train=np.append(split.train, back), test=split.test[:, ::-1])

    monkeypatch.setattr("latentlink.models.training.protocol.split_edges", leaky)
    with pytest.raises(DataError, match="found train_in_test = 4, heldout_in_encoder = 4;"):
        train(GRAPH, VGAE)


def test_a_training_whose_encoder_saw_everything_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The split is sound, but the encoder was given all edges: every held-out one is counted."""
    held_out = int(0.05 * GRAPH.n_edges) + int(0.1 * GRAPH.n_edges)
    monkeypatch.setattr(
        "latentlink.models.training.objectives.Trainer",
        lambda graph, _, *given, **named: Trainer(graph, np.arange(graph.n_edges), *given, **named),
    )
    with pytest.raises(DataError, match=f"expected every count to be 0, found heldout_in_encoder = {held_out};"):
        train(GRAPH, VGAE)


def test_the_selected_epoch_is_the_best_on_validation(trained: Trained) -> None:
    """The earliest epoch of the highest mean of AUC and AP is kept, and the reported validation AUC is that epoch's."""
    scores = [(epoch.validation or {}) for epoch in trained.curve]
    assert trained.epoch == 1 + int(np.argmax([(score["auc"] + score["ap"]) / 2 for score in scores]))
    assert trained.metrics.validation.auc == scores[trained.epoch - 1]["auc"]


def test_validation_is_looked_at_every_few_epochs_and_at_the_last() -> None:
    """With `evaluate_every` 4 and 10 epochs: at 4, 8 and 10."""
    config = VGAE.model_copy(update={"epochs": 10, "evaluate_every": 4})
    looked = [epoch.number for epoch in train(GRAPH, config).curve if epoch.validation]
    assert looked == [4, 8, 10]


def test_a_fit_ends_when_validation_has_not_risen_for_as_long_as_patience() -> None:
    """It is the fit of all epochs, cut at the first evaluation that finds the best epoch at least 6 epochs ago."""
    config = VGAE.model_copy(update={"epochs": 60, "evaluate_every": 4})
    whole, ended = train(GRAPH, config), train(GRAPH, config.model_copy(update={"patience": 6}))
    assert (config.patience, len(whole.curve)) == (None, 60)
    best, last = (0, -1.0), 60
    for number, validation in ((epoch.number, epoch.validation) for epoch in whole.curve if epoch.validation):
        score = (validation["auc"] + validation["ap"]) / 2
        best = (number, score) if score > best[1] else best
        if number - best[0] >= 6:
            last = number
            break
    assert last < 60  # else this graph shows nothing
    assert (ended.curve, ended.epoch) == (whole.curve[:last], best[0])


def test_node_embeddings_are_chosen_on_validation() -> None:
    """With `node_embeddings` "auto" the outcome is that of "on" or "off", whichever is better on validation."""
    base = TrainingConfig(epochs=40, dim=8, refit=False)
    graph = replace(GRAPH, features=np.random.default_rng(0).random((60, 3), np.float32))  # unrelated to links
    auto, on, off = (train(graph, base.model_copy(update={"node_embeddings": rows})) for rows in ("auto", "on", "off"))
    found = ((r.node_embeddings, r.metrics.validation) for r in (on, off))
    score = {rows: (metrics.auc or 0) + (metrics.ap or 0) for rows, metrics in found}
    assert auto.node_embeddings is max(score, key=lambda rows: score[rows])
    assert (auto.embeddings.mu == (on if auto.node_embeddings else off).embeddings.mu).all()


def test_reported_metrics_are_those_of_the_kept_embeddings() -> None:
    """Without a refit the test AUC can be computed again from the embeddings; known and held-out edges are the graph."""
    config = VGAE.model_copy(update={"refit": False})
    split = split_edges(GRAPH, config.validation, config.test, np.random.default_rng(config.seed))
    trained = train(GRAPH, config)
    scores = pair_logits(trained.embeddings.mu, *np.concatenate([split.test, split.test_negatives]).T)
    labels = np.repeat([1, 0], len(split.test))
    assert trained.metrics.test.auc == roc_auc_score(labels, scores)
    assert (np.concatenate(trained.test_logits) == scores).all()
    together = np.concatenate([trained.embeddings.edges, trained.heldout])
    assert sorted(edge_keys(together, 60).tolist()) == edge_keys(GRAPH.edges, 60).tolist()


@pytest.mark.parametrize(
    ("config", "start"),
    [
        (VGAE, lambda: Trainer(GRAPH, np.arange(GRAPH.n_edges), VGAE)),
        (VAE, lambda: FeatureTrainer(GRAPH, np.arange(GRAPH.n_edges), np.arange(60), VAE)),
    ],
)
def test_a_refit_sees_all_data_for_the_selected_number_of_epochs(
    config: TrainingConfig, start: Callable[[], BaseTrainer]
) -> None:
    """The served embeddings are those of a plain training on all edges and rows; each of its epochs is reported."""
    seen: list[Epoch] = []
    trained, trainer = train(GRAPH, config, seen.append), start()
    for _ in range(trained.epoch):
        trainer.step()
    assert (trained.embeddings.mu == trainer.embed().mu).all()
    assert (len(trained.embeddings.edges), len(trained.heldout)) == (GRAPH.n_edges, 0)
    assert seen[: config.epochs] == trained.curve
    refit = [(epoch.number, epoch.phase, epoch.validation) for epoch in seen[config.epochs :]]
    assert refit == [(number, "refit", None) for number in range(1, trained.epoch + 1)]


def test_an_epoch_has_its_phase() -> None:
    """Features alone, then with node embeddings, then the refit; numbers begin again with each."""
    seen: list[Epoch] = []
    trained = train(GRAPH, TrainingConfig(epochs=2, dim=4), seen.append)
    fits = [(1, "fit"), (2, "fit"), (1, "fit with node rows"), (2, "fit with node rows")]
    assert [(e.number, e.phase) for e in seen] == fits + [(n, "refit") for n in range(1, trained.epoch + 1)]


def test_weights_change_what_is_learned(trained: Trained) -> None:
    """Weights reach the propagation and the loss."""
    assert (train(communities(weights=True), VGAE).embeddings.mu != trained.embeddings.mu).any()


@pytest.mark.parametrize("config", [VGAE, AE, VAE])
def test_sparse_and_dense_features_learn_the_same(config: TrainingConfig) -> None:
    """The layout of X changes no more than rounding, with missing cells where the model takes them."""
    x = np.array(GRAPH.features)
    if not config.sees_graph:
        x[::7, 3] = np.nan
    sparse, dense = (train(replace(GRAPH, features=features), config) for features in (CSR.from_dense(x), x))
    np.testing.assert_allclose(sparse.embeddings.mu, dense.embeddings.mu, atol=1e-4)
    # The PCA of a sparse table is not centred, so only the model's errors are the same.
    errors = [each.metrics.test.reconstruction or 0 for each in (sparse, dense)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-4)


def test_a_loss_that_is_not_finite_ends_with_advice() -> None:
    """Sparse features of 1e30 overflow the loss; the error says what to change."""
    huge = CSR.from_dense(np.eye(60, dtype=np.float32) * np.float32(1e30))
    with pytest.raises(DataError, match=r"a finite loss, found .*; scale the features or lower --learning-rate"):
        train(replace(GRAPH, features=huge), VGAE)


def test_embeddings_too_large_to_serve_end_at_the_first_evaluation() -> None:
    """A checkpoint with them would be refused, so training ends; the error says what to change."""
    graph, seen = replace(GRAPH, features=np.eye(60, dtype=np.float32) * np.float32(1e18)), list[Epoch]()
    config = TrainingConfig(model="gae", encoder="linear", epochs=20, evaluate_every=3)
    with pytest.raises(DataError, match=r"mu: expected embeddings below 1e\+15, found .*; scale the features"):
        train(graph, config, seen.append)
    assert len(seen) == 2


def test_a_time_split_knows_nothing_of_later_edges() -> None:
    """The encoder sees the earliest edges, and features as they were at the last of them; a refit takes all of both."""
    graph, moments = GRAPH, []

    def features_until(moment: float) -> Float32:
        moments.append(moment)
        return 2 * np.eye(60, dtype=np.float32)

    times = np.random.default_rng(0).permutation(graph.n_edges).astype(np.float64)
    graph = replace(graph, times=times, features_until=features_until)
    trained = train(graph, VGAE.model_copy(update={"time_column": "at", "refit": False}))
    earliest = graph.edges[np.sort(np.argsort(times)[: len(trained.embeddings.edges)])]
    assert (trained.embeddings.edges == earliest).all()
    assert moments == [len(earliest) - 1]
    np.testing.assert_array_equal(trained.features, 2 * np.eye(60))
    assert len(train(graph, VGAE.model_copy(update={"time_column": "at"})).embeddings.edges) == graph.n_edges


@pytest.mark.parametrize("model", ["gae", "ae"])
def test_a_time_split_knows_nothing_of_later_repeats(model: str) -> None:
    """Repeats after the training's last moment weigh in the refit alone."""
    graph = GRAPH
    e = graph.n_edges
    pairs, times = np.concatenate([graph.edges, graph.edges]), np.arange(2 * e, dtype=np.float64)
    repeated = Graph.from_pairs(graph.ids, pairs, np.ones(2 * e, np.float32), graph.features, times)
    config = TrainingConfig.model_validate({"model": model, "epochs": 2, "time_column": "at"})
    evaluated = train(repeated, config.model_copy(update={"refit": False})).embeddings
    assert evaluated.edge_weights is not None
    assert (evaluated.edge_weights == 1).all()
    refit = train(repeated, config).embeddings
    assert refit.edge_weights is not None
    assert (refit.edge_weights == 2).all()


def test_every_step_is_reported_before_it_begins() -> None:
    """With the most epochs that it takes: all that are allowed in a fit, in a refit the selected number."""
    steps: list[Step] = []
    config = VGAE.model_copy(update={"node_embeddings": "auto", "evaluate_unseen": 0.1})
    trained = train(GRAPH, config, on_step=steps.append)
    protocol = [
        ("splitting the edges", None),
        ("fit", 15),
        ("fit with node embeddings", 15),
        ("evaluating the model and the heuristics", None),
    ]
    hidden = [(f"new nodes: {name}", epochs) for name, epochs in protocol]
    hidden.append(("new nodes: embedding and scoring the hidden nodes", None))
    assert steps == [*hidden, *protocol, ("refit", trained.epoch)]
