"""The plan of a training: who has how many threads, and for how long."""

import contextlib

import numpy as np
import torch

from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
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
