"""The plan of a training: who has how many threads, and for how long."""

import contextlib

import numpy as np
import pytest
import torch

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.host import SMALL_WORK
from latentlink.models.training.launch import Launch
from latentlink.models.training.planning import plan as module
from latentlink.models.training.planning.plan import Plan, make_plan

RING = Graph.from_pairs([f"n{i}" for i in range(30)], np.array([(i, (i + s) % 30) for i in range(30) for s in (1, 4)]))


def test_threads_are_limited_until_the_end_of_the_block() -> None:
    """Also where the block fails; a program that trains in between has its own number again."""
    before, plan = torch.get_num_threads(), make_plan(RING, TrainingConfig(), threads=2)
    with contextlib.suppress(RuntimeError), plan.limits():
        assert torch.get_num_threads() == 2
        raise RuntimeError
    assert torch.get_num_threads() == before


def test_a_plan_decides_what_the_config_leaves_open() -> None:
    """No neighbor sampling where full batches fit, no weight decay without features, one thread for a small graph."""
    plan: Plan = make_plan(RING, TrainingConfig.model_validate({"encoder": "gcn", "weight_decay": 0.1}))
    assert (plan.config.neighbor_sampling, plan.config.weight_decay) == ("off", 0.0)
    assert (plan.device.type, plan.threads, plan.memory) == ("cpu", 1, None)
    assert str(plan) == "vgae (gcn, d = 16) on 1 thread"


def test_processes_of_a_machine_share_its_cpus_and_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six processes of thirteen CPUs have two threads each, and a sixth of the memory; those of other machines don't count."""
    monkeypatch.setattr(module, "step_work", lambda *_: SMALL_WORK)
    monkeypatch.setattr(module, "available_cpus", lambda: 13)
    monkeypatch.setattr(module, "training_bytes", lambda *_: 1)
    given = list[int | None]()

    def decide(_: Graph, config: TrainingConfig, available: int | None) -> TrainingConfig:
        given.append(available)
        return config

    monkeypatch.setattr(module, "available_bytes", lambda: 600)
    monkeypatch.setattr(module, "decide_sampling", decide)
    config = TrainingConfig(neighbor_sampling="on")
    plan: Plan = make_plan(RING, config, launch=Launch(0, 12, 0, 6))
    assert (plan.threads, plan.processes, given) == (2, 12, [100])
    assert str(plan) == "vgae (normalized, d = 256) on 12 processes, 2 threads each"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "--neighbor-sampling: expected on for 2 processes, which share sampled steps, found full batches; add"),
        ({"neighbor_sampling": "off"}, "--neighbor-sampling: expected on for 2 processes"),
        (
            {"model": "vae", "neighbor_sampling": "on"},
            "WORLD_SIZE: expected 1 for --model vae, which one process trains",
        ),
        ({"model": "complex"}, "WORLD_SIZE: expected 1 for --model complex, which one process trains, found 2"),
        ({"model": "gae", "encoder": "pyg:SAGEConv"}, "WORLD_SIZE: expected 1 for --encoder pyg:SAGEConv, which one"),
    ],
)
def test_full_batches_are_refused_in_several_processes(options: dict[str, object], message: str) -> None:
    """The line says which option samples, or that the kind can't be."""
    with pytest.raises(DataError, match=message):
        make_plan(RING, TrainingConfig.model_validate(options), launch=Launch(0, 2, 0, 2))
