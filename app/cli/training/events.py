"""`--log-dir`: the curves of a training in an event file, for TensorBoard."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from latentlink.models.config import TrainingConfig
from latentlink.models.errors import DataError

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

    from latentlink.models.training.fit import Epoch
    from latentlink.models.training.trained import Trained


class EventFile:
    """Scalars by epoch, `loss/<phase>`, `validation_auc/<phase>` and `validation_ap/<phase>`, and `test/<metric>` at the end."""

    def __init__(self, writer: "SummaryWriter") -> None:
        self._writer = writer

    def epoch(self, epoch: "Epoch") -> None:
        """Add an epoch's numbers."""
        numbers = {"loss": epoch.loss, **{f"validation_{name}": v for name, v in (epoch.validation or {}).items()}}
        for name, value in numbers.items():
            self._writer.add_scalar(f"{name}/{epoch.phase.replace(' ', '_')}", value, epoch.number)

    def result(self, trained: "Trained") -> None:
        """Add the metrics of the test, at the selected epoch."""
        for name, value in trained.metrics.test.by_name().items():
            if isinstance(value, float):
                self._writer.add_scalar(f"test/{name}", value, trained.epoch)


@contextmanager
def event_file(directory: Path, config: TrainingConfig) -> Iterator[EventFile]:
    """A new event file in `directory`; its first entry is the config as text.

    Raises:
        DataError: the directory can't be written to.
        ModuleNotFoundError: tensorboardX is not installed.
    """
    from tensorboardX import SummaryWriter

    try:
        writer = SummaryWriter(str(directory))
    except OSError as error:
        raise DataError(f"--log-dir: expected a directory to write to, found {directory}: {error.strerror}") from None
    with writer:
        rows = "".join(f"| {name} | {value} |\n" for name, value in config.model_dump().items())
        writer.add_text("config", f"| setting | value |\n|---|---|\n{rows}")
        yield EventFile(writer)
