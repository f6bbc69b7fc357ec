"""`tune`: the trials as a table, and the best of them as a predictor."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from latentlink import LinkPredictor, Study, tune
from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from tests.latentlink.local.conftest import QUICK

FIXED: dict[str, Any] = {name: value for name, value in QUICK.items() if name != "dim"} | {"refit": False, "seed": 3}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Three trainings of the karate club."""
    journal = tmp_path_factory.mktemp("tuned") / "journal"
    return tune(load_graph(dataset="karate"), {"dim": [2, 4, 6]}, storage=journal, **FIXED)


def test_the_best_is_what_a_predictor_with_its_parameters_is(study: Study, tmp_path: Path) -> None:
    """Trained when it is read, once, with the same metrics; it can be published."""
    with LinkPredictor(**{**FIXED, **study.best_params}).fit(load_graph(dataset="karate")) as own:
        assert study.best.metrics_ == own.metrics_
        assert study.best.get_params() == own.get_params()
    assert study.best is study.best
    assert (study.best.publish("club", tmp_path) / "manifest.json").exists()


def test_the_best_is_the_best_on_validation(study: Study) -> None:
    """Each trial is measured as a training with its parameters measures itself; the test has no say."""
    graph, measured = load_graph(dataset="karate"), {}
    for trial in study.trials:
        with LinkPredictor(**{**FIXED, **trial.params}).fit(graph) as own:
            validation = own.metrics_["validation"]
        measured[trial.params["dim"]] = (validation["auc"] + validation["ap"]) / 2
        assert trial.validation == pytest.approx(measured[trial.params["dim"]])
    assert measured[study.best_params["dim"]] == max(measured.values())


def test_a_study_is_a_table_of_its_trials(study: Study) -> None:
    """The best first; all of them as a frame, in their order."""
    first, header, *rows = repr(study).splitlines()
    best = max(one.validation or 0 for one in study.trials)
    assert first.startswith("Study of 3 trials (3 complete); best trial ")
    assert header.split() == ["trial", "state", "validation", "dim"]
    assert [float(row.split()[2]) for row in rows] == sorted((float(row.split()[2]) for row in rows), reverse=True)
    assert rows[0].split()[1:3] == ["complete", f"{best:.4f}"]
    assert "<th>validation</th><th>dim</th>" in study._repr_html_()
    frame = study.to_pandas()
    assert frame["trial"].tolist() == [1, 2, 3]
    assert frame["dim"].tolist() == [one.params["dim"] for one in study.trials]


def test_a_torch_module_is_tuned_by_its_class() -> None:
    """Made of each width; one that is made already has a width of its own."""
    graph, made = load_graph(dataset="karate"), []

    class Plain(nn.Module):
        def __init__(self, n_features: int, dim: int) -> None:
            super().__init__()
            made.append(dim)
            self.map = nn.Linear(n_features, dim)

        def forward(self, x: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
            z: torch.Tensor = self.map(x)
            return z

    tuned = tune(graph, {"dim": [2, 4]}, **FIXED, encoder=Plain)
    assert {*made} == {one.params["dim"] for one in tuned.trials if one.state == "complete"} == {2, 4}


def test_messages_call_parameters_by_their_names() -> None:
    """Without the dashes of the command; those of a predictor are known as well."""
    graph = load_graph(dataset="karate")
    with pytest.raises(DataError, match=r"^dim: expected a number greater than or equal to 1, found 0$"):
        tune(graph, {"dim": [0]}, **FIXED)
    with pytest.raises(DataError, match=r"^space edge_masking: expected a range from a lower number to a higher one"):
        tune(graph, {"edge_masking": (0.9, 0.1)}, **FIXED)
    with pytest.raises(DataError, match=r"^parameter: expected the name of one, such as epochs, found 'epoch'$"):
        tune(graph, {"dim": [4]}, epoch=3)
