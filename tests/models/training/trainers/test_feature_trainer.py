"""AE and VAE in the protocol: nothing leaks, missing cells are unknown, a PCA is beaten."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from latentlink.models.arrays import Float32
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.feature_baselines import feature_baselines, reconstruction_errors
from latentlink.models.evaluation.splits import split_rows
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.publishing.export import export
from latentlink.models.publishing.model_card import model_card
from latentlink.models.training.planning.cost import feature_step_work
from latentlink.models.training.protocol import train
from latentlink.models.training.trainers.feature_trainer import FeatureTrainer, batch_rows
from tests.models.training.helpers import AE, VAE


def _graph(features: Float32 | CSR | None, n: int = 120) -> Graph:
    i = np.arange(n)
    pairs = np.concatenate([np.stack([i, (i + step) % n], axis=1) for step in (1, 4)])
    return Graph.from_pairs([f"n{k}" for k in i], pairs, features=features)


def _features(n: int = 120) -> Float32:
    """Six binary and four real columns of two hidden numbers a row."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(n, 2))
    ones = z @ rng.normal(size=(2, 6)) > rng.normal(size=(n, 6))
    return np.concatenate([ones, z @ rng.normal(size=(2, 4))], axis=1).astype(np.float32)


def _ring(n: int = 400) -> Float32:
    """Twelve real columns on a closed curve, which no plane holds."""
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 2 * np.pi, n)
    waves = np.stack([wave(k * angle) for k in (1, 2, 3) for wave in (np.cos, np.sin)], axis=1)
    x = waves @ rng.normal(size=(6, 12))
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0), np.float32)


def test_held_out_rows_are_never_seen() -> None:
    """With other numbers in the held-out rows, the same weights are learned."""
    x = _features()
    rows = split_rows(120, AE.validation, AE.test, np.random.default_rng(AE.seed))
    held_out = np.concatenate([rows.validation, rows.test])
    changed = x.copy()
    changed[held_out] = 1 - changed[held_out]
    runs = [FeatureTrainer(_graph(f), np.arange(3), rows.train, AE) for f in (x, changed)]
    for run in runs:
        run.step()
    first, second = (run.embed() for run in runs)
    assert all((weight == second.weights[name]).all() for name, weight in first.weights.items())
    assert (first.mu[held_out] != second.mu[held_out]).any()


@pytest.mark.parametrize("layout", [np.asarray, CSR.from_dense])
def test_held_out_rows_do_not_decide_which_columns_are_binary(layout: Callable[[Float32], Float32 | CSR]) -> None:
    """A 7 in a test row alone: the model still learns 0 and 1, and a model of the same numbers without it is the same."""
    x, config = _features(), AE.model_copy(update={"refit": False})
    seven = x.copy()
    seven[split_rows(120, config.validation, config.test, np.random.default_rng(config.seed)).test[0], 0] = 7
    one, other = (train(_graph(layout(features)), config) for features in (x, seven))
    assert other.embeddings.weights["decoder.binary"].tolist() == [1] * 6 + [0] * 4
    assert one.curve == other.curve


@pytest.mark.parametrize("config", [AE, VAE])
def test_test_rows_decide_nothing(config: TrainingConfig) -> None:
    """With other numbers in the test rows, a training learns, sees on validation and selects the same."""
    x, config = _features(), config.model_copy(update={"refit": False})
    rows = split_rows(120, config.validation, config.test, np.random.default_rng(config.seed))
    changed = x.copy()
    changed[rows.test] = 1 - changed[rows.test]
    one, other = (train(_graph(features), config) for features in (x, changed))
    assert (one.curve, one.epoch) == (other.curve, other.epoch)
    assert all((weight == other.embeddings.weights[name]).all() for name, weight in one.embeddings.weights.items())
    assert one.metrics.test.reconstruction != other.metrics.test.reconstruction


def test_missing_cells_are_not_taken_for_zeros() -> None:
    """Every known cell of a column is 1, so the model completes the missing ones with 1."""
    x = np.tile(np.array([[1, 0], [1, 1]], np.float32), (60, 1))
    hidden = np.arange(120) % 3 == 0
    x[hidden, 0] = np.nan
    trained = train(_graph(x), AE.model_copy(update={"epochs": 40, "refit": False}))
    errors = reconstruction_errors(
        trained.embeddings.weights, trained.embeddings.mu, np.nan_to_num(x, nan=1.0), np.flatnonzero(hidden)
    )
    assert errors.total < 0.2


def test_the_selected_epoch_has_the_least_loss_on_validation() -> None:
    """The earliest of equals is kept; a VAE's loss has its divergence, and the reported reconstruction has not."""
    graph = _graph(_features())
    for config in (AE, VAE):
        trained = train(graph, config)
        losses = [(epoch.validation or {})["loss"] for epoch in trained.curve]
        assert trained.epoch == 1 + int(np.argmin(losses))
        divergence = min(losses) - (trained.metrics.validation.reconstruction or 0)
        assert divergence > 0.1 if config.variational else divergence == pytest.approx(0)


def test_reported_errors_are_those_of_the_kept_embeddings() -> None:
    """Without a refit the test's error can be computed again from what is published."""
    graph, config = _graph(_features()), AE.model_copy(update={"refit": False})
    trained = train(graph, config)
    rows = split_rows(120, config.validation, config.test, np.random.default_rng(config.seed))
    assert graph.features is not None
    errors = reconstruction_errors(trained.embeddings.weights, trained.embeddings.mu, graph.features, rows.test)
    assert trained.metrics.reconstruction["model"] == errors
    assert trained.metrics.test.reconstruction == errors.total
    assert {"auc", "ap", "mrr"} <= trained.metrics.test.by_name().keys()  # so that nobody takes it for a link predictor


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_a_bent_manifold_beats_a_plane(model: str) -> None:
    """On a closed curve in 12 dimensions two numbers say more than the best plane, and the plane's error is scikit-learn's."""
    x = _ring()
    config = TrainingConfig.model_validate({"model": model, "dim": 2, "refit": False, "epochs": 60})
    errors = train(_graph(x, 400), config).metrics.reconstruction
    rows = split_rows(400, config.validation, config.test, np.random.default_rng(config.seed))
    pca = PCA(2).fit(x[rows.train])
    off = x[rows.test] - pca.inverse_transform(pca.transform(x[rows.test]))
    assert errors["pca"].squared_error == pytest.approx(float((off**2).sum(axis=1).mean()), rel=1e-3)
    assert errors["model"].total < 0.7 * errors["pca"].total


def test_baselines_of_binary_columns_are_clipped_where_it_serves_them_best() -> None:
    """Means ¼ of two test rows, one with a 1: the cross-entropy of ¼ itself."""
    x = np.array([[1], [0], [0], [0], [1], [0]], np.float32)
    found = feature_baselines(x, np.arange(4), np.array([4, 5]), np.array([True]), 1)["column_means"]
    mean = (1 + 1.5 / 5) / 5  # leans to the mean of all by one cell
    assert found.bce == pytest.approx(-(np.log(mean) + np.log(1 - mean)) / 2, rel=1e-5)
    assert found.squared_error is None


@pytest.mark.parametrize("dim", [9, 10, 11])
def test_a_pca_that_loses_nothing_is_left_out(dim: int) -> None:
    """10 dimensions keep 10 columns exactly; the card says why there is no PCA."""
    graph, config = _graph(_features()), AE.model_copy(update={"dim": dim, "epochs": 1})
    trained = train(graph, config)
    card = model_card("words", graph, config, trained)
    found = ("pca" in trained.metrics.reconstruction, "| PCA |" in card, "and is left out" not in card)
    assert found == (dim < 10,) * 3


def test_batches_are_small_for_small_tables_and_for_wide_ones() -> None:
    """A tenth of the rows within 16 and 256, and at most 2²² cells; a step's work is that of one batch."""
    assert [batch_rows(n, 10) for n in (40, 1000, 10**6)] == [16, 100, 256]
    assert batch_rows(10**6, 2**20) == 4
    assert feature_step_work(_features(), AE) == 2 * 16 * (10 * 16 + 10 * (2 + 16))


def test_features_of_zeros_alone_do_no_harm() -> None:
    """A sparse table without an entry, and a dense one of a single constant column, train and are reported."""
    empty = CSR.from_dense(np.zeros((120, 3), np.float32))
    for features in (empty, np.ones((120, 1), np.float32)):
        assert (train(_graph(features), AE).metrics.test.reconstruction or 0) < 0.5


def test_a_fit_without_a_finite_score_on_validation_ends_with_advice() -> None:
    """One count of a million in a validation row: its variance overflows at every look, so there is no best epoch to publish."""
    x = np.random.default_rng(0).poisson(0.3, (120, 20)).astype(np.float32)
    x[split_rows(120, VAE.validation, VAE.test, np.random.default_rng(VAE.seed)).validation[0], 0] = 1e6
    with pytest.raises(DataError, match=r"a finite score on validation, found none in 6 epochs; scale the features"):
        train(_graph(CSR.from_dense(x)), VAE)


def test_features_that_a_model_cannot_use_are_refused() -> None:
    """None for an AE, and missing cells for a model of links; the hint names the models that take them."""
    with pytest.raises(DataError, match=r"expected some for a model of features \(ae\), found none; add --features"):
        train(_graph(None), AE)
    x = _features()
    x[3, 2] = np.nan
    with pytest.raises(DataError, match=r"every cell for a gae, found 1 missing; .*--model vae"):
        train(_graph(x), TrainingConfig(model="gae", epochs=2))


@pytest.mark.parametrize("config", [AE, VAE])
def test_a_checkpoint_holds_encoder_decoder_and_features(tmp_path: Path, config: TrainingConfig) -> None:
    """It opens as any other; the card's first line says what the model is not."""
    graph = _graph(_features())
    trained = train(graph, config)
    checkpoint = open_checkpoint(export(tmp_path, "words", graph, config, trained))
    assert (checkpoint.manifest.model, checkpoint.manifest.encoder) == (config.model, "mlp")
    assert (checkpoint.logvar is None) is not config.variational
    assert graph.features is not None
    np.testing.assert_array_equal(checkpoint.features, graph.features)
    assert {"mlp.hidden.weight", "mlp.mu.weight", "decoder.linear.weight", "decoder.binary"} <= set(
        trained.embeddings.weights
    )
    card = model_card("words", graph, config, trained)
    assert card.partition("# words\n\n")[2].startswith(
        "**This model has learned features, not links: its test AP for edges is"
    )
    assert f"cross-entropy {trained.metrics.reconstruction['pca'].bce:.4f}" in card


def test_an_encoding_that_was_fitted_on_held_out_rows_is_in_the_card() -> None:
    """It is noted of a table's columns, and not of features that came encoded."""
    table = {"age": np.arange(120.0), "height": np.arange(120.0) ** 2}
    encoding = Preprocessing.fit(table)
    x = encoding.transform(table)
    trained = train(_graph(x), AE)
    for preprocessing in (encoding, None):
        card = model_card("words", replace(_graph(x), preprocessing=preprocessing), AE, trained)
        assert ("was fitted on all rows" in card) == (preprocessing is not None)


def test_missing_cells_are_counted_in_the_card() -> None:
    """One of them."""
    x = _features()
    x[3, 2] = np.nan
    partial = _graph(x)
    assert "10 features a node, 1 cells missing." in model_card("words", partial, AE, train(partial, AE))
