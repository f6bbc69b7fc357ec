"""`validate`: what a training measures on validation, without its test."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.splits import Split, split_edges
from latentlink.models.facts.metrics import Metrics
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations
from latentlink.models.training.protocol import train, validate
from tests.models.training.helpers import AE, communities

QUICK = {"dim": 4, "epochs": 6, "evaluate_every": 2, "refit": False}
GRAPH = communities(features=False)
DIRECTED = Graph.from_pairs(GRAPH.ids, GRAPH.edges, directed=True)
RELATIONS = Graph.from_pairs(GRAPH.ids, GRAPH.edges, relations=Relations(("r",), np.zeros(len(GRAPH.edges), np.int16)))


def _mean(metrics: Metrics) -> float | None:
    return np.mean([metrics.validation.auc or 0, metrics.validation.ap or 0]).item()


@pytest.mark.parametrize(
    ("graph", "settings"),
    [
        (GRAPH, {"parts": "dense"}),
        (GRAPH, {"parts": "dense,shared_links,bias"}),
        (communities(), {"encoder": "gcn"}),
    ],
    ids=["encoder", "parts", "features"],
)
def test_it_is_what_the_training_reports_on_validation(graph: Graph, settings: dict[str, Any]) -> None:
    """The mean of AUC and AP of the model with all its parts."""
    config = TrainingConfig.model_validate({**QUICK, **settings})
    assert validate(graph, config) == pytest.approx(_mean(train(graph, config).metrics), abs=1e-12)


def test_of_features_it_is_minus_the_loss() -> None:
    """An AE's loss is its reconstruction error."""
    config = AE.model_copy(update={"refit": False})
    assert validate(communities(), config) == -(train(communities(), config).metrics.validation.reconstruction or 0)


@pytest.mark.parametrize(
    ("graph", "settings"), [(DIRECTED, {"parts": "dense"}), (RELATIONS, {"model": "complex"})], ids=["roles", "triples"]
)
def test_of_directed_links_it_is_that_of_the_selected_epoch(graph: Graph, settings: dict[str, Any]) -> None:
    """With the AUC of directions, or the MRR of triples: the mean of what was reported at the best epoch."""
    config = TrainingConfig.model_validate({**QUICK, **settings})
    trained = train(graph, config)
    scores = next(one.validation for one in trained.curve if one.number == trained.epoch) or {}
    assert validate(graph, config) == sum(scores.values()) / len(scores)


def test_no_test_link_is_looked_at() -> None:
    """Other links and non-links in the place of the test give the same number."""
    config = TrainingConfig.model_validate({**QUICK, "parts": "dense"})
    split: Split = split_edges(GRAPH, 0.05, 0.1, np.random.default_rng(0), by_time=False)
    nonsense = np.zeros((3, 2), np.int64)
    other = replace(split, test=nonsense, test_negatives=nonsense)
    assert validate(GRAPH, config, split=other) == validate(GRAPH, config, split=split)
