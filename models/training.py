"""The protocol: split, fit, select on validation, look at test once, fit again on all edges.

Knows neither files nor the terminal: a graph and a config come in, arrays and numbers go out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch

from models.config import TrainingConfig
from models.csr import CSR, Int64
from models.evaluation import evaluate
from models.graph import Graph
from models.metrics import auc_ap
from models.resume import NoSaver, Saver, State, pack, unpack
from models.run import Embeddings, Run
from models.scoring import Float64, pair_logits
from models.sparse import CPU
from models.splits import Split, audit, require_sound, split_edges

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
        split_audit: counts of what would leak, all 0.
        heldout: int64 (m, 2), edges that the served encoder did not see; empty after a refit.
        device: "cpu" or "cuda", where it was trained.
    """

    embeddings: Embeddings
    node_rows: bool
    epoch: int
    curve: list[Epoch]
    test_logits: tuple[Float64, Float64]
    metrics: dict[str, Any]
    split_audit: dict[str, int]
    heldout: Int64
    device: str


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


def train(
    graph: Graph,
    config: TrainingConfig,
    on_epoch: Progress = lambda _: None,
    saver: Saver | None = None,
    device: torch.device = CPU,
) -> Trained:
    """Train on `graph` by the leak-free protocol and return what to publish.

    The encoder and the training negatives know the training edges only; the epoch, and with `node_rows` "auto" whether nodes
    have learned rows, are selected by the mean of AUC and AP on validation; test is read once, at what was selected.

    With what `saver` recalls it goes on from there and ends with the same bytes as if it had never been interrupted;
    `on_epoch` is told of the epochs that are left.

    Raises:
        DataError: the graph is too small or too dense to split, the loss stopped being finite, or the audit
            found a leak.
    """
    with _deterministic(device):
        return _train(graph, config, on_epoch, saver or NoSaver(), device)


def _train(graph: Graph, config: TrainingConfig, on_epoch: Progress, saver: Saver, device: torch.device) -> Trained:
    begin = partial(Run, graph, config=config, device=device)
    split = split_edges(graph, config.validation, config.test, np.random.default_rng(config.seed))
    fits = [_fit(begin(split.train, rows=rows), rows, split, on_epoch, saver) for rows in _choices(graph, config)]
    fit = max(fits, key=lambda fit: fit.score)  # the first of equals: the one without rows
    require_sound(split_audit := audit(graph, split, fit.best.edges))
    embeddings, heldout = fit.best, np.concatenate([split.validation, split.test])
    if config.refit:
        run = begin(np.arange(graph.n_edges), rows=fit.rows)
        embeddings, heldout = _refit(run, fit.epoch, on_epoch, saver), np.empty((0, 2), np.int64)
    scorer = partial(_score, fit.best)
    return Trained(
        embeddings=embeddings,
        node_rows=fit.rows,
        epoch=fit.epoch,
        curve=fit.curve,
        test_logits=(scorer(split.test), scorer(split.test_negatives)),
        metrics=evaluate(graph, split, scorer, np.random.default_rng(config.seed)),
        split_audit=split_audit,
        heldout=heldout,
        device=device.type,
    )


@dataclass
class _Fit:
    """How far a fit has come: the best on validation so far, the earliest of equals, and every epoch."""

    rows: bool
    best: Embeddings
    score: float = -1.0
    epoch: int = 0
    curve: list[Epoch] = field(default_factory=list)

    def ended(self, config: TrainingConfig) -> bool:
        """At the last epoch, or at a look at validation that finds the best one `patience` epochs or more ago."""
        if not self.curve:
            return False
        last = self.curve[-1]
        stale = config.patience is not None and last.number - self.epoch >= config.patience
        return last.number == config.epochs or (last.validation is not None and stale)

    def state(self) -> State:
        """What `load_state` takes."""
        facts = {"score": self.score, "epoch": self.epoch, "curve": [asdict(epoch) for epoch in self.curve]}
        best = {f"best.{name}": weight for name, weight in self.best.weights.items()}
        posterior = (
            {"mu": self.best.mu} if self.best.logvar is None else {"mu": self.best.mu, "logvar": self.best.logvar}
        )
        return {**best, **posterior, "fit": pack(facts)}

    def load_state(self, state: State) -> None:
        """Go on to where `state` was taken."""
        facts = unpack(state["fit"])
        self.score, self.epoch = facts["score"], facts["epoch"]
        self.curve = [Epoch(**epoch) for epoch in facts["curve"]]
        self.best = replace(
            self.best,
            mu=state["mu"],
            logvar=state.get("logvar"),
            weights={name: state[f"best.{name}"] for name in self.best.weights},
        )


def _choices(graph: Graph, config: TrainingConfig) -> list[bool]:
    """Whether nodes have learned rows: both to be tried for "auto", and always where there are no features."""
    if graph.features is None:
        return [True]
    return {"auto": [False, True], "on": [True], "off": [False]}[config.node_rows]


def _fit(run: Run, rows: bool, split: Split, on_epoch: Progress, saver: Saver) -> _Fit:
    """Fit on the training edges and keep the embeddings of the epoch that is best on validation."""
    phase: Phase = "fit with node rows" if rows else "fit"
    config, fit = run.config, _Fit(rows, run.embed())
    if kept := saver.recall(phase):
        fit.load_state(kept)
        if not fit.ended(config):
            run.load_state(kept)
    while not fit.ended(config):
        number, loss, scores = len(fit.curve) + 1, run.step(), None
        if number % config.evaluate_every == 0 or number == config.epochs:
            embeddings = run.embed()
            scores = _validate(embeddings, split)
            if (score := (scores["auc"] + scores["ap"]) / 2) > fit.score:
                fit.best, fit.score, fit.epoch = embeddings, score, number
        fit.curve.append(Epoch(number, loss, scores, phase))
        on_epoch(fit.curve[-1])
        saver.offer(phase, lambda: {**run.state(), **fit.state()})
    saver.finish(phase, fit.state())
    return fit


def _refit(run: Run, epochs: int, on_epoch: Progress, saver: Saver) -> Embeddings:
    """The embeddings after so many epochs on all edges."""
    done = 0
    if kept := saver.recall("refit"):
        run.load_state(kept)
        done = unpack(kept["epoch"])
    for number in range(done + 1, epochs + 1):
        on_epoch(Epoch(number, run.step(), None, "refit"))
        saver.offer("refit", lambda: {**run.state(), "epoch": pack(number)})  # noqa: B023 - called at once
    return run.embed()


def _validate(embeddings: Embeddings, split: Split) -> dict[str, float]:
    return auc_ap(_score(embeddings, split.validation), _score(embeddings, split.validation_negatives))


def _score(embeddings: Embeddings, pairs: Int64) -> Float64:
    return pair_logits(embeddings.mu, *pairs.T)


@contextmanager
def _deterministic(device: torch.device) -> Iterator[None]:
    """Without this, two threads add up the decoder's gradient in whatever order they come.

    On a GPU a warning tells of what has no such algorithm there; a refusal would leave nothing to train with.
    """
    before, only_warned = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    torch.use_deterministic_algorithms(True, warn_only=device.type != "cpu")
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=only_warned)
