"""The protocol: split, fit, select on validation, look at test once, fit again on all edges.

Knows neither files nor the terminal: a graph and a config come in, arrays and numbers go out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch

from latentlink.models.arrays import Float32, Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.calibration_report import probability_facts
from latentlink.models.evaluation.evaluate import evaluate
from latentlink.models.evaluation.interval_coverage import interval_facts, posterior_facts
from latentlink.models.evaluation.new_nodes import Fitted, evaluate_unseen
from latentlink.models.evaluation.splits import audit, require_sound, split_edges
from latentlink.models.facts.metrics import Metrics, NewNodes
from latentlink.models.facts.probabilities import Probabilities
from latentlink.models.facts.training import Posterior, SplitAudit, SplitSizes
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.devices import deterministic
from latentlink.models.training.fit import Epoch, Phase, Progress, fit, refit
from latentlink.models.training.objectives import make_task, score
from latentlink.models.training.resume import NoSaver, PartSaver, Saver

_UNSEEN: Mapping[Phase, Phase] = {"fit": "unseen fit", "fit with node rows": "unseen fit with node rows"}


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run: what is served, and the evidence for it.

    Attributes:
        embeddings: to be served; of all edges after a refit.
        node_rows: whether each node has a learned row beside its features, as given or as chosen on validation.
        epoch: the selected epoch, counted from 1.
        curve: every epoch of the evaluated run.
        test_logits: float64 (p,) and (n,), of the test's edges and non-edges in the evaluated run.
        probabilities: what they are worth, as `models.evaluation.calibration_report` gives it.
        metrics: of the evaluated run, as `models.evaluation.evaluate.evaluate` gives them.
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
    probabilities: Probabilities
    metrics: Metrics
    split: SplitSizes
    split_audit: SplitAudit
    heldout: Int64
    device: str
    features: Float32 | CSR | None

    @cached_property
    def posterior(self) -> Posterior | None:
        """How wide the served posterior is, and how far from the prior, as `models.evaluation.interval_coverage` gives it."""
        return posterior_facts(self.embeddings.mu, self.embeddings.logvar)


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
    With `evaluate_unseen` one more training, of the graph without some nodes, goes first: `metrics` say as "unseen" what
    became of these.

    With what `saver` recalls it goes on from there and ends with the same bytes as if it had never been interrupted;
    `on_epoch` is told of the epochs that are left.

    Raises:
        DataError: the features are not what the model takes, the graph is too small or too dense to split, the loss stopped
            being finite, no score on validation was, embeddings are too large to serve, or the audit found a leak.
    """
    saver = saver or NoSaver()
    with deterministic(device):
        unseen = _evaluate_unseen(graph, config, on_epoch, PartSaver(saver, "unseen"), device)
        trained = _train(graph, config, on_epoch, saver, device)
    if unseen is None:
        return trained
    return replace(trained, metrics=trained.metrics.model_copy(update={"unseen": unseen}))


def _evaluate_unseen(
    graph: Graph, config: TrainingConfig, on_epoch: Progress, saver: Saver, device: torch.device
) -> NewNodes | None:
    """Metrics of hidden nodes as new nodes; None where the config hides none."""
    if config.evaluate_unseen is None:
        return None

    def fitted(visible: Graph) -> Fitted:
        alone = config.model_copy(update={"refit": False})
        trained = _train(visible, alone, lambda e: on_epoch(replace(e, phase=_UNSEEN[e.phase])), saver, device)
        return Fitted(trained.embeddings, trained.features, trained.metrics.test)

    return evaluate_unseen(graph, config, config.evaluate_unseen, fitted)


def _train(graph: Graph, config: TrainingConfig, on_epoch: Progress, saver: Saver, device: torch.device) -> Trained:
    by_time, rng = config.time_column is not None, np.random.default_rng(config.seed)
    split = split_edges(graph, config.validation, config.test, rng, by_time=by_time)
    known = graph.as_of(graph.times[split.train].max()) if by_time and graph.times is not None else graph
    task = make_task(known, split, config, device)
    fits = [fit(task, config, rows, on_epoch, saver) for rows in task.choices]
    best, embeddings = max(fits, key=lambda one: one[0].quality)  # the first of equals: the one without rows
    del fits
    require_sound(split_audit := audit(graph, split, embeddings.edges))
    scorer = partial(score, embeddings)
    test_logits = scorer(split.test), scorer(split.test_negatives)
    metrics = task.report(evaluate(known, split, scorer, np.random.default_rng(config.seed)), embeddings)
    if (logvar := embeddings.logvar) is not None:
        pairs = split.test, split.test_negatives
        intervals = interval_facts(embeddings.mu, logvar, *pairs, np.random.default_rng(config.seed))
        metrics = metrics.model_copy(update={"intervals": intervals})
    probabilities = probability_facts(embeddings.mu, graph, split, config.seed)
    heldout = np.concatenate([split.validation, split.test])
    if config.refit:
        del embeddings, scorer  # those of the refit are as large
        run = make_task(graph, split, config, device).begin_whole(best.rows)
        embeddings, heldout = refit(run, best.epoch, on_epoch, saver), np.empty((0, 2), np.int64)
    return Trained(
        embeddings=embeddings,
        node_rows=best.rows,
        epoch=best.epoch,
        curve=best.curve,
        test_logits=test_logits,
        probabilities=probabilities,
        metrics=metrics,
        split=split.sizes,
        split_audit=split_audit,
        heldout=heldout,
        device=device.type,
        features=(graph if config.refit else known).features,
    )
