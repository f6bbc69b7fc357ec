"""The protocol repeated over seeds, to separate a metric of the model from the luck of one split."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.probabilities.interval_coverage import intervals_of
from latentlink.models.evaluation.splits import Split
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.negatives import edge_keys, ordered_keys
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.intervals import Interval
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.fit import Progress
from latentlink.models.training.protocol import train
from latentlink.models.training.steps import OnStep
from latentlink.models.training.trained import Trained
from latentlink.models.training.trainers.module_source import Encoder

MODEL = "model"


@dataclass(frozen=True)
class Repeat:
    """The protocol with one seed.

    Attributes:
        seed: of split, initial weights, negatives and noise.
        epoch: the selected one, counted from 1, or 0 without an encoder among the named parts.
        seconds: of split, fit and test.
        test: metrics in 0–1 of `MODEL` and of every heuristic on the same pairs, as `evaluate` gives them.
        coverage: share of the first seed's intervals that hold the logits of this one, on the test pairs of the first that
            this one was not trained on; None for the first seed itself, and without a posterior.
    """

    seed: int
    epoch: int
    seconds: float
    test: Mapping[str, LinkMetrics]
    coverage: float | None


@dataclass(frozen=True)
class _Intervals:
    """Intervals around the logits of the first seed's test pairs, int64 (m, 2)."""

    pairs: Int64
    around: Interval

    @classmethod
    def of(cls, trained: Trained) -> Self | None:
        """None without a posterior."""
        pairs = np.concatenate([trained.split.test, trained.split.test_negatives])
        around = intervals_of(trained.embeddings, pairs)
        return None if around is None else cls(pairs, around)

    def coverage(self, other: Embeddings) -> float:
        """Share that holds the logits of another seed, among pairs that it was not trained on."""
        n, keys = len(other.mu), edge_keys if other.target is None else ordered_keys
        fresh = ~np.isin(keys(self.pairs, n), keys(other.edges, n))
        logits = other.decoder.pairs(*self.pairs[fresh].T)
        return float(((self.around.logit_low[fresh] <= logits) & (logits <= self.around.logit_high[fresh])).mean())


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (of the population, 0 for one value) over seeds."""

    mean: float
    deviation: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} ± {self.deviation:.4f}"


def repeat(
    graph: Graph,
    config: TrainingConfig,
    seeds: Iterable[int],
    on_epoch: Progress = lambda _: None,
    device: torch.device = CPU,
    *,
    split: Split | None = None,
    encoder: Encoder | None = None,
    on_step: OnStep = lambda _: None,
) -> Iterator[Repeat]:
    """Run the protocol once for each seed, without the refit, which changes no metric; `split` and `encoder` are as of `train`.

    Raises:
        DataError: as `train` does.
    """
    first: _Intervals | None = None
    for at, seed in enumerate(seeds):
        started = time.perf_counter()
        once = config.model_copy(update={"seed": seed, "refit": False, "evaluate_unseen": None})
        trained = train(graph, once, on_epoch, device=device, split=split, encoder=encoder, on_step=on_step)
        test = {MODEL: trained.metrics.test, **trained.metrics.baselines}
        coverage = None if first is None else first.coverage(trained.embeddings)
        first = first if at else _Intervals.of(trained)
        yield Repeat(seed, trained.epoch, time.perf_counter() - started, test, coverage)


def spread(values: Sequence[float | None]) -> Spread | None:
    """Mean and deviation of the values, or None where one is missing."""
    measured = [value for value in values if value is not None]
    if len(measured) < len(values):
        return None
    return Spread(float(np.mean(measured)), float(np.std(measured)))


def interval_coverage(repeats: Sequence[Repeat]) -> Spread | None:
    """`coverage` over all seeds but the first; None without a second one or a posterior."""
    return spread([one.coverage for one in repeats[1:]]) if len(repeats) > 1 else None


def spreads(repeats: Sequence[Repeat]) -> dict[str, dict[str, Spread | None]]:
    """For `MODEL` and every heuristic of all seeds, each metric over the seeds."""
    common = (row for row in repeats[0].test if all(row in one.test for one in repeats))
    rows = {row: [one.test[row].by_name() for one in repeats] for row in common}
    return {
        row: {metric: spread([scores[metric] for scores in seeds]) for metric in seeds[0]}
        for row, seeds in rows.items()
    }
