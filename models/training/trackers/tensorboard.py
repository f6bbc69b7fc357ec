"""`TensorBoard`: the curves of a training in an event file."""

from pathlib import Path
from typing import TYPE_CHECKING

from latentlink.models.checkpoint.disk.files import reason
from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError
from latentlink.models.training.trackers.scalars import of_epoch, of_test

if TYPE_CHECKING:
    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.trained import Trained


class TensorBoard:
    """A `Tracker` that writes a new event file for each training; the first entry is the config as text.

    Scalars by epoch are `loss/<phase>`, `validation_auc/<phase>` and `validation_ap/<phase>`, and at the end `test/<metric>`.

    Args:
        directory: of the event files; made if absent.
    """

    def __init__(self, directory: Path | str) -> None:
        self._directory = directory

    def start(self, config: TrainingConfig) -> None:
        """Open a file.

        Raises:
            DataError: the directory can't be written to.
            ModuleNotFoundError: tensorboardX is not installed.
        """
        from tensorboardX import SummaryWriter

        try:
            self._writer: SummaryWriter = SummaryWriter(str(self._directory))
        except OSError as error:
            raise DataError(
                f"--log-dir: expected a directory to write to, found {self._directory}: {reason(error)}"
            ) from None
        rows = "".join(f"| {name} | {value} |\n" for name, value in config.model_dump().items())
        self._writer.add_text("config", f"| setting | value |\n|---|---|\n{rows}")

    def epoch(self, epoch: "Epoch") -> None:
        """Add an epoch's numbers."""
        for name, value in of_epoch(epoch).items():
            self._writer.add_scalar(name, value, epoch.number)

    def result(self, trained: "Trained") -> None:
        """Add the metrics of the test, at the selected epoch."""
        for name, value in of_test(trained).items():
            self._writer.add_scalar(name, value, trained.epoch)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
