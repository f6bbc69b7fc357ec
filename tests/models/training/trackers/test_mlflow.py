"""Runs of MLflow, read back by its own client from a store of files."""

import json
from pathlib import Path
from typing import Any

import pytest

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.training.fit import Epoch
from latentlink.models.training.trackers.mlflow import MLflow
from tests.app.cli.conftest import RING
from tests.command import run_command

pytestmark = pytest.mark.slow  # the import alone takes two seconds


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tracking store of files, which MLflow keeps for those who allow it; a database takes seconds to make."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    return (tmp_path / "runs").as_uri()


def _run(store: str) -> Any:
    """The only run of the experiment, and the client."""
    from mlflow import MlflowClient

    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("ring")
    assert experiment is not None
    [run] = client.search_runs([experiment.experiment_id])
    return run, client


def test_a_command_s_run_has_the_numbers_of_its_lines(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every epoch by its phase, the test's metrics at the selected epoch, and each setting."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    (tmp_path / "ring.csv").write_text(RING)
    options = ("--edges", "ring.csv", "--epochs", 3, "--dim", 4, "--mlflow", "ring", "--json")
    *epochs, result = map(json.loads, run_command("train", *options, folder=tmp_path).out.splitlines())
    run, client = _run(store)
    assert run.info.status == "FINISHED"
    assert (run.data.params["dim"], run.data.params["patience"]) == ("4", "150")
    for phase in {one["phase"] for one in epochs}:
        history = client.get_metric_history(run.info.run_id, f"loss/{phase.replace(' ', '_')}")
        logged = {one.step: one.value for one in history}
        assert logged == {one["epoch"]: one["loss"] for one in epochs if one["phase"] == phase}
    measured = result["metrics"]["test"].items()
    expected = {f"test/{name.replace('@', '_')}": value for name, value in measured if isinstance(value, float)}
    assert {name: value for name, value in run.data.metrics.items() if name.startswith("test/")} == expected


def test_a_run_without_a_result_has_failed(store: str) -> None:
    """What was heard until then is logged all the same."""
    tracker = MLflow("ring", store)
    tracker.start(TrainingConfig())
    tracker.epoch(Epoch(1, 2.0, {"auc": 0.5}, "fit"))
    tracker.close()
    run, _ = _run(store)
    assert run.info.status == "FAILED"
    assert run.data.metrics == {"loss/fit": 2.0, "validation_auc/fit": 0.5}


def test_a_store_that_is_none_is_refused_before_the_training() -> None:
    """In one line."""
    with pytest.raises(DataError, match=r"^--mlflow: expected a tracking store to write to, found: "):
        MLflow("ring", "nosuch://store").start(TrainingConfig())
