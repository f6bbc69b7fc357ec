"""The protocol: split, fit, select on validation, look at test once, fit again on all edges.

Knows neither files nor the terminal: a graph and a config come in, arrays and numbers go out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch

from models.config import TrainingConfig
from models.csr import CSR, Int64
from models.evaluation import evaluate
from models.feature_run import feature_step_work
from models.graph import Graph
from models.run import Embeddings
from models.scoring import Float64
from models.splits import audit, split_edges
from models.tasks import Task, make_task, score

Phase = Literal["fit", "fit with node rows", "refit"]


@dataclass(frozen=True)
class Epoch:
    """One epoch's numbers; `validation` is {"auc", "ap"} or, of features, {"loss"}; None where nothing was evaluated.

    A `node_rows` of "auto" fits twice, so that numbers begin again with each phase.
    """

    number: int
    loss: float
    validation: dict[str, float] | None
    phase: Phase


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run: what is served, and the evidence for it.

    Attributes:
        embeddings: to be served; of all edges after a refit.
        node_rows: whether each node has a learned row beside its features, as given or as chosen on validation.
        epoch: the selected epoch, counted from 1.
        curve: every epoch of the evaluated run.
        test_logits: float64 (p,) and (n,), of the test's edges and non-edges in the evaluated run.
        metrics: of the evaluated run, as `models.evaluation.evaluate` gives them.
        split_audit: counts that are all 0 for a sound split.
        heldout: int64 (m, 2), edges that the served encoder did not see; empty after a refit.
    """

    embeddings: Embeddings
    node_rows: bool
    epoch: int
    curve: list[Epoch]
    test_logits: tuple[Float64, Float64]
    metrics: dict[str, Any]
    split_audit: dict[str, int]
    heldout: Int64


Progress = Callable[[Epoch], None]


def step_work(graph: Graph, config: TrainingConfig) -> int:
    """Multiply-adds of one training step, forward and backward, to choose the number of threads by."""
    if not config.sees_graph:
        return feature_step_work(graph.features, config)
    x = graph.features
    inputs = graph.n_nodes if x is None else len(x.data) if isinstance(x, CSR) else x.size
    width = config.hidden if config.encoder == "gcn" else config.dim
    latent = config.dim * (2 if config.variational else 1)
    entries = 2 * graph.n_edges + graph.n_nodes  # of Â
    propagated = width + latent if config.encoder == "gcn" else config.hops * config.dim
    return 2 * (inputs * width + entries * propagated + 2 * graph.n_edges * config.dim)


def train(graph: Graph, config: TrainingConfig, on_epoch: Progress = lambda _: None) -> Trained:
    """Train on `graph` by the leak-free protocol and return what to publish.

    The encoder and the training negatives know the training edges only; the epoch, and with `node_rows` "auto" whether nodes
    have learned rows, are selected by the mean of AUC and AP on validation; test is read once, at what was selected.
    An AE or VAE knows the training rows of features only, and is selected by its loss on the validation rows;
    what its embeddings say of links is reported on the same split of edges as for the others.

    Raises:
        DataError: the features are not what the model takes, the graph is too small or too dense to split, or the loss
            stopped being finite.
    """
    with _deterministic():
        return _train(graph, config, on_epoch)


def _train(graph: Graph, config: TrainingConfig, on_epoch: Progress) -> Trained:
    split = split_edges(graph, config.validation, config.test, np.random.default_rng(config.seed))
    task = make_task(graph, split, config)
    fits = [_fit(task, config, rows, on_epoch) for rows in task.choices]
    fit = max(fits, key=lambda fit: fit.quality)  # the first of equals: the one without rows
    embeddings, heldout = fit.best, np.concatenate([split.validation, split.test])
    if config.refit:
        run = task.begin_whole(fit.rows)
        for number in range(1, fit.epoch + 1):
            on_epoch(Epoch(number, run.step(), None, "refit"))
        embeddings, heldout = run.embed(), np.empty((0, 2), np.int64)
    scorer = partial(score, fit.best)
    metrics, own = evaluate(graph, split, scorer, np.random.default_rng(config.seed)), task.report(fit.best)
    return Trained(
        embeddings=embeddings,
        node_rows=fit.rows,
        epoch=fit.epoch,
        curve=fit.curve,
        test_logits=(scorer(split.test), scorer(split.test_negatives)),
        metrics={part: {**metrics.get(part, {}), **own.get(part, {})} for part in {**metrics, **own}},
        split_audit=audit(graph, split),
        heldout=heldout,
    )


@dataclass(frozen=True)
class _Fit:
    rows: bool
    best: Embeddings
    quality: float
    epoch: int
    curve: list[Epoch]


def _fit(task: Task, config: TrainingConfig, rows: bool, on_epoch: Progress) -> _Fit:
    """Fit on what is trained on and keep the embeddings of the epoch that is best on validation, the earliest of equals.

    It ends at the last epoch, or at a look at validation that finds the best one `patience` epochs or more ago.
    """
    run = task.begin(rows)
    best, best_quality, best_epoch = run.embed(), -np.inf, 0
    curve: list[Epoch] = []
    phase: Phase = "fit with node rows" if rows else "fit"
    for number in range(1, config.epochs + 1):
        loss = run.step()
        scores = None
        if number % config.evaluate_every == 0 or number == config.epochs:
            embeddings = run.embed()
            scores = task.validate(embeddings)
            if (quality := task.quality(scores)) > best_quality:
                best, best_quality, best_epoch = embeddings, quality, number
        curve.append(Epoch(number, loss, scores, phase))
        on_epoch(curve[-1])
        if scores and config.patience is not None and number - best_epoch >= config.patience:
            break
    return _Fit(rows, best, best_quality, best_epoch, curve)


@contextmanager
def _deterministic() -> Iterator[None]:
    """Without this, two threads add up the decoder's gradient in whatever order they come."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
