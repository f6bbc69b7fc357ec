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
from models.graph import Graph
from models.metrics import auc_ap
from models.run import Embeddings, Run
from models.scoring import Float64, pair_logits
from models.splits import Split, audit, split_edges

Phase = Literal["fit", "fit with node rows", "refit"]


@dataclass(frozen=True)
class Epoch:
    """One epoch's numbers; `validation` is {"auc", "ap"}, or None where nothing was evaluated.

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

    Raises:
        DataError: the graph is too small or too dense to split, or the loss stopped being finite.
    """
    with _deterministic():
        return _train(graph, config, on_epoch)


def _train(graph: Graph, config: TrainingConfig, on_epoch: Progress) -> Trained:
    split = split_edges(graph, config.validation, config.test, np.random.default_rng(config.seed))
    fits = [_fit(graph, split, config, rows, on_epoch) for rows in _choices(graph, config)]
    fit = max(fits, key=lambda fit: fit.score)  # the first of equals: the one without rows
    embeddings, heldout = fit.best, np.concatenate([split.validation, split.test])
    if config.refit:
        run = Run(graph, np.arange(graph.n_edges), config, rows=fit.rows)
        for number in range(1, fit.epoch + 1):
            on_epoch(Epoch(number, run.step(), None, "refit"))
        embeddings, heldout = run.embed(), np.empty((0, 2), np.int64)
    scorer = partial(_score, fit.best)
    return Trained(
        embeddings=embeddings,
        node_rows=fit.rows,
        epoch=fit.epoch,
        curve=fit.curve,
        test_logits=(scorer(split.test), scorer(split.test_negatives)),
        metrics=evaluate(graph, split, scorer, np.random.default_rng(config.seed)),
        split_audit=audit(graph, split),
        heldout=heldout,
    )


@dataclass(frozen=True)
class _Fit:
    rows: bool
    best: Embeddings
    score: float
    epoch: int
    curve: list[Epoch]


def _choices(graph: Graph, config: TrainingConfig) -> list[bool]:
    """Whether nodes have learned rows: both to be tried for "auto", and always where there are no features."""
    if graph.features is None:
        return [True]
    return {"auto": [False, True], "on": [True], "off": [False]}[config.node_rows]


def _fit(graph: Graph, split: Split, config: TrainingConfig, rows: bool, on_epoch: Progress) -> _Fit:
    """Fit on the training edges and keep the embeddings of the epoch that is best on validation, the earliest of equals.

    It ends at the last epoch, or at a look at validation that finds the best one `patience` epochs or more ago.
    """
    run = Run(graph, split.train, config, rows=rows)
    best, best_score, best_epoch = run.embed(), -1.0, 0
    curve: list[Epoch] = []
    phase: Phase = "fit with node rows" if rows else "fit"
    for number in range(1, config.epochs + 1):
        loss = run.step()
        scores = None
        if number % config.evaluate_every == 0 or number == config.epochs:
            embeddings = run.embed()
            scores = _validate(embeddings, split)
            if (score := (scores["auc"] + scores["ap"]) / 2) > best_score:
                best, best_score, best_epoch = embeddings, score, number
        curve.append(Epoch(number, loss, scores, phase))
        on_epoch(curve[-1])
        if scores and config.patience is not None and number - best_epoch >= config.patience:
            break
    return _Fit(rows, best, best_score, best_epoch, curve)


def _validate(embeddings: Embeddings, split: Split) -> dict[str, float]:
    return auc_ap(_score(embeddings, split.validation), _score(embeddings, split.validation_negatives))


def _score(embeddings: Embeddings, pairs: Int64) -> Float64:
    return pair_logits(embeddings.mu, *pairs.T)


@contextmanager
def _deterministic() -> Iterator[None]:
    """Without this, two threads add up the decoder's gradient in whatever order they come."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
