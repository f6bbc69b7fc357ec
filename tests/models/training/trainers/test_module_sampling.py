"""Steps of torch modules on sampled neighborhoods, against steps on the whole graph."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_geometric.nn import MLP, SGConv

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.nn.modules import FARTHEST, pyg_module, receptive_field
from latentlink.models.recipes import PYG
from latentlink.models.training.protocol import train
from latentlink.models.training.trainers import module_sampling
from latentlink.models.training.trainers.module_sampling import ModuleSamplingTrainer
from latentlink.models.training.trainers.module_source import Encoder, module_source
from latentlink.models.training.trainers.module_trainer import ModuleTrainer
from tests.models.training.helpers import communities

GRAPH, D = communities(weights=True), 4
GIVEN = {"dim": D, "hidden": 8, "parts": "dense", "edge_masking": 0, "neighbor_sampling": "on"}
CPU = torch.device("cpu")


def _trainer(
    kind: type[ModuleTrainer], encoder: str, graph: Graph = GRAPH, module: Encoder | None = None, **more: object
) -> ModuleTrainer:
    config = TrainingConfig.model_validate({**GIVEN, "encoder": encoder, **more})
    source = module_source(graph, config, module)
    assert source is not None
    return kind(graph, np.arange(graph.n_edges), config, source)


def _loss_and_gradients(trainer: ModuleTrainer, monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Of a step on all edges and the same negatives for every trainer."""
    found: list[Tensor] = []
    drawn = trainer.negatives.draw(trainer.edges.shape[0], np.random.default_rng(9))
    monkeypatch.setattr(trainer.negatives, "draw", lambda *_: drawn)

    def descend(loss: Tensor) -> float:
        found.extend([loss, *torch.autograd.grad(loss, trainer._learned, materialize_grads=True)])
        return 0.0

    monkeypatch.setattr(trainer, "_descend", descend)
    trainer.step()
    return found


@pytest.mark.parametrize("name", PYG)
@pytest.mark.parametrize("graph", [GRAPH, replace(GRAPH, features=None)], ids=["features", "none"])
def test_with_all_neighbors_a_step_is_one_on_the_whole_graph(
    name: str, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loss and every gradient are the same, with weights of links, of features and of learned node embeddings."""
    monkeypatch.setattr(module_sampling, "FAN_OUT", graph.n_nodes)
    trainers = [_trainer(kind, f"pyg:{name}", graph) for kind in (ModuleTrainer, ModuleSamplingTrainer)]
    whole, sampled = (_loss_and_gradients(trainer, monkeypatch) for trainer in trainers)
    torch.testing.assert_close(sampled, whole, rtol=1e-4, atol=1e-6)


class Recording(nn.Module):
    """Remembers what it was given in its last step."""

    def __init__(self, n_features: int, dim: int) -> None:
        super().__init__()
        self.entry, self.seen = nn.Linear(n_features, dim), list[Tensor]()

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """A map of the features and of their sums over neighbors."""
        if self.training and edge_weight is not None:
            self.seen = [x, edge_index, edge_weight]
        return self.entry(x.index_add(0, edge_index[1], x[edge_index[0]]))  # type: ignore[no-any-return]


@pytest.mark.parametrize("masking", [0.0, 0.3])
def test_a_module_sees_few_links_of_its_nodes_and_none_to_predict(
    masking: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most `FAN_OUT` of a node, each with its weight in the graph; the features, the identity, name the nodes."""
    monkeypatch.setattr(module_sampling, "FAN_OUT", 3)
    trainer = _trainer(ModuleSamplingTrainer, "some:Recording", module=Recording, edge_masking=masking)
    supervision = np.arange(0, GRAPH.n_edges, 4)
    monkeypatch.setattr(trainer, "_supervision", lambda: supervision)
    trainer.step()
    x, pairs, weights = trainer.model.module.seen  # type: ignore[misc]
    rows = x.argmax(dim=1)[pairs].T.sort(dim=1).values.tolist()
    assert GRAPH.weights is not None
    known = {tuple(edge): weight for edge, weight in zip(GRAPH.edges.tolist(), GRAPH.weights.tolist(), strict=True)}
    assert [known[one, other] for one, other in rows] == weights.tolist()
    assert int(pairs[1].bincount().max()) <= 3
    hidden = {tuple(edge) for edge in GRAPH.edges[supervision].tolist()}
    assert bool(hidden & {(one, other) for one, other in rows}) == (masking == 0)


class Pooled(Recording):
    """Adds the mean of all nodes."""

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """z (N, D)."""
        z = super().forward(x, edge_index, edge_weight)
        return z + z.mean(dim=0)


class Table(nn.Module):
    """A vector of each of sixty nodes."""

    def __init__(self, _: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(60, dim))

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:  # noqa: ARG002
        """z (N, D)."""
        return self.weight


@pytest.mark.parametrize(
    ("make", "hops"),
    [
        *((lambda name=name: pyg_module(name, 7, 8, D), 2) for name in PYG),
        (lambda: SGConv(7, D, K=3), 3),
        (lambda: Recording(7, D), 1),
        (lambda: MLP([7, D]), 0),
    ],
    ids=[*PYG, "SGConv", "one", "none"],
)
def test_hops_are_those_of_the_layers(make: Callable[[], nn.Module], hops: int) -> None:
    """Also of one layer that goes several hops, or is called twice."""
    assert receptive_field(make(), 7, CPU) == hops


@pytest.mark.parametrize(
    ("module", "message"),
    [(Pooled, f"at most {FARTHEST} hops away.*perhaps at all nodes"), (Table, "found 60 vectors for 12")],
)
def test_modules_of_all_nodes_are_refused(module: Encoder, message: str) -> None:
    """No part of the graph stands for them."""
    with pytest.raises(DataError, match=f"--neighbor-sampling: .*{message}"):
        _trainer(ModuleSamplingTrainer, "some:Module", module=module).step()


def test_sampled_steps_learn_communities() -> None:
    """Links within communities score above others, as with whole steps; embeddings see all neighbors."""
    config = TrainingConfig.model_validate({**GIVEN, "encoder": "pyg:SAGEConv", "epochs": 60, "edge_masking": 0.5})
    aucs = [
        train(communities(), config.model_copy(update={"neighbor_sampling": way})).metrics.test.auc
        for way in ("on", "off")
    ]
    assert min(one for one in aucs if one is not None) > 0.75


def test_a_seed_decides_every_bit() -> None:
    """Two trainings have the same vectors."""
    trainers = [_trainer(ModuleSamplingTrainer, "pyg:GATConv", edge_masking=0.5) for _ in range(2)]
    for trainer in trainers:
        trainer.step()
        trainer.step()
    first, second = (trainer.embed().mu for trainer in trainers)
    np.testing.assert_array_equal(first, second)
