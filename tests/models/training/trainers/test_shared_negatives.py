"""Negatives of a step: of types that may be linked, no links themselves, and the same in every kind of trainer."""

from typing import Any

import numpy as np
import pytest
import torch

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import role_graph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.nn.softmax_loss import SharedNegatives
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.trainers import link_trainer
from latentlink.models.training.trainers import neighbor_sampling as embedding
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.shared_negatives import SharedNegativeSampler
from latentlink.models.training.trainers.trainer import Trainer

# Persons are linked to films and to books, groups of one are not linked to another; a city has no links.
OF = np.repeat(np.arange(4), [12, 9, 6, 2]).astype(np.int16)
TYPES = NodeTypes(("person", "film", "book", "city"), OF, np.array([[0, 1], [0, 2]], np.int16))
N = len(OF)
RNG = np.random.default_rng(0)
EDGES = np.stack([RNG.integers(0, 12, 60), RNG.integers(12, 27, 60)], axis=1)
GRAPH = Graph.from_pairs([str(i) for i in range(N)], EDGES, types=TYPES)
CONFIG: dict[str, Any] = {"edge_masking": 0, "feature_dropout": 0, "dim": 6}


def _pairs(nodes: np.ndarray, found: list[SharedNegatives]) -> set[tuple[int, int]]:
    """All pairs of a node and a negative."""
    pairs = set()
    for some, others, closed in found:
        cells = np.setdiff1d(np.arange(len(some) * len(others)), closed.numpy())
        rows, columns = np.divmod(cells, max(len(others), 1))
        pairs |= {(*pair,) for pair in np.stack([nodes[some[rows]], nodes[others[columns]]], axis=1).tolist()}
    return pairs


def test_shared_negatives_are_all_unlinked_pairs_of_types_that_may_be_linked() -> None:
    """With as many as there are: a person and a film, or a person and a book, in both directions."""
    sampler = SharedNegativeSampler(TYPES, GRAPH.edges, CPU)
    found = sampler.among(np.arange(N), sampler.draw(np.random.default_rng(0)))
    linked = {(*edge,) for edge in np.concatenate([GRAPH.edges, GRAPH.edges[:, ::-1]]).tolist()}
    expected = {(i, j) for i in range(12) for j in range(12, 27)} | {(j, i) for i in range(12) for j in range(12, 27)}
    assert _pairs(np.arange(N), found) == expected - linked


def test_shared_negatives_among_some_nodes_are_those_of_all_nodes() -> None:
    """Places are those in the given nodes; links to other nodes don't matter."""
    sampler = SharedNegativeSampler(TYPES, GRAPH.edges, CPU)
    drawn = sampler.draw(np.random.default_rng(0), 3)
    assert {kind: len(np.unique(nodes)) for kind, nodes in drawn.items()} == {0: 3, 1: 3, 2: 3}
    nodes = np.union1d(np.array([1, 5, 13, 22, 28]), np.concatenate([*drawn.values()]))
    every = _pairs(np.arange(N), sampler.among(np.arange(N), drawn))
    assert _pairs(nodes, sampler.among(nodes, drawn)) == {pair for pair in every if {*pair} <= {*nodes.tolist()}}


@pytest.mark.parametrize("encoder", ["normalized", "gcn"])
def test_with_all_neighbours_a_sampled_step_is_a_full_batch_one(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loss and every gradient are the same on the same edges and negatives."""
    monkeypatch.setattr(embedding, "FAN_OUT", N)
    config = TrainingConfig.model_validate({**CONFIG, "model": "gae", "encoder": encoder})
    runs = [kind(GRAPH, np.arange(GRAPH.n_edges), config) for kind in (Trainer, NeighborSamplingTrainer)]
    monkeypatch.setattr(runs[0], "_mask", lambda: (np.arange(20), runs[0].propagation.whole))
    monkeypatch.setattr(runs[1], "_supervision", lambda: np.arange(20))
    results = []
    for run in runs:
        (member,) = run.model
        loss = run._loss(member)
        results.append([loss, *torch.autograd.grad(loss, list(run.model.parameters()))])
    torch.testing.assert_close(results[1], results[0], rtol=1e-5, atol=1e-5)


def test_a_step_has_no_more_scores_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a larger graph fewer negatives of a type are drawn, one at least; a node has negatives of two types."""
    trainer, asked = Trainer(GRAPH, np.arange(GRAPH.n_edges), TrainingConfig.model_validate(CONFIG)), list[int]()
    assert trainer.shared_negatives is not None
    draw = trainer.shared_negatives.draw

    def noted(rng: np.random.Generator, most: int) -> dict[int, Int64]:
        asked.append(most)
        return draw(rng, most)

    monkeypatch.setattr(trainer.shared_negatives, "draw", noted)
    for scores in (2**24, 4 * 2 * N, 3):
        monkeypatch.setattr(link_trainer, "SCORES", scores)
        trainer.step()
    assert asked == [512, 4, 1]


def test_other_graphs_have_none() -> None:
    """Neither undirected ones, nor roles of directed ones, nor types that are linked to themselves."""
    plain = Graph(GRAPH.ids, GRAPH.edges)
    directed = role_graph(Graph(GRAPH.ids, GRAPH.edges, directed=True))
    alike = Graph(
        GRAPH.ids, GRAPH.edges, types=NodeTypes(("one",), np.zeros(N, np.int16), np.array([[0, 0]], np.int16))
    )
    for graph in (plain, directed, alike):
        assert Trainer(graph, np.arange(graph.n_edges), TrainingConfig.model_validate(CONFIG)).shared_negatives is None
