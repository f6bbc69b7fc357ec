"""The protocol: split, fit, select on validation, look at test once, fit again on all edges.

Knows neither files nor the terminal: a graph and a config come in, arrays and numbers go out.
"""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
import torch

from models.config import TrainingConfig
from models.csr import CSR, Float32, Int64
from models.devices import deterministic
from models.errors import DataError
from models.evaluation import evaluate
from models.feature_run import feature_step_work
from models.graph import Graph
from models.probabilities import probability_facts
from models.resume import NoSaver, Saver, State, pack, unpack
from models.run import BATCH_EDGES, Embeddings
from models.sampled_run import FAN_OUT, SAMPLED_EDGES, sampled_nodes
from models.scoring import LARGEST, Float64
from models.sparse import CPU
from models.splits import audit, require_sound, split_edges
from models.tasks import AnyRun, Task, make_task, score

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
        probabilities: what they are worth, as `models.probabilities` gives it.
        metrics: of the evaluated run, as `models.evaluation.evaluate` gives them.
        split: the number of edges in "train", "validation" and "test".
        split_audit: counts of what would leak, all 0.
        heldout: int64 (m, 2), edges that the served encoder did not see; empty after a refit.
        device: "cpu" or "cuda", where it was trained.
        features: (N, F), what the served encoder took, or None; those of an earlier moment after a split by time without a refit.
    """

    embeddings: Embeddings
    node_rows: bool
    epoch: int
    curve: list[Epoch]
    test_logits: tuple[Float64, Float64]
    probabilities: dict[str, dict[str, Any]]
    metrics: dict[str, Any]
    split: dict[str, int]
    split_audit: dict[str, int]
    heldout: Int64
    device: str
    features: Float32 | CSR | None


Progress = Callable[[Epoch], None]


def step_work(graph: Graph, config: TrainingConfig) -> int:
    """Multiply-adds of one training step, forward and backward, to choose the number of threads by."""
    if not config.sees_graph:
        return feature_step_work(graph.features, config)
    x = graph.features
    inputs = graph.n_nodes if x is None else len(x.data) if isinstance(x, CSR) else x.size
    width = config.hidden if config.encoder == "gcn" else config.dim
    latent = config.dim * (2 if config.variational else 1)
    entries, batch = 2 * graph.n_edges + graph.n_nodes, BATCH_EDGES  # of Â
    if config.sampled == "on":
        nodes, batch = sampled_nodes(graph, config), SAMPLED_EDGES
        inputs, entries = inputs * nodes // graph.n_nodes, min(entries, (1 + FAN_OUT) * nodes)
    propagated = width + latent if config.encoder == "gcn" else config.hops * config.dim
    return 2 * (inputs * width + entries * propagated + 2 * min(graph.n_edges, batch) * config.dim)


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
    An AE or VAE knows the training rows of features only, and is selected by its loss on the validation rows;
    what its embeddings say of links is reported on the same split of edges as for the others.

    With what `saver` recalls it goes on from there and ends with the same bytes as if it had never been interrupted;
    `on_epoch` is told of the epochs that are left.

    Raises:
        DataError: the features are not what the model takes, the graph is too small or too dense to split, the loss stopped
            being finite, no score on validation was, embeddings are too large to serve, or the audit found a leak.
    """
    with deterministic(device):
        return _train(graph, config, on_epoch, saver or NoSaver(), device)


def _train(graph: Graph, config: TrainingConfig, on_epoch: Progress, saver: Saver, device: torch.device) -> Trained:
    by_time, rng = config.time_column is not None, np.random.default_rng(config.seed)
    split = split_edges(graph, config.validation, config.test, rng, by_time=by_time)
    known = graph.as_of(graph.times[split.train].max()) if by_time and graph.times is not None else graph
    task = make_task(known, split, config, device)
    fits = [_fit(task, config, rows, on_epoch, saver) for rows in task.choices]
    fit, embeddings = max(fits, key=lambda fit: fit[0].quality)  # the first of equals: the one without rows
    del fits
    require_sound(split_audit := audit(graph, split, embeddings.edges))
    scorer = partial(score, embeddings)
    test_logits = scorer(split.test), scorer(split.test_negatives)
    metrics, own = evaluate(known, split, scorer, np.random.default_rng(config.seed)), task.report(embeddings)
    probabilities = probability_facts(embeddings.mu, graph, split, config.seed)
    heldout = np.concatenate([split.validation, split.test])
    if config.refit:
        del embeddings, scorer  # those of the refit are as large
        run = make_task(graph, split, config, device).begin_whole(fit.rows)
        embeddings, heldout = _refit(run, fit.epoch, on_epoch, saver), np.empty((0, 2), np.int64)
    return Trained(
        embeddings=embeddings,
        node_rows=fit.rows,
        epoch=fit.epoch,
        curve=fit.curve,
        test_logits=test_logits,
        probabilities=probabilities,
        metrics={part: {**metrics.get(part, {}), **own.get(part, {})} for part in {**metrics, **own}},
        split=split.sizes,
        split_audit=split_audit,
        heldout=heldout,
        device=device.type,
        features=(graph if config.refit else known).features,
    )


@dataclass
class _Fit:
    """How far a fit has come: the best weights on validation so far, the earliest of equals, and every epoch."""

    rows: bool
    best: State = field(default_factory=dict)
    quality: float = -sys.float_info.max
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
        facts = {"quality": self.quality, "epoch": self.epoch, "curve": [asdict(epoch) for epoch in self.curve]}
        best = {f"best.{name}": weight for name, weight in self.best.items()}
        return {**best, "fit": pack(facts)}

    def load_state(self, state: State) -> None:
        """Go on to where `state` was taken."""
        facts = unpack(state["fit"])
        self.quality, self.epoch = facts["quality"], facts["epoch"]
        self.curve = [Epoch(**epoch) for epoch in facts["curve"]]
        self.best = {name.removeprefix("best."): state[name] for name in state if name.startswith("best.")}


def _fit(task: Task, config: TrainingConfig, rows: bool, on_epoch: Progress, saver: Saver) -> tuple[_Fit, Embeddings]:
    """Fit on what is trained on; the embeddings are those of the epoch that is best on validation."""
    run = task.begin(rows)
    phase: Phase = "fit with node rows" if rows else "fit"
    fit = _Fit(rows)
    if kept := saver.recall(phase):
        fit.load_state(kept)
        if not fit.ended(config):
            run.load_state(kept)
    while not fit.ended(config):
        number, loss, scores = len(fit.curve) + 1, run.step(), None
        if number % config.evaluate_every == 0 or number == config.epochs:
            scores = task.validate(_embed(run))
            if (quality := task.quality(scores)) > fit.quality:
                fit.best, fit.quality, fit.epoch = run.weights(), quality, number
        fit.curve.append(Epoch(number, loss, scores, phase))
        on_epoch(fit.curve[-1])
        saver.offer(phase, lambda: {**run.state(), **fit.state()})
    if fit.epoch == 0:
        raise DataError(
            f"training: expected a finite score on validation, found none in {len(fit.curve):,} epochs; "
            "scale the features or lower --learning-rate"
        )
    saver.finish(phase, fit.state())
    run.load_weights(fit.best)
    return fit, _embed(run)


def _refit(run: AnyRun, epochs: int, on_epoch: Progress, saver: Saver) -> Embeddings:
    """The embeddings after so many epochs on all edges."""
    done = 0
    if kept := saver.recall("refit"):
        run.load_state(kept)
        done = unpack(kept["epoch"])
    for number in range(done + 1, epochs + 1):
        on_epoch(Epoch(number, run.step(), None, "refit"))
        saver.offer("refit", lambda: {**run.state(), "epoch": pack(number)})  # noqa: B023 - called at once
    return _embed(run)


def _embed(run: AnyRun) -> Embeddings:
    """What `run` gives, held to what a checkpoint may hold: at the first look, not after a whole training."""
    embeddings = run.embed()
    for name, part in (("mu", embeddings.mu), ("logvar", embeddings.logvar)):
        if part is not None and not (largest := max(part.max(), -part.min())) < LARGEST:  # nor does NaN pass
            raise DataError(
                f"training, {name}: expected embeddings below {LARGEST:.0e}, found {largest:.3g}; "
                "scale the features or lower --learning-rate"
            )
    return embeddings
