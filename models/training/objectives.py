"""What the four models of the family are fitted to and selected on: links for GAE and VGAE, features for AE and VAE.

The protocol around it (split, fit, select, report, refit) is the same for all and stands in `models.training.protocol`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from latentlink.models.arrays import Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.evaluate import spaced
from latentlink.models.evaluation.feature_baselines import feature_baselines, reconstruction_errors
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import RowSplit, Split, split_rows
from latentlink.models.facts.metrics import Metrics, ReconstructionErrors
from latentlink.models.graph.features import count_missing
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.decoder import is_binary
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.inference.scoring import pair_logits
from latentlink.models.nn.losses import kl_divergence
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.feature_trainer import FeatureTrainer
from latentlink.models.training.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainer import Trainer

AnyTrainer = Trainer | FeatureTrainer

# Validation edges, at most, and as many non-edges that the epoch is selected on: the standard error of their AUC is below 0.002.
SELECTED_ON = 50_000


@dataclass(frozen=True)
class Task:
    """The places where the models differ.

    Attributes:
        choices: whether nodes have learned rows beside their features: what is to be tried.
        begin: a run on what is trained on, with or without learned rows.
        begin_whole: the same on all data.
        validate: scores of embeddings on validation, by name.
        quality: of such scores one number, larger is better.
        report: metrics of links with those of the objective; reads test.
    """

    choices: list[bool]
    begin: Callable[[bool], AnyTrainer]
    begin_whole: Callable[[bool], AnyTrainer]
    validate: Callable[[Embeddings], dict[str, float]]
    quality: Callable[[dict[str, float]], float]
    report: Callable[[Metrics, Embeddings], Metrics]


def make_task(graph: Graph, split: Split, config: TrainingConfig, device: torch.device = CPU) -> Task:
    """The task of the model that `config` asks for.

    Raises:
        DataError: the graph's features are not what the model takes.
    """
    return (_links if config.sees_graph else _features)(graph, split, config, device)


def score(embeddings: Embeddings, pairs: Int64) -> Float64:
    """Logits (m,) of int64 pairs (m, 2)."""
    return pair_logits(embeddings.mu, *pairs.T)


def _links(graph: Graph, split: Split, config: TrainingConfig, device: torch.device = CPU) -> Task:
    if missing := count_missing(graph.features):
        raise DataError(
            f"features: expected a number in every cell for a {config.model}, found {missing:,} missing; fill them in, "
            "for example with `latentlink train --model vae` and `latentlink reconstruct`"
        )
    positives, negatives = (spaced(pairs, SELECTED_ON) for pairs in (split.validation, split.validation_negatives))
    run = NeighborSamplingTrainer if config.sampled == "on" else Trainer
    choices = {"auto": [False, True], "on": [True], "off": [False]}[config.node_rows]
    return Task(
        choices=[True] if graph.features is None else choices,
        begin=lambda rows: run(graph, split.train, config, rows=rows, device=device),
        begin_whole=lambda rows: run(graph, np.arange(graph.n_edges), config, rows=rows, device=device),
        validate=lambda e: auc_ap(score(e, positives), score(e, negatives)),
        quality=lambda scores: (scores["auc"] + scores["ap"]) / 2,
        report=lambda metrics, _: metrics,
    )


def _features(graph: Graph, split: Split, config: TrainingConfig, device: torch.device = CPU) -> Task:
    if graph.features is None or graph.n_features == 0:
        raise DataError(
            f"features: expected some for a model of features ({config.model}), found none; add --features, "
            "or train a gae or vgae"
        )
    rows = split_rows(graph.n_nodes, config.validation, config.test, np.random.default_rng(config.seed))
    return Task(
        choices=[False],
        begin=lambda _: FeatureTrainer(graph, split.train, rows.train, config, device=device),
        begin_whole=lambda _: FeatureTrainer(
            graph, np.arange(graph.n_edges), np.arange(graph.n_nodes), config, device=device
        ),
        validate=lambda e: {"loss": _errors(graph, e, rows.validation).total + _divergence(e, rows.validation)},
        quality=lambda scores: -scores["loss"],
        report=partial(_report, graph, rows, config),
    )


def _divergence(embeddings: Embeddings, rows: Int64) -> float:
    """Mean KL of some rows; 0 for an AE. Without it a VAE would be trained on until its posteriors leave the prior."""
    if embeddings.logvar is None:
        return 0.0
    mu, logvar = (torch.from_numpy(part[rows]) for part in (embeddings.mu, embeddings.logvar))
    return kl_divergence(mu, logvar).item()


def _errors(graph: Graph, embeddings: Embeddings, rows: Int64) -> ReconstructionErrors:
    assert graph.features is not None
    return reconstruction_errors(embeddings.weights, embeddings.mu, graph.features, rows)


def _report(graph: Graph, rows: RowSplit, config: TrainingConfig, metrics: Metrics, embeddings: Embeddings) -> Metrics:
    assert graph.features is not None
    test, validation = (_errors(graph, embeddings, part) for part in (rows.test, rows.validation))
    binary = is_binary(embeddings.weights)
    baselines = feature_baselines(graph.features, rows.train, rows.test, binary, config.dim)
    return metrics.model_copy(
        update={
            "validation": metrics.validation.model_copy(update={"reconstruction": validation.total}),
            "test": metrics.test.model_copy(update={"reconstruction": test.total}),
            "reconstruction": {"model": test, **baselines},
        }
    )
