"""Ranks that share a step: their gradients add up to those of one process, and each embeds a part."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.training.trainers import neighbor_sampling
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.ranks import ALONE, Ranks
from tests.models.training.helpers import communities

PLAIN = {"edge_masking": 0, "feature_dropout": 0, "dim": 6, "model": "gae"}


class Rank:
    """One of several ranks, in a thread each; the sums are left to the test.

    Args:
        rank: of this one.
        size: how many there are.
        tables: what all of them have.
        barrier: at which they wait for each other.
    """

    def __init__(self, rank: int, size: int, tables: dict[int, Tensor], barrier: Barrier) -> None:
        self.size, self.part = size, slice(rank, None, size)
        self._rank, self._tables, self._barrier = rank, tables, barrier

    def own(self, rng: np.random.Generator, generator: torch.Generator) -> tuple[np.random.Generator, torch.Generator]:
        """Of the rank."""
        return np.random.default_rng([int(rng.integers(9)), self._rank]), generator

    def add(self, loss: float, gradients: list[Tensor]) -> float:  # noqa: ARG002
        """What this rank has."""
        return loss

    def exchange(self, table: Tensor, pieces: Sequence[Any]) -> None:
        """Take each piece from the rank that filled it; what this one did not fill is unusable before."""
        for at, piece in enumerate(pieces):
            if at % self.size != self._rank:
                table[piece] = torch.nan
        self._tables[self._rank] = table
        self._barrier.wait()
        for at, piece in enumerate(pieces):
            table[piece] = self._tables[at % self.size][piece]
        self._barrier.wait()

    def compare(self, model: nn.Module) -> None:
        """Nothing."""


def _ranks(size: int) -> list[Rank]:
    tables, barrier = dict[int, Tensor](), Barrier(size)
    return [Rank(rank, size, tables, barrier) for rank in range(size)]


def _trainer(graph: Graph, ranks: Ranks, **given: object) -> NeighborSamplingTrainer:
    config = TrainingConfig.model_validate({**PLAIN, **given})
    return NeighborSamplingTrainer(graph, np.arange(graph.n_edges), config, node_embeddings=True, ranks=ranks)


def _loss_and_gradients(trainer: NeighborSamplingTrainer) -> list[Tensor]:
    (member,) = trainer.model
    loss = trainer._loss(member)
    return [loss.detach(), *torch.autograd.grad(loss, list(member.parameters()))]


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("masking", [0, 0.8])
def test_gradients_of_ranks_add_up_to_those_of_one(
    size: int, weights: bool, masking: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same edges and non-edges, with all neighbours; also where the edges are no multiple of the ranks, and weighted."""
    monkeypatch.setattr(neighbor_sampling, "FAN_OUT", 60)
    graph = communities(weights=weights)
    expected = _loss_and_gradients(_trainer(graph, ALONE, edge_masking=masking))
    parts = [_loss_and_gradients(_trainer(graph, rank, edge_masking=masking)) for rank in _ranks(size)]
    torch.testing.assert_close([sum(each) for each in zip(*parts, strict=True)], expected, rtol=1e-4, atol=1e-6)


def test_ranks_draw_the_same_edges_and_noise_of_their_own() -> None:
    """After some steps the shared generators are in the same state, whatever each rank drew for itself."""
    trainers = [_trainer(communities(), rank, feature_dropout=0.5) for rank in _ranks(2)]
    for trainer in trainers:
        for _ in range(3):
            trainer.step()
    states = [trainer.rng.bit_generator.state for trainer in trainers]
    assert states[0] == states[1]


@pytest.mark.parametrize("encoder", ["normalized", "gcn"])
def test_ranks_embed_as_one(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes of one process on each of three ranks, which have no block of rows or columns in common."""
    monkeypatch.setattr(neighbor_sampling, "_ROWS", 13)
    monkeypatch.setattr(neighbor_sampling, "_COLUMNS", 2)
    given: dict[str, Any] = {"encoder": encoder, "hidden": 6, "model": "vgae"}
    expected = _trainer(communities(), ALONE, **given).embed()
    trainers = [_trainer(communities(), rank, **given) for rank in _ranks(3)]
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda trainer: trainer.embed(), trainers))
    for one in found:
        assert one.mu.tobytes() == expected.mu.tobytes()
        assert one.logvar is not None
        assert expected.logvar is not None
        assert one.logvar.tobytes() == expected.logvar.tobytes()
