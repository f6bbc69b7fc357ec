"""`MLflow`: trainings as runs of an experiment."""

import time
from typing import TYPE_CHECKING

from latentlink.extras import how_to_install
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.training.trackers.scalars import of_epoch, of_test

if TYPE_CHECKING:
    from mlflow.entities import Metric

    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.trained import Trained

_EVERY = 1.0  # seconds between two requests, so that a training with short epochs does not wait for a server
_MOST = 500  # metrics of a request; MLflow takes up to 1000


class MLflow:
    """A `Tracker` that logs each training as a run; its parameters are the config's. It needs the extra `mlflow`.

    Metrics have the names of `TensorBoard`. A run that gets no result, as after Ctrl+C, ends as FAILED.

    Args:
        experiment: its name; made if absent.
        tracking_uri: of a server or a database; None for MLflow's own choice, by the variable MLFLOW_TRACKING_URI.
    """

    def __init__(self, experiment: str, tracking_uri: str | None = None) -> None:
        self._experiment, self._uri = experiment, tracking_uri

    def start(self, config: TrainingConfig) -> None:
        """Begin a run.

        Raises:
            DataError: the store can't be reached or written to, or MLflow is not installed.
        """
        try:
            from mlflow import MlflowClient
            from mlflow.entities import Param
            from mlflow.exceptions import MlflowException
        except ModuleNotFoundError as error:
            raise DataError(f"--mlflow: {how_to_install(error, 'latentlink[mlflow]')}") from None
        params = [Param(name, str(value)) for name, value in config.model_dump().items()]
        try:
            self._client = MlflowClient(self._uri)
            found = self._client.get_experiment_by_name(self._experiment)
            home = found.experiment_id if found else self._client.create_experiment(self._experiment)
            self._run: str = self._client.create_run(home).info.run_id
            self._client.log_batch(self._run, params=params)
        except MlflowException as error:
            raise DataError(f"--mlflow: expected a tracking store to write to, found: {error}") from None
        self._unsent: list[Metric] = []
        self._sent, self._status = time.monotonic(), "FAILED"

    def epoch(self, epoch: "Epoch") -> None:
        """Log an epoch's numbers, at most once a second."""
        self._add(of_epoch(epoch), epoch.number)
        if time.monotonic() - self._sent > _EVERY or len(self._unsent) > _MOST:
            self._send()

    def result(self, trained: "Trained") -> None:
        """Log the metrics of the test, at the selected epoch."""
        self._add(of_test(trained), trained.epoch)
        self._status = "FINISHED"

    def close(self) -> None:
        """Log what is left, and end the run."""
        try:
            self._send()
        finally:
            self._client.set_terminated(self._run, self._status)

    def _add(self, numbers: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._unsent += [Metric(name, value, now, step) for name, value in numbers.items()]

    def _send(self) -> None:
        self._client.log_batch(self._run, metrics=self._unsent)
        self._unsent, self._sent = [], time.monotonic()
