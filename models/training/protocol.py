"""The training protocol: split, fit, select on validation, test once, refit on all edges.

`_protocol` calls the steps in this order; each is a function below it. A graph and a config come in, arrays and numbers go out;
files and the terminal are left to the caller.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from latentlink.models.arrays import Float64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.evaluate import evaluate
from latentlink.models.evaluation.new_nodes import Fitted, evaluate_unseen
from latentlink.models.evaluation.probabilities.calibration_report import probability_facts
from latentlink.models.evaluation.probabilities.interval_coverage import interval_facts, posterior_facts
from latentlink.models.evaluation.scorers import DecoderScorer
from latentlink.models.evaluation.splits import Split, audit, require_sound, split_edges
from latentlink.models.facts.metrics import Metrics, NewNodes
from latentlink.models.facts.probabilities import Probabilities
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.roles import first_rows, node_pairs, role_graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.nn.sparse import CPU
from latentlink.models.training.choosing import Chosen, Evaluated, Runtime, fit_and_choose, refit_chosen
from latentlink.models.training.directed import (
    embeddings_of_nodes,
    require_directed,
    require_parts,
    require_undirected,
    split_of_nodes,
    split_of_roles,
)
from latentlink.models.training.fit import Progress, quality
from latentlink.models.training.objectives import Objective, SamplingTrainer, make_objective
from latentlink.models.training.planning.devices import deterministic
from latentlink.models.training.relational.protocol import select_relational, train_relational
from latentlink.models.training.resume import NoSaver, Saver
from latentlink.models.training.steps import OnStep, Step
from latentlink.models.training.trained import Trained
from latentlink.models.training.trainers.module_source import Encoder, module_source
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer


def train(
    graph: Graph,
    config: TrainingConfig,
    on_epoch: Progress = lambda _: None,
    saver: Saver | None = None,
    device: torch.device = CPU,
    *,
    split: Split | None = None,
    on_step: OnStep = lambda _: None,
    encoder: Encoder | None = None,
    sampling: SamplingTrainer = NeighborSamplingTrainer,
) -> Trained:
    """Train on `graph` by the leak-free protocol and return what to publish.

    The encoder and the training negatives use the training edges only. Validation selects the epoch, by the mean of AUC and AP,
    and with `node_embeddings` "auto" whether there are any. No choice looks at a score of the test part: after
    all choices it scores the model, the model without each of its parts and every heuristic. Before, its pairs are only left out
    of those that weights are fitted to and links are ranked among.
    An AE or VAE uses the features of training rows only, and is selected by its loss on validation rows; its link metrics are
    measured on the same split of edges as those of the other models. A graph with relations has a protocol of its own, of the
    same steps: `latentlink.models.training.relational`.
    With `evaluate_unseen` a training without some nodes comes first: `metrics` has their scores as new nodes under "unseen".

    A `split` that is given replaces the drawn one; the training without some nodes draws one of the known nodes' edges.
    `on_step` is called when a step begins, `on_epoch` after each epoch.
    With a config whose encoder is a torch module, `encoder` is the untrained module, which is copied for each fit, or a function
    of (n_features, dim) that makes one, such as its class; None for a module that its name finds. `sampling` makes the trainers
    where neighbor sampling is on, such as those of several processes.

    From a state that `saver` recalls the training continues, and ends with the same bytes as an uninterrupted one; `on_epoch`
    then gets the remaining epochs.

    Raises:
        DataError: the features are not what the model takes, the graph is too small or too dense to split, the loss or all
            scores on validation were not finite, embeddings are too large to serve, the audit found leaked pairs, or a module
            fails.
    """
    runtime = Runtime(on_epoch, on_step, saver or NoSaver(), device, module_source(graph, config, encoder), sampling)
    with deterministic(device, modules=config.of_module):
        if graph.relations is not None:
            return train_relational(graph, config, runtime, split)
        if graph.directed:
            return _train_directed(graph, config, runtime, split)
        require_undirected(config)
        new_nodes = _test_new_nodes(graph, config, runtime.of_new_nodes())
        trained = _protocol(graph, config, runtime, split)
    if new_nodes is None:
        return trained
    return replace(trained, metrics=trained.metrics.model_copy(update={"unseen": new_nodes}))


def validate(
    graph: Graph,
    config: TrainingConfig,
    on_epoch: Progress = lambda _: None,
    device: torch.device = CPU,
    *,
    split: Split | None = None,
    on_step: OnStep = lambda _: None,
    encoder: Encoder | None = None,
) -> float:
    """The `quality` on validation of the model that `train` would evaluate: the same split, fits and choices, and no test.

    Arguments are those of `train`. What `on_epoch` raises ends the training.

    Raises:
        DataError: as `train` does.
    """
    runtime = Runtime(on_epoch, on_step, NoSaver(), device, module_source(graph, config, encoder))
    with deterministic(device, modules=config.of_module):
        if graph.relations is not None:
            return select_relational(graph, config, runtime, split)[2].quality
        if graph.directed:
            require_directed(graph, config)
            split = None if split is None else split_of_roles(split, graph.n_nodes)
            graph = role_graph(graph)
        else:
            require_undirected(config)
        selected = _select(graph, config, runtime, split)
        return quality(selected.objective.validate(selected.evaluated.embeddings))


def _train_directed(graph: Graph, config: TrainingConfig, runtime: Runtime, given: Split | None) -> Trained:
    """The protocol on the graph of roles, and its outcome for nodes."""
    require_directed(graph, config)
    n = graph.n_nodes
    trained = _protocol(role_graph(graph), config, runtime, None if given is None else split_of_roles(given, n))
    return replace(
        trained,
        embeddings=embeddings_of_nodes(trained.embeddings, n),
        split=split_of_nodes(trained.split, n),
        heldout=node_pairs(trained.heldout, n),
        features=first_rows(trained.features, n),
    )


def _protocol(graph: Graph, config: TrainingConfig, runtime: Runtime, given: Split | None = None) -> Trained:
    known, split, objective, chosen, evaluated = _select(graph, config, runtime, given)
    runtime.on_step(Step("evaluating the model and the heuristics"))
    require_sound(split_audit := audit(graph, split, evaluated.embeddings.edges))
    tested = measured(graph, known, split, evaluated, config)
    tested = tested._replace(metrics=objective.test(evaluated.embeddings, tested.metrics))
    if config.refit:
        del evaluated  # those of the refit are as large
        embeddings, heldout = refit_chosen(graph, split, chosen, config, runtime), np.empty((0, 2), np.int64)
    else:
        embeddings, heldout = evaluated.embeddings, np.concatenate([split.validation, split.test])
    return Trained(
        embeddings=embeddings,
        node_embeddings=chosen.fit.node_embeddings,
        epoch=chosen.fit.epoch,
        curve=chosen.fit.curve,
        **tested._asdict(),
        split=split,
        split_audit=split_audit,
        heldout=heldout,
        device=runtime.device.type,
        features=(graph if config.refit else known).features,
        posterior=posterior_facts(embeddings.dense, embeddings.logvar),
        module=None if runtime.module is None else runtime.module.text,
        notes=() if runtime.module is None else runtime.module.notes,
    )


class _Selected(NamedTuple):
    """What comes before the test: the graph as known, its split, and what validation chose of which fits."""

    known: Graph
    split: Split
    objective: Objective
    chosen: Chosen
    evaluated: Evaluated


def _select(graph: Graph, config: TrainingConfig, runtime: Runtime, given: Split | None) -> _Selected:
    require_parts(graph, config)
    runtime.on_step(Step("splitting the edges"))
    known, split = _split(graph, config, given)
    objective = make_objective(known, split, config, runtime.device, runtime.module, runtime.sampling)
    return _Selected(known, split, objective, *fit_and_choose(objective, known, split, config, runtime))


def _split(graph: Graph, config: TrainingConfig, given: Split | None) -> tuple[Graph, Split]:
    """The split, and the graph as known when the training edges end: for a random split the graph itself."""
    by_time = config.time_column is not None
    split = given or split_edges(
        graph, config.validation, config.test, np.random.default_rng(config.seed), by_time=by_time
    )
    known = graph.as_of(graph.times[split.train].max()) if by_time and graph.times is not None else graph
    return known, split


class Tested(NamedTuple):
    """The attributes of `Trained` that the test gives."""

    test_logits: tuple[Float64, Float64]
    probabilities: Probabilities
    metrics: Metrics


def measured(graph: Graph, known: Graph, split: Split, evaluated: Evaluated, config: TrainingConfig) -> Tested:
    """All that is measured on test of links, each with random numbers of its own from the config's seed.

    Args:
        graph: all edges.
        known: the graph as known when the training edges end.
        split: of its edges.
        evaluated: the embeddings, by all parts and without one of them each.
        config: has the seed.
    """
    embeddings, without = evaluated
    scorer = DecoderScorer(embeddings.decoder)
    fewer = {part: partial(_scorer, embed) for part, embed in without.items()}
    metrics = evaluate(known, split, scorer, np.random.default_rng(config.seed), fewer)
    tested = split.test, split.test_negatives
    if (intervals := interval_facts(embeddings, *tested, np.random.default_rng(config.seed))) is not None:
        metrics = metrics.model_copy(update={"intervals": intervals})
    return Tested(
        test_logits=(scorer.score_pairs(tested[0]), scorer.score_pairs(tested[1])),
        probabilities=probability_facts(scorer, graph, split, config.seed),
        metrics=metrics,
    )


def _scorer(embed: Callable[[], Embeddings]) -> DecoderScorer:
    return DecoderScorer(embed().decoder)


def _test_new_nodes(graph: Graph, config: TrainingConfig, runtime: Runtime) -> NewNodes | None:
    """Metrics of nodes hidden from a training of their own; None where the config has no such share."""
    if config.evaluate_unseen is None:
        return None

    def train_without(induced: Graph) -> Fitted:
        alone = config.model_copy(update={"refit": False})
        trained = _protocol(induced, alone, runtime)
        runtime.on_step(Step("embedding and scoring the hidden nodes"))
        return Fitted(trained.embeddings, trained.features, trained.metrics.test)

    return evaluate_unseen(graph, config, config.evaluate_unseen, train_without)
