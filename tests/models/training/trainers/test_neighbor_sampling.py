"""A sampled step against a full-batch one, and the embeddings in blocks against the whole ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from latentlink.models.config import TrainingConfig
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph
from latentlink.models.training.trainers import neighbor_sampling as embedding
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.trainer import Trainer

N, F = 60, 7
RANDOM = np.random.default_rng(0)
PAIRS = RANDOM.integers(0, N - 2, (150, 2))  # two nodes have no links
X = (RANDOM.random((N, F), np.float32) * (RANDOM.random((N, F)) < 0.5)).astype(np.float32)
WEIGHTS = RANDOM.uniform(0.5, 2, len(PAIRS)).astype(np.float32)
FEATURES: dict[str, Any] = {"dense": X, "sparse": CSR.from_dense(X), "none": None}
PLAIN = {"edge_masking": 0, "feature_dropout": 0, "dim": 6}
CASES = [
    ({"encoder": encoder, **given}, features, rows)
    for encoder, given in [("normalized", {}), ("normalized", {"hops": 3}), ("linear", {"hops": 2}), ("gcn", {})]
    for features, rows in [("dense", False), ("dense", True), ("sparse", False), ("none", True)]
    if not (encoder == "gcn" and features == "dense" and rows)
]


def _graph(features: str = "dense") -> Graph:
    return Graph.from_pairs([str(i) for i in range(N)], PAIRS, WEIGHTS, FEATURES[features])


def _runs(given: dict[str, Any], features: str, *, rows: bool) -> tuple[Trainer, NeighborSamplingTrainer]:
    """A full-batch and a neighbor-sampling trainer with the same weights."""
    graph, config = _graph(features), TrainingConfig.model_validate({**PLAIN, **given})
    seen = np.arange(graph.n_edges)
    whole = Trainer(graph, seen, config, node_embeddings=rows)
    sampled = NeighborSamplingTrainer(graph, seen, config, node_embeddings=rows)
    for run in (whole, sampled):
        for parameter in run.model.parameters():
            parameter.data += 0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    return whole, sampled


def _loss_and_gradient(run: Trainer, some: int, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """On the first edges and as many negatives, the same for every trainer."""
    drawn = run.negatives.draw(some, np.random.default_rng(9))
    monkeypatch.setattr(run.negatives, "draw", lambda *_: drawn)
    if isinstance(run, NeighborSamplingTrainer):
        monkeypatch.setattr(embedding, "FAN_OUT", N)  # all neighbors
        monkeypatch.setattr(run, "_supervision", lambda: np.arange(some))
    else:
        monkeypatch.setattr(run, "_mask", lambda: (np.arange(some), run.propagation.whole))
    (member,) = run.model
    loss = run._loss(member)
    return [loss, *torch.autograd.grad(loss, list(run.model.parameters()))]


@pytest.mark.parametrize(("given", "features", "rows"), CASES)
def test_with_all_neighbours_a_step_is_a_full_batch_one(
    given: dict[str, Any], features: str, rows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loss and every gradient are the same on the same edges and non-edges, of every encoder and kind of features."""
    runs = _runs({"model": "gae", **given}, features, rows=rows)
    whole, sampled = (_loss_and_gradient(run, 20, monkeypatch) for run in runs)
    torch.testing.assert_close(sampled, whole, rtol=1e-5, atol=1e-5)


def test_the_divergence_weighs_as_much_as_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """If every node is in a pair, the noise and KL of a variational step are those of a full-batch step, too."""
    graph = Graph.from_pairs([str(i) for i in range(N)], np.stack([np.arange(N), (np.arange(N) + 1) % N], 1), None, X)
    config = TrainingConfig.model_validate({**PLAIN, "model": "vgae"})
    seen = np.arange(N)
    runs = Trainer(graph, seen, config), NeighborSamplingTrainer(graph, seen, config)
    whole, sampled = (_loss_and_gradient(run, N, monkeypatch) for run in runs)
    torch.testing.assert_close(sampled, whole, rtol=1e-5, atol=1e-5)


def test_supervision_edges_are_not_message_passing_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """With masking, the neighborhood is sampled without the supervision edges; without masking, with them."""
    for masking, share in ((0.8, 0.8), (0, 0)):
        config = TrainingConfig.model_validate({**PLAIN, "edge_masking": masking})
        graph = _graph()
        run = NeighborSamplingTrainer(graph, np.arange(graph.n_edges), config)
        hidden: list[np.ndarray | None] = []
        around = run.sampler.around
        monkeypatch.setattr(run.sampler, "around", lambda e, r, h, to=hidden, f=around: to.append(h) or f(e, r, h))
        run.step()
        assert (0 if hidden[0] is None else len(np.unique(hidden[0]))) == int(share * graph.n_edges)


@pytest.mark.parametrize("model", ["gae", "vgae"])
@pytest.mark.parametrize(("given", "features", "rows"), [*CASES, ({"dim": 256}, "dense", False)])
def test_blocks_give_the_embeddings_of_the_whole(
    model: str, given: dict[str, Any], features: str, rows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of 13 rows and 5 columns, which divide neither N nor D; also of an ensemble of two encoders."""
    monkeypatch.setattr(embedding, "_ROWS", 13)
    monkeypatch.setattr(embedding, "_COLUMNS", 5)
    whole, sampled = (run.embed() for run in _runs({"model": model, **given}, features, rows=rows))
    np.testing.assert_allclose(sampled.mu, whole.mu, rtol=1e-4, atol=1e-5)
    if whole.logvar is None or sampled.logvar is None:
        assert whole.logvar is sampled.logvar
    else:
        np.testing.assert_allclose(sampled.logvar, whole.logvar, rtol=1e-4, atol=1e-5)


def test_a_step_reads_the_features_of_its_neighborhood_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN in the features of the other half of the graph, which has no link to this one, leaves the loss finite."""
    half = np.stack([np.arange(N // 2), (np.arange(N // 2) + 1) % (N // 2)], axis=1)
    x = X.copy()
    x[N // 2 :] = np.nan
    graph = Graph.from_pairs([str(i) for i in range(N)], half, None, x)
    run = NeighborSamplingTrainer(graph, np.arange(N // 2), TrainingConfig.model_validate(PLAIN))
    drawn = np.array([(i, i + 2) for i in range(N // 2 - 2)])
    monkeypatch.setattr(run.negatives, "draw", lambda size, _: np.resize(drawn, (size, 2)))
    assert np.isfinite(run.step())


def test_mapped_features_are_never_copied_whole(tmp_path: Path) -> None:
    """Neighbor sampling keeps the mapped file and reads rows of it; its embeddings are those of a full-batch trainer."""
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "x.ids.npy", np.arange(N).astype(str))
    (tmp_path / "edges.csv").write_text("source,target\n" + "".join(f"{a},{b}\n" for a, b in PAIRS))
    graph = load_graph(edges=tmp_path / "edges.csv", features=tmp_path / "x.npy")
    config = TrainingConfig.model_validate({**PLAIN, "model": "gae"})
    run = NeighborSamplingTrainer(graph, np.arange(graph.n_edges), config)
    assert isinstance(graph.features, np.ndarray)
    assert isinstance(graph.features.base, np.memmap)
    before = run.embed().mu
    run.step()
    run.embed()
    held = [value for value in vars(run.inputs).values() if isinstance(value, np.ndarray | torch.Tensor)]
    assert [value is graph.features for value in held] == [True]
    np.testing.assert_allclose(before, Trainer(graph, np.arange(graph.n_edges), config).embed().mu, atol=1e-5)
