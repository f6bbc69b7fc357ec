"""The protocol: nothing leaks, seeds repeat, the better epoch wins, and what is learned beats chance."""

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
from latentlink.models.training.cost import step_work
from latentlink.models.training.fit import Epoch
from latentlink.models.training.protocol import train
from latentlink.models.training.steps import Step
from latentlink.models.training.trainer import Trainer

FAST = TrainingConfig(encoder="gcn", epochs=15, hidden=8, dim=4)


def _blocks(features: bool = True, weights: bool = False, n: int = 60, size: int = 30) -> Graph:
    """Communities of equal size with dense links inside and few between."""
    rng = np.random.default_rng(5)
    i, j = np.triu_indices(n, 1)
    linked = rng.random(len(i)) < np.where(i // size == j // size, 0.4, 0.01)
    pairs = np.stack([i[linked], j[linked]], axis=1)
    x = np.eye(n, dtype=np.float32) if features else None
    w = rng.uniform(0.5, 2, len(pairs)).astype(np.float32) if weights else None
    return Graph.from_pairs([f"n{k}" for k in range(n)], pairs, w, x)


@pytest.mark.parametrize("model", ["gae", "vgae"])
def test_a_seed_repeats_every_bit(model: str) -> None:
    """Two runs with one seed give the same embeddings, curve, metrics and pictures."""
    config = FAST.model_copy(update={"model": model})
    first, second = train(_blocks(), config), train(_blocks(), config)
    assert (first.embeddings.mu == second.embeddings.mu).all()
    assert (first.curve, first.metrics) == (second.curve, second.metrics)
    assert curve_svg(first.curve, first.epoch) == curve_svg(second.curve, second.epoch)
    assert scores_svg(*first.test_logits) == scores_svg(*second.test_logits)


def test_another_seed_gives_another_run() -> None:
    """The seed reaches split, weights, negatives and noise."""
    other = train(_blocks(), FAST.model_copy(update={"seed": 1}))
    assert (train(_blocks(), FAST).embeddings.mu != other.embeddings.mu).any()


def test_global_random_state_is_left_alone() -> None:
    """Training neither reads nor moves the generators of torch and numpy."""
    torch.manual_seed(9)
    before = torch.get_rng_state()
    train(_blocks(), FAST)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("model", ["gae", "vgae"])
@pytest.mark.parametrize("encoder", ["gcn", "linear", "normalized"])
@pytest.mark.parametrize("features", [True, False])
def test_communities_are_learned(model: str, encoder: str, features: bool) -> None:
    """On eight communities the test AUC is far above chance, with and without features."""
    config = TrainingConfig.model_validate({"model": model, "encoder": encoder, "epochs": 200})
    assert (train(_blocks(features, n=200, size=25), config).metrics.test.auc or 0) > 0.8


@pytest.mark.parametrize("encoder", ["gcn", "normalized"])
def test_held_out_edges_never_reach_the_encoder(encoder: str) -> None:
    """Without a refit the embeddings do not change when held-out edges are removed from the graph."""
    graph, config = _blocks(), TrainingConfig.model_validate({"encoder": encoder, "refit": False})
    split = split_edges(graph, config.validation, config.test, np.random.default_rng(config.seed))
    whole, alone = (
        Trainer(graph, split.train, config),
        Trainer(_only(graph, split.train), np.arange(len(split.train)), config),
    )
    for _ in range(5):
        whole.step()
        alone.step()
    assert (whole.embed().mu == alone.embed().mu).all()


def _only(graph: Graph, kept: np.ndarray) -> Graph:
    return replace(graph, edges=graph.edges[kept])


def test_a_training_on_a_leaky_split_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four test edges that come back reversed in training are found in the split and in the encoder."""

    def leaky(graph: Graph, validation: float, test: float, rng: np.random.Generator, *, by_time: bool) -> Split:
        assert not by_time
        split = split_edges(graph, validation, test, rng)
        back = np.flatnonzero(np.isin(edge_keys(graph.edges, 60), edge_keys(split.test[:4], 60)))
        return replace(split, train=np.append(split.train, back), test=split.test[:, ::-1])

    monkeypatch.setattr("latentlink.models.training.protocol.split_edges", leaky)
    with pytest.raises(DataError, match="found train_in_test = 4, heldout_in_encoder = 4;"):
        train(_blocks(), FAST)


def test_a_training_whose_encoder_saw_everything_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The split is sound, but the encoder was given all edges: every held-out one is counted."""
    graph = _blocks()
    held_out = int(0.05 * graph.n_edges) + int(0.1 * graph.n_edges)
    monkeypatch.setattr(
        "latentlink.models.training.objectives.Trainer",
        lambda graph, _, *given, **named: Trainer(graph, np.arange(graph.n_edges), *given, **named),
    )
    with pytest.raises(DataError, match=f"expected every count to be 0, found heldout_in_encoder = {held_out};"):
        train(graph, FAST)


def test_training_negatives_exclude_training_edges_only() -> None:
    """Held-out edges may be drawn as negatives: leaving them out would tell the model where they are."""
    graph = _blocks()
    split = split_edges(graph, 0.05, 0.4, np.random.default_rng(0))
    run = Trainer(graph, split.train, FAST)
    drawn = set(edge_keys(run.negatives.draw(20_000, np.random.default_rng(0)), 60).tolist())
    assert not drawn & set(edge_keys(graph.edges[split.train], 60).tolist())
    assert drawn >= set(edge_keys(split.test, 60).tolist())


def test_the_selected_epoch_is_the_best_on_validation() -> None:
    """The earliest epoch of the highest mean of AUC and AP is kept, and the reported validation AUC is that epoch's."""
    trained = train(_blocks(), FAST)
    scores = [(epoch.validation or {}) for epoch in trained.curve]
    assert trained.epoch == 1 + int(np.argmax([(score["auc"] + score["ap"]) / 2 for score in scores]))
    assert trained.metrics.validation.auc == scores[trained.epoch - 1]["auc"]


def test_validation_is_looked_at_every_few_epochs_and_at_the_last() -> None:
    """With `evaluate_every` 4 and 10 epochs: at 4, 8 and 10."""
    config = FAST.model_copy(update={"epochs": 10, "evaluate_every": 4})
    looked = [epoch.number for epoch in train(_blocks(), config).curve if epoch.validation]
    assert looked == [4, 8, 10]


def test_a_fit_ends_when_validation_has_not_risen_for_as_long_as_patience() -> None:
    """It is the fit without patience, cut at the first look that finds the best epoch so far at least 6 epochs ago."""
    config = FAST.model_copy(update={"epochs": 60, "evaluate_every": 4})
    whole, ended = train(_blocks(), config), train(_blocks(), config.model_copy(update={"patience": 6}))
    looks = [(e.number, (e.validation["auc"] + e.validation["ap"]) / 2) for e in whole.curve if e.validation]
    best, last = (0, -1.0), 60
    for number, score in looks:
        best = (number, score) if score > best[1] else best
        if number - best[0] >= 6:
            last = number
            break
    assert last < 60  # else this graph tells nothing
    assert (ended.curve, ended.epoch) == (whole.curve[:last], best[0])


def test_without_patience_every_epoch_is_trained() -> None:
    """The paper's 200 epochs are 200, however early the best one was."""
    assert TrainingConfig(encoder="gcn").patience is None
    assert len(train(_blocks(), FAST.model_copy(update={"epochs": 60})).curve) == 60


def test_learned_rows_are_chosen_on_validation() -> None:
    """With `node_embeddings` "auto" the outcome is that of "on" or "off", whichever is better on validation."""
    base = TrainingConfig(epochs=40, dim=8, refit=False)
    graph = replace(
        _blocks(), features=np.random.default_rng(0).random((60, 3), np.float32)
    )  # features that tell nothing
    auto, on, off = (train(graph, base.model_copy(update={"node_embeddings": rows})) for rows in ("auto", "on", "off"))
    found = ((r.node_embeddings, r.metrics.validation) for r in (on, off))
    score = {rows: (metrics.auc or 0) + (metrics.ap or 0) for rows, metrics in found}
    assert auto.node_embeddings is max(score, key=lambda rows: score[rows])
    assert (auto.embeddings.mu == (on if auto.node_embeddings else off).embeddings.mu).all()


def test_masked_edges_are_not_seen_where_they_are_asked_for() -> None:
    """The propagation of a masked epoch has no entry for any edge that the loss asks for."""
    graph = _blocks()
    run = Trainer(graph, np.arange(graph.n_edges), TrainingConfig(edge_masking=0.7))
    asked, propagation = run._mask()
    assert asked is not None
    dense = propagation @ torch.eye(60)
    assert abs(len(asked) - 0.7 * graph.n_edges) < 4 * (0.7 * 0.3 * graph.n_edges) ** 0.5
    assert (dense[tuple(graph.edges[asked].T)] == 0).all()
    rest = np.setdiff1d(np.arange(graph.n_edges), asked)
    assert (dense[tuple(graph.edges[rest].T)] > 0).all()


def _asked(run: Trainer) -> np.ndarray:
    asked, _ = run._mask()
    assert asked is not None
    return asked


def test_at_least_one_edge_is_asked_for() -> None:
    """However few are hidden."""
    graph = _blocks()
    run = Trainer(graph, np.arange(20), TrainingConfig(edge_masking=1e-6))
    assert {len(_asked(run)) for _ in range(50)} == {1}


@pytest.mark.parametrize("masking", [0.0, 0.7])
def test_a_step_on_a_large_graph_asks_for_a_batch_of_its_hidden_edges(
    monkeypatch: pytest.MonkeyPatch, masking: float
) -> None:
    """Over many steps every edge comes up as often as any other."""
    monkeypatch.setattr("latentlink.models.training.trainer.BATCH_EDGES", 50)
    graph = _blocks()
    run = Trainer(graph, np.arange(graph.n_edges), TrainingConfig(edge_masking=masking))
    batches = [_asked(run) for _ in range(400)]
    assert {len(batch) for batch in batches} == {50}
    counts = np.bincount(np.concatenate(batches), minlength=graph.n_edges)
    expected = 400 * 50 / graph.n_edges
    assert ((counts - expected) ** 2 / expected).sum() < 1.3 * graph.n_edges  # χ², far above its mean of E − 1


def test_reported_metrics_are_those_of_the_kept_embeddings() -> None:
    """Without a refit the test AUC can be computed again from what is published."""
    graph, config = _blocks(), FAST.model_copy(update={"refit": False})
    split = split_edges(graph, config.validation, config.test, np.random.default_rng(config.seed))
    trained = train(graph, config)
    scores = pair_logits(trained.embeddings.mu, *np.concatenate([split.test, split.test_negatives]).T)
    labels = np.repeat([1, 0], len(split.test))
    assert trained.metrics.test.auc == roc_auc_score(labels, scores)
    assert (np.concatenate(trained.test_logits) == scores).all()


def test_a_refit_sees_all_edges_for_the_selected_number_of_epochs() -> None:
    """The served embeddings are those of a plain run on the whole graph."""
    graph = _blocks()
    trained = train(graph, FAST)
    run = Trainer(graph, np.arange(graph.n_edges), FAST)
    for _ in range(trained.epoch):
        run.step()
    assert (trained.embeddings.mu == run.embed().mu).all()
    assert len(trained.embeddings.edges) == graph.n_edges
    assert len(trained.heldout) == 0


def test_without_a_refit_the_held_out_edges_are_kept_apart() -> None:
    """Seen and held-out edges together are the graph."""
    graph = _blocks()
    trained = train(graph, FAST.model_copy(update={"refit": False}))
    together = np.concatenate([trained.embeddings.edges, trained.heldout])
    assert sorted(edge_keys(together, 60).tolist()) == edge_keys(graph.edges, 60).tolist()


def test_every_epoch_is_reported() -> None:
    """The callback sees the epochs of the evaluated run, then those of the refit, which have no validation AUC."""
    seen: list[Epoch] = []
    trained = train(_blocks(), FAST, seen.append)
    assert seen[:15] == trained.curve
    assert [(e.number, e.validation) for e in seen[15:]] == [(n, None) for n in range(1, trained.epoch + 1)]


def test_each_epoch_tells_its_phase() -> None:
    """Features alone, then with learned rows, then the refit; numbers begin again with each."""
    seen: list[Epoch] = []
    trained = train(_blocks(), TrainingConfig(epochs=2, dim=4), seen.append)
    fits = [(1, "fit"), (2, "fit"), (1, "fit with node rows"), (2, "fit with node rows")]
    assert [(e.number, e.phase) for e in seen] == fits + [(n, "refit") for n in range(1, trained.epoch + 1)]


def test_weights_change_what_is_learned() -> None:
    """Weights reach the propagation and the loss."""
    assert (train(_blocks(weights=True), FAST).embeddings.mu != train(_blocks(), FAST).embeddings.mu).any()


def test_sparse_and_dense_features_learn_the_same() -> None:
    """The layout of X changes no more than rounding."""
    graph = _blocks()
    assert isinstance(graph.features, np.ndarray)
    sparse = train(replace(graph, features=CSR.from_dense(graph.features)), FAST)
    np.testing.assert_allclose(sparse.embeddings.mu, train(graph, FAST).embeddings.mu, atol=1e-4)


@pytest.mark.parametrize(("features", "pulled"), [(True, 1), (False, 0)])
def test_weights_of_features_decay_and_rows_of_nodes_do_not(features: bool, pulled: int) -> None:
    """The gradient's running mean after a step, a tenth of it, has λ/10 times the weights in it."""
    graph, means = _blocks(features), list[torch.Tensor]()
    for decay in (0.0, 0.5):
        run = Trainer(graph, np.arange(graph.n_edges), FAST.model_copy(update={"weight_decay": decay}))
        weights = next(run.model.parameters()).detach().clone()
        run.step()
        means.append(run.optimizer.moments[0][0])
    torch.testing.assert_close(means[1] - means[0], pulled * 0.05 * weights)


def test_a_loss_that_is_not_finite_ends_with_advice() -> None:
    """Sparse features of 1e30 overflow the loss; the error says what to change."""
    graph = _blocks()
    assert isinstance(graph.features, np.ndarray)
    huge = CSR.from_dense(graph.features * np.float32(1e30))
    with pytest.raises(
        DataError, match=r"expected a finite loss, found .*; scale the features or lower --learning-rate"
    ):
        train(replace(graph, features=huge), FAST)


def test_embeddings_too_large_to_serve_end_at_the_first_look() -> None:
    """A checkpoint with them would be refused, so nothing is trained further; the error says what to change."""
    graph = _blocks()
    seen: list[Epoch] = []
    assert isinstance(graph.features, np.ndarray)
    config = TrainingConfig(model="gae", encoder="linear", epochs=20, evaluate_every=3)
    with pytest.raises(
        DataError, match=r"training, mu: expected embeddings below 1e\+15, found .*; scale the features"
    ):
        train(replace(graph, features=graph.features * np.float32(1e18)), config, seen.append)
    assert len(seen) == 2


def test_step_work_counts_products() -> None:
    """Forward and backward of 60 dense features × 8, (2E + N) entries × (8 + 2·4), and 2E pairs × 4."""
    graph = _blocks()
    e = graph.n_edges
    assert step_work(graph, FAST) == 2 * (60 * 60 * 8 + (2 * e + 60) * 16 + 2 * e * 4)


def test_two_threads_repeat_every_bit_too() -> None:
    """On a graph large enough for two threads three runs give the same embeddings."""
    rng = np.random.default_rng(0)
    graph = Graph.from_pairs([str(i) for i in range(5000)], rng.integers(0, 5000, (60_000, 2)))
    config = TrainingConfig(encoder="gcn", epochs=2, refit=False)
    torch.set_num_threads(2)
    runs = [train(graph, config).embeddings.mu for _ in range(3)]
    torch.set_num_threads(1)
    assert all((run == runs[0]).all() for run in runs)


def test_a_time_split_knows_nothing_of_later_edges() -> None:
    """The encoder sees the earliest edges, and features as they were at the last of them; a refit takes all of both."""
    graph, moments = _blocks(), []

    def features_until(moment: float) -> Float32:
        moments.append(moment)
        return 2 * np.eye(60, dtype=np.float32)

    times = np.random.default_rng(0).permutation(graph.n_edges).astype(np.float64)
    graph = replace(graph, times=times, features_until=features_until)
    trained = train(graph, FAST.model_copy(update={"time_column": "at", "refit": False}))
    earliest = graph.edges[np.sort(np.argsort(times)[: len(trained.embeddings.edges)])]
    assert (trained.embeddings.edges == earliest).all()
    assert moments == [len(earliest) - 1]
    np.testing.assert_array_equal(trained.features, 2 * np.eye(60))
    assert len(train(graph, FAST.model_copy(update={"time_column": "at"})).embeddings.edges) == graph.n_edges


@pytest.mark.parametrize("model", ["gae", "ae"])
def test_a_time_split_knows_nothing_of_later_repeats(model: str) -> None:
    """Repeats after the training's last moment weigh in the refit alone."""
    graph = _blocks()
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
    config = FAST.model_copy(update={"node_embeddings": "auto", "evaluate_unseen": 0.1})
    trained = train(_blocks(), config, on_step=steps.append)
    protocol = [
        ("splitting the edges", None),
        ("fit", 15),
        ("fit with node embeddings", 15),
        ("evaluating the model and the heuristics", None),
    ]
    hidden = [(f"new nodes: {name}", epochs) for name, epochs in protocol]
    hidden.append(("new nodes: embedding and scoring the hidden nodes", None))
    assert steps == [*hidden, *protocol, ("refit", trained.epoch)]
