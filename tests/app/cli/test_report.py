"""What a training prints: to a person, on a terminal, and with `--json` to a program."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlink.app.cli.report import summary
from latentlink.models.checkpoint.baselines import COMPARED
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.probabilities.interval_coverage import posterior_facts
from latentlink.models.facts.metrics import LinkMetrics
from latentlink.models.graph.types import NodeTypes
from latentlink.models.sources import load_graph
from latentlink.models.training.protocol import train
from tests.app.cli.conftest import Command, published


def test_json_lines_are_the_epochs_of_fit_and_refit(latentlink: Command, tmp_path: Path) -> None:
    """Every epoch of each phase, with the curve that the manifest keeps; the text goes to standard error."""
    code, out, err = latentlink("train", "--edges", "ring.csv", "--epochs", 6, "--dim", 4, "--json")
    *epochs, result = map(json.loads, out.splitlines())
    curve = published(tmp_path).manifest.training.curve
    fit, refit = epochs[:6], epochs[6:]
    assert (code, [e["epoch"] for e in refit]) == (0, list(range(1, result["epoch"] + 1)))
    assert [e["loss"] for e in fit] == curve.loss
    assert [e["validation"] and e["validation"]["auc"] for e in fit] == curve.validation_auc
    assert [e["phase"] for e in epochs] == ["fit with node rows"] * 6 + ["refit"] * len(refit)
    assert ("30 nodes" in err, result["path"] in err) == (True, True)


def test_the_last_json_line_is_the_result(latentlink: Command, tmp_path: Path) -> None:
    """Name, version, path and metrics of what was published, as the manifest has them."""
    out = latentlink("train", "--edges", "ring.csv", "--epochs", 2, "--dim", 4, "--json").out
    result = json.loads(out.splitlines()[-1])
    manifest = json.loads((tmp_path / result["path"] / "manifest.json").read_text())
    assert [result[key] for key in ("name", "version", "metrics")] == ["ring", manifest["version"], manifest["metrics"]]


def test_a_posterior_that_is_the_prior_is_warned_of() -> None:
    """Where μ is 0 and σ 1 for all nodes, embeddings hold nothing: the summary has 0 nats a node; else no such line."""
    graph = load_graph(dataset="karate")
    config = TrainingConfig(epochs=60, refit=False)
    trained = train(graph, config)
    prior = posterior_facts(np.zeros((34, 2), np.float32), np.zeros((34, 2), np.float32))
    assert re.findall(r"^warning .* (\S+) nats", summary(graph, config, replace(trained, posterior=prior)), re.M) == [
        "0.0000"
    ]
    assert "nats" not in summary(graph, config, trained)


@pytest.mark.parametrize(
    ("ahead", "lines", "warned"),
    [
        ({"ap": "spectral", "full_mrr": "spectral"}, ["spectral, best AP and full MRR of 2"], True),
        (
            {"ap": "spectral", "full_mrr": "adamic_adar"},
            ["spectral, best AP of 2", "adamic adar, best full MRR of 2"],
            True,
        ),
        ({}, ["adamic adar, best AP and full MRR of 2"], False),
    ],
)
def test_the_best_heuristics_stand_below_the_test(ahead: dict[str, str], lines: list[str], warned: bool) -> None:
    """By AP and by full MRR, in one line where one is both; a warning names the metrics on which one beats the model."""
    graph = load_graph(dataset="karate")
    config = TrainingConfig(epochs=1, refit=False)
    trained = train(graph, config)
    scores = {
        "adamic_adar": {"auc": 0.5, "ap": 0.5, "full_mrr": 0.2},
        "spectral": {"auc": 0.5, "ap": 0.4, "full_mrr": 0.1},
    }
    for metric, name in ahead.items():
        scores[name][metric] = 0.99
    baselines = {name: LinkMetrics(**given) for name, given in scores.items()}
    test = LinkMetrics(auc=0.9, ap=0.9, full_mrr=0.3)
    metrics = trained.metrics.model_copy(update={"test": test, "baselines": baselines})
    text = summary(graph, config, replace(trained, metrics=metrics))
    assert re.findall(r"^heuristic .*full MRR [\d.]+  (.*)$", text, re.M) == lines
    assert "full MRR 0.3000  on" in text
    names = ", ".join(f"{title} ({ahead[metric]})" for metric, title in COMPARED.items() if metric in ahead)
    assert (f"beat the model: {names.replace('_', ' ')}" in text) == warned


def test_recall_names_the_lists_that_it_is_of() -> None:
    """Of types that are linked: those of the second group, for each node of the first; nothing without such lists."""
    graph, config = load_graph(dataset="karate"), TrainingConfig(epochs=1, refit=False)
    trained = train(graph, config)
    types = NodeTypes(("user", "tag", "shop", "item"), np.zeros(34, np.int16), np.array([[0, 3], [2, 3]], np.int16))
    metrics = trained.metrics.model_copy(update={"test": LinkMetrics(auc=0.5, recall_20=0.25)})
    text = summary(replace(graph, types=types), config, replace(trained, metrics=metrics))
    assert "  Recall@20 0.2500  on 7 edges\nlists      Recall@20 of item for each user, shop\n" in text
    assert "lists " not in summary(graph, config, trained)


def test_the_model_without_each_part_stands_in_the_columns_of_the_test() -> None:
    """A row for each part, in the order of the metrics, with those that heuristics are compared on, as far as measured."""
    graph, config = load_graph(dataset="karate"), TrainingConfig(epochs=5, refit=False)
    trained = train(graph, config)
    without = {
        "spectral": LinkMetrics(auc=0.5, ap=0.25, full_mrr=0.125, full_hits_10=0.5),
        "dense": LinkMetrics(auc=0.75, ap=1.0),
    }
    metrics = trained.metrics.model_copy(update={"without": without})
    text = summary(graph, config, replace(trained, metrics=metrics))
    assert re.findall(r"^(?:test .* on|without).*", text, re.M)[1:] == [
        "without    AUC 0.5000  AP 0.2500  full MRR 0.1250  full Hits@10 0.5000  spectral",
        "without    AUC 0.7500  AP 1.0000  dense",
    ]
