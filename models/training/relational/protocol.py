"""The training protocol of a graph with relations: split, fit, select on validation, test once, refit on all triples."""

import numpy as np

from latentlink.models.arrays import Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.evaluation.relational.evaluate import evaluate_triples, score_triples
from latentlink.models.evaluation.relational.probabilities import relation_probabilities
from latentlink.models.evaluation.relational.scorers import RelationDecoders
from latentlink.models.evaluation.relational.splits import audit_triples, split_triples
from latentlink.models.evaluation.splits import Split, require_sound
from latentlink.models.graph.graph import Graph
from latentlink.models.inference.embeddings import Embeddings
from latentlink.models.training.choosing import Runtime
from latentlink.models.training.fit import Selection, fit, refit
from latentlink.models.training.relational.objective import RelationalObjective
from latentlink.models.training.relational.odds import fit_odds
from latentlink.models.training.steps import Step
from latentlink.models.training.trained import Trained


def train_relational(graph: Graph, config: TrainingConfig, runtime: Runtime, given: Split | None) -> Trained:
    """Train on triples by the leak-free protocol, as `latentlink.models.training.protocol.train`.

    Validation selects the epoch, by the filtered MRR, and the odds of each relation. After that the test scores the model and the
    baseline.

    Raises:
        DataError: the model is none of relations, or as `train`.
    """
    split, objective, selection, fitted = select_relational(graph, config, runtime, given)
    runtime.on_step(Step("evaluating the model and the baseline"))
    odds = fit_odds(fitted, graph, split, np.random.default_rng(config.seed))
    evaluated = odds.apply(fitted)
    require_sound(split_audit := audit_triples(graph, split, _seen(evaluated)))
    scorer = RelationDecoders(evaluated)
    metrics = evaluate_triples(graph, split, scorer)
    probabilities = relation_probabilities(scorer, graph, split, config.seed)
    test, negatives = (score_triples(scorer, part, graph.n_nodes) for part in (split.test, split.test_negatives))
    embeddings, heldout = evaluated, np.concatenate([split.validation, split.test])
    if config.refit:
        runtime.on_step(Step("refit", selection.epoch))
        trainer = objective.trainer_on_all(node_embeddings=True)
        embeddings, heldout = odds.apply(refit(trainer, selection.epoch, runtime.on_epoch, runtime.saver)), heldout[:0]
    return Trained(
        embeddings=embeddings,
        node_embeddings=True,
        epoch=selection.epoch,
        curve=selection.curve,
        test_logits=(test, negatives),
        probabilities=probabilities,
        metrics=metrics,
        split=split,
        split_audit=split_audit,
        heldout=heldout,
        device=runtime.device.type,
        features=None,
        posterior=None,
    )


def select_relational(
    graph: Graph, config: TrainingConfig, runtime: Runtime, given: Split | None
) -> tuple[Split, RelationalObjective, Selection, Embeddings]:
    """Split and fit: the split, and the embeddings of the epoch that is best on validation.

    Raises:
        DataError: the model is none of relations.
    """
    if not config.of_relations:
        raise DataError(f"--model: expected complex for links with relations, found {config.model!r}; leave it out")
    runtime.on_step(Step("splitting the triples"))
    split = given or split_triples(graph, config.validation, config.test, np.random.default_rng(config.seed))
    objective = RelationalObjective(graph, split, config, runtime.device)
    runtime.on_step(Step("fit", config.epochs))
    return split, objective, *fit(objective, True, config, runtime.on_epoch, runtime.saver)


def _seen(embeddings: Embeddings) -> Int64:
    """The triples that a model was trained on, int64 (e, 3)."""
    assert embeddings.relations is not None
    return np.column_stack([embeddings.edges, embeddings.relations.astype(np.int64)])
