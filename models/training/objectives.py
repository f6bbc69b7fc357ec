"""What a model is trained on, selected on and tested on: links for GAE and VGAE, features for AE and VAE.

The protocol (`latentlink.models.training.protocol`) is the same for both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from latentlink.models.arrays import Float64, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.directions import one_way
from latentlink.models.evaluation.feature_baselines import feature_baselines, reconstruction_errors
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.ranking import spaced
from latentlink.models.evaluation.splits import RowSplit, Split, split_rows
from latentlink.models.facts.metrics import Metrics, ReconstructionErrors
from latentlink.models.graph.features import count_missing
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.decoder import is_binary
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.losses import kl_divergence
from latentlink.models.nn.sparse import CPU
from latentlink.models.recipes import MADE_ELSEWHERE
from latentlink.models.training.trainers.base_trainer import BaseTrainer
from latentlink.models.training.trainers.feature_trainer import FeatureTrainer
from latentlink.models.training.trainers.link_trainer import LinkTrainer
from latentlink.models.training.trainers.module_sampling import ModuleSamplingTrainer
from latentlink.models.training.trainers.module_source import ModuleSource
from latentlink.models.training.trainers.module_trainer import ModuleTrainer
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.trainer import Trainer

# Validation edges, at most, and as many negatives that the epoch is selected on: the standard error of their AUC is below 0.002.
SELECTED_ON = 50_000


SamplingTrainer = Callable[..., NeighborSamplingTrainer]
"""Makes a trainer from the arguments of a `NeighborSamplingTrainer`."""


class Objective(Protocol):
    """All in which the models of links and the models of features differ."""

    @property
    def choices(self) -> list[bool]:
        """The variants to fit and to choose from on validation: without node embeddings (False), with them (True)."""

    def trainer(self, node_embeddings: bool) -> BaseTrainer:
        """A new trainer on the training part of the split."""

    def trainer_on_all(self, node_embeddings: bool) -> BaseTrainer:
        """A new trainer on all data, for the refit."""

    def validate(self, embeddings: Embeddings) -> dict[str, float]:
        """Scores on validation, by name."""

    def test(self, embeddings: Embeddings, links: Metrics) -> Metrics:
        """The metrics of links, completed with those of the objective; reads the test part."""


def make_objective(
    graph: Graph,
    split: Split,
    config: TrainingConfig,
    device: torch.device = CPU,
    module: ModuleSource | None = None,
    sampling: SamplingTrainer = NeighborSamplingTrainer,
) -> Objective:
    """The objective of `config.model`, with an encoder of Latentlink's unless it is a `module`.

    `sampling` makes the trainers where neighbor sampling is on.

    Raises:
        DataError: the graph's features are not what the model takes.
    """
    if config.encoder in MADE_ELSEWHERE:
        raise DataError(
            f"--encoder: expected one to train, found {config.encoder!r}; publish vectors with `latentlink publish`"
        )
    if config.sees_graph:
        return _link_objective(graph, split, config, device, module, sampling)
    return _feature_objective(graph, split, config, device)


def score(embeddings: Embeddings, pairs: Int64) -> Float64:
    """Logits (m,) of int64 pairs (m, 2)."""
    return embeddings.decoder.pairs(*pairs.T)


@dataclass(frozen=True)
class LinkObjective:
    """Train on links; select by the mean of AUC and AP on validation links and negatives, int64 (m, 2) each.

    Of directed links the AUC of `one_way` ones, int64 (o,) indices of positives, against the same turned round, int64 (o, 2),
    counts as much as each. The encoder is a `module`, or one of Latentlink's.
    """

    graph: Graph
    split: Split
    positives: Int64
    negatives: Int64
    one_way: Int64
    turned: Int64
    config: TrainingConfig
    device: torch.device
    module: ModuleSource | None = None
    sampling: SamplingTrainer = NeighborSamplingTrainer

    @property
    def choices(self) -> list[bool]:
        """As in `Objective`; without features a node has nothing but its embedding."""
        if self.graph.features is None:
            return [True]
        if self.module is not None:
            return [False]
        return {"auto": [False, True], "on": [True], "off": [False]}[self.config.node_embeddings]

    def trainer(self, node_embeddings: bool) -> LinkTrainer:
        """As in `Objective`."""
        return self._trainer(self.split.train, node_embeddings)

    def trainer_on_all(self, node_embeddings: bool) -> LinkTrainer:
        """As in `Objective`."""
        return self._trainer(np.arange(self.graph.n_edges), node_embeddings)

    def validate(self, embeddings: Embeddings) -> dict[str, float]:
        """AUC and AP, and of directed links `direction`."""
        positive, negative = score(embeddings, self.positives), score(embeddings, self.negatives)
        scores = auc_ap(positive, negative)
        if len(self.turned):
            scores["direction"] = auc_ap(positive[self.one_way], score(embeddings, self.turned))["auc"]
        return scores

    def test(self, embeddings: Embeddings, links: Metrics) -> Metrics:  # noqa: ARG002
        """The metrics of links alone."""
        return links

    def _trainer(self, edges: Int64, node_embeddings: bool) -> LinkTrainer:
        sampling = self.config.neighbor_sampling == "on"
        if self.module is not None:
            of_module = ModuleSamplingTrainer if sampling else ModuleTrainer
            return of_module(self.graph, edges, self.config, self.module, device=self.device)
        kind = self.sampling if sampling else Trainer
        return kind(self.graph, edges, self.config, node_embeddings=node_embeddings, device=self.device)


@dataclass(frozen=True)
class FeatureObjective:
    """Train on the features of training rows; select by the loss on validation rows."""

    graph: Graph
    split: Split
    rows: RowSplit
    config: TrainingConfig
    device: torch.device

    @property
    def choices(self) -> list[bool]:
        """As in `Objective`; there are no node embeddings."""
        return [False]

    def trainer(self, node_embeddings: bool) -> FeatureTrainer:  # noqa: ARG002
        """As in `Objective`."""
        return FeatureTrainer(self.graph, self.split.train, self.rows.train, self.config, device=self.device)

    def trainer_on_all(self, node_embeddings: bool) -> FeatureTrainer:  # noqa: ARG002
        """As in `Objective`."""
        edges, rows = np.arange(self.graph.n_edges), np.arange(self.graph.n_nodes)
        return FeatureTrainer(self.graph, edges, rows, self.config, device=self.device)

    def validate(self, embeddings: Embeddings) -> dict[str, float]:
        """The loss: reconstruction error and, for a VAE, KL divergence."""
        rows = self.rows.validation
        return {"loss": self._errors(embeddings, rows).total + _divergence(embeddings, rows)}

    def test(self, embeddings: Embeddings, links: Metrics) -> Metrics:
        """With reconstruction errors on validation and test, and those of the baselines."""
        assert self.graph.features is not None
        test, validation = (self._errors(embeddings, rows) for rows in (self.rows.test, self.rows.validation))
        binary = is_binary(embeddings.weights)
        baselines = feature_baselines(self.graph.features, self.rows.train, self.rows.test, binary, self.config.dim)
        return links.model_copy(
            update={
                "validation": links.validation.model_copy(update={"reconstruction": validation.total}),
                "test": links.test.model_copy(update={"reconstruction": test.total}),
                "reconstruction": {"model": test, **baselines},
            }
        )

    def _errors(self, embeddings: Embeddings, rows: Int64) -> ReconstructionErrors:
        assert self.graph.features is not None
        return reconstruction_errors(embeddings.weights, embeddings.mu, self.graph.features, rows)


def _link_objective(
    graph: Graph,
    split: Split,
    config: TrainingConfig,
    device: torch.device,
    module: ModuleSource | None,
    sampling: SamplingTrainer,
) -> LinkObjective:
    if missing := count_missing(graph.features):
        raise DataError(
            f"features: expected a number in every cell for a {config.model}, found {missing:,} missing; fill them in, "
            "for example with `latentlink train --model vae` and `latentlink reconstruct`"
        )
    positives, negatives = (spaced(pairs, SELECTED_ON) for pairs in (split.validation, split.validation_negatives))
    return LinkObjective(
        graph, split, positives, negatives, *one_way(graph, positives), config, device, module, sampling
    )


def _feature_objective(graph: Graph, split: Split, config: TrainingConfig, device: torch.device) -> FeatureObjective:
    if graph.features is None or graph.n_features == 0:
        raise DataError(
            f"features: expected some for a model of features ({config.model}), found none; add --features, "
            "or train a gae or vgae"
        )
    rows = split_rows(graph.n_nodes, config.validation, config.test, np.random.default_rng(config.seed))
    return FeatureObjective(graph, split, rows, config, device)


def _divergence(embeddings: Embeddings, rows: Int64) -> float:
    """Mean KL of some rows, 0 for an AE; without it a VAE would be selected when its posteriors have left the prior."""
    if embeddings.logvar is None:
        return 0.0
    mu, logvar = (torch.from_numpy(part[rows]) for part in (embeddings.mu, embeddings.logvar))
    return kl_divergence(mu, logvar).item()
