"""The protocol repeated over seeds, to separate a metric of the model from the luck of one split."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.graph.graph import Graph
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.fit import Progress
from latentlink.models.training.protocol import train
from latentlink.models.training.steps import OnStep

MODEL = "model"


@dataclass(frozen=True)
class Repeat:
    """The protocol with one seed.

    Attributes:
        seed: of split, initial weights, negatives and noise.
        epoch: the selected one, counted from 1.
        seconds: of split, fit and test.
        test: metrics in 0–1 of `MODEL` and of every heuristic on the same pairs, as `evaluate` gives them.
    """

    seed: int
    epoch: int
    seconds: float
    test: Mapping[str, LinkMetrics]


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (of the population, 0 for one value) over seeds."""

    mean: float
    deviation: float


def repeat(
    graph: Graph,
    config: TrainingConfig,
    seeds: Iterable[int],
    on_epoch: Progress = lambda _: None,
    device: torch.device = CPU,
    *,
    split: Split | None = None,
    on_step: OnStep = lambda _: None,
) -> Iterator[Repeat]:
    """Run the protocol once for each seed, without the refit, which changes no metric; on the `split` that is given, if any.

    Raises:
        DataError: as `train` does.
    """
    for seed in seeds:
        started = time.perf_counter()
        once = config.model_copy(update={"seed": seed, "refit": False, "evaluate_unseen": None})
        trained = train(graph, once, on_epoch, device=device, split=split, on_step=on_step)
        test = {MODEL: trained.metrics.test, **trained.metrics.baselines}
        yield Repeat(seed, trained.epoch, time.perf_counter() - started, test)


def spread(values: Sequence[float | None]) -> Spread | None:
    """Mean and deviation of the values, or None where one is missing."""
    measured = [value for value in values if value is not None]
    if len(measured) < len(values):
        return None
    return Spread(float(np.mean(measured)), float(np.std(measured)))


def spreads(repeats: Sequence[Repeat]) -> dict[str, dict[str, Spread | None]]:
    """For `MODEL` and every heuristic of all seeds, each metric over the seeds."""
    common = (row for row in repeats[0].test if all(row in one.test for one in repeats))
    rows = {row: [one.test[row].by_name() for one in repeats] for row in common}
    return {
        row: {metric: spread([scores[metric] for scores in seeds]) for metric in seeds[0]}
        for row, seeds in rows.items()
    }
