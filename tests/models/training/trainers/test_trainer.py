"""Steps of full-batch training: message-passing and supervision edges, negatives, weight decay, and repeatable bits."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys
from latentlink.models.training.planning.cost import step_work
from latentlink.models.training.trainers import link_trainer
from latentlink.models.training.trainers import trainer as module
from latentlink.models.training.trainers.base_trainer import BaseTrainer
from latentlink.models.training.trainers.feature_trainer import FeatureTrainer
from latentlink.models.training.trainers.trainer import Trainer
from tests.models.training.helpers import AE, VGAE, communities

GRAPH = communities()
E = GRAPH.n_edges
EVERY = np.arange(E)


@pytest.mark.parametrize("encoder", ["gcn", "normalized"])
def test_held_out_edges_never_reach_the_encoder(encoder: str) -> None:
    """The embeddings do not change when held-out edges are removed from the graph."""
    config = TrainingConfig.model_validate({"encoder": encoder})
    train = split_edges(GRAPH, config.validation, config.test, np.random.default_rng(config.seed)).train
    alone = replace(GRAPH, edges=GRAPH.edges[train])
    trainers = Trainer(GRAPH, train, config), Trainer(alone, np.arange(len(train)), config)
    for trainer in trainers:
        for _ in range(5):
            trainer.step()
    assert (trainers[0].embed().mu == trainers[1].embed().mu).all()


def test_training_negatives_exclude_training_edges_only() -> None:
    """Held-out edges may be drawn as negatives: to exclude them would reveal them to the model."""
    split = split_edges(GRAPH, 0.05, 0.4, np.random.default_rng(0))
    trainer = Trainer(GRAPH, split.train, VGAE)
    train, test = (set(edge_keys(edges, 60).tolist()) for edges in (GRAPH.edges[split.train], split.test))
    drawn = set(edge_keys(trainer.negatives.draw(20_000, np.random.default_rng(0)), 60).tolist())
    assert not drawn & train
    assert drawn >= test
    circulant = trainer.circulants.draw(np.random.default_rng(0))
    pairs = [np.stack([circulant.order, np.roll(circulant.order, -shift)], 1) for shift in circulant.shifts]
    left_out = edge_keys(np.concatenate(pairs)[circulant.edges], 60)
    assert set(left_out.tolist()) <= train


def _noted(used: set[str], name: str, loss: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """The loss, whose name is added to `used` with each call."""

    def noted(*given: object) -> torch.Tensor:
        used.add(name)
        return loss(*given)

    return noted


@pytest.mark.parametrize(
    ("given", "batch", "expected"),
    [
        ({"encoder": "gcn"}, E, "circulant_loss"),
        ({"encoder": "gcn"}, E - 1, "link_loss"),
        ({"encoder": "gcn", "edge_masking": 0.5}, E, "link_loss"),
        ({"encoder": "linear"}, E, "link_loss"),
    ],
)
def test_a_graph_convolution_that_learns_from_all_edges_has_circulant_negatives(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, object], batch: int, expected: str
) -> None:
    """With a mask, in a batch, and for another encoder negatives are drawn one for each supervision edge."""
    used = set[str]()
    for where, name in ((module, "circulant_loss"), (link_trainer, "link_loss")):
        monkeypatch.setattr(where, name, _noted(used, name, getattr(where, name)))
    monkeypatch.setattr(link_trainer, "BATCH_EDGES", batch)
    Trainer(GRAPH, EVERY, TrainingConfig.model_validate({"dim": 4, **given})).step()
    assert used == {expected}


def test_supervision_edges_are_not_message_passing_edges() -> None:
    """With masking, the propagation of an epoch has an entry for every edge except its supervision edges."""
    supervision, propagation = Trainer(GRAPH, EVERY, TrainingConfig(edge_masking=0.7))._mask()
    assert supervision is not None
    dense = propagation @ torch.eye(60)
    assert abs(len(supervision) - 0.7 * E) < 4 * (0.7 * 0.3 * E) ** 0.5
    assert (dense[tuple(GRAPH.edges[supervision].T)] == 0).all()
    assert (dense[tuple(GRAPH.edges[np.setdiff1d(EVERY, supervision)].T)] > 0).all()


def _supervision(trainer: Trainer) -> np.ndarray:
    supervision, _ = trainer._mask()
    assert supervision is not None
    return supervision


def test_a_step_has_at_least_one_supervision_edge() -> None:
    """However small the share of masked edges is."""
    trainer = Trainer(GRAPH, np.arange(20), TrainingConfig(edge_masking=1e-6))
    assert {len(_supervision(trainer)) for _ in range(50)} == {1}


@pytest.mark.parametrize("masking", [0.0, 0.7])
def test_a_step_on_a_large_graph_has_a_batch_of_supervision_edges(
    monkeypatch: pytest.MonkeyPatch, masking: float
) -> None:
    """Over many steps every edge comes up as often as any other."""
    monkeypatch.setattr(link_trainer, "BATCH_EDGES", 50)
    trainer = Trainer(GRAPH, EVERY, TrainingConfig(edge_masking=masking))
    batches = [_supervision(trainer) for _ in range(400)]
    assert {len(batch) for batch in batches} == {50}
    counts, expected = np.bincount(np.concatenate(batches), minlength=E), 400 * 50 / E
    assert ((counts - expected) ** 2 / expected).sum() < 1.3 * E  # χ², far above its mean of E − 1


@pytest.mark.parametrize(
    ("config", "start", "share"),
    [
        (VGAE, lambda config: Trainer(GRAPH, EVERY, config), 1),
        (VGAE, lambda config: Trainer(communities(features=False), EVERY, config), 0),
        (AE, lambda config: FeatureTrainer(GRAPH, EVERY, np.arange(16), config), 1),  # one batch
    ],
)
def test_weights_of_features_decay_and_node_embeddings_do_not(
    config: TrainingConfig, start: Callable[[TrainingConfig], BaseTrainer], share: int
) -> None:
    """The running mean of the gradient after one step, a tenth of it, contains λ/10 times the weights."""
    means = []
    for decay in (0.0, 0.5):
        trainer = start(config.model_copy(update={"weight_decay": decay}))
        weights = next(trainer.model.parameters()).detach().clone()
        trainer.step()
        means.append(trainer.optimizer.moments[0][0])
    torch.testing.assert_close(means[1] - means[0], share * 0.05 * weights)


def test_step_work_counts_products() -> None:
    """Forward and backward of 60 dense features × 8, (2E + N) entries × (8 + 2·4), and 2E pairs × 4."""
    assert step_work(GRAPH, VGAE) == 2 * (60 * 60 * 8 + (2 * E + 60) * 16 + 2 * E * 4)


def test_step_work_of_directed_links_counts_roles() -> None:
    """Of 2N rows with features of their own in 2 × 60 columns, and links between the roles of each node."""
    directed = replace(GRAPH, directed=True)
    assert step_work(directed, VGAE) == 2 * (120 * 120 * 8 + (2 * (E + 60) + 120) * 16 + 2 * E * 4)


def test_two_threads_repeat_every_bit_too() -> None:
    """On a graph large enough for two threads, three trainings give the same embeddings."""
    pairs = np.random.default_rng(0).integers(0, 5000, (60_000, 2))
    graph, found = Graph.from_pairs([str(i) for i in range(5000)], pairs), []
    torch.set_num_threads(2)
    for _ in range(3):
        trainer = Trainer(graph, np.arange(graph.n_edges), TrainingConfig(encoder="gcn"))
        trainer.step()
        trainer.step()
        found.append(trainer.embed().mu)
    torch.set_num_threads(1)
    assert all((mu == found[0]).all() for mu in found)
