"""A tracker that notes how it is called."""

from latentlink.models.config import TrainingConfig
from latentlink.models.training.fit import Epoch
from latentlink.models.training.trained import Trained


class Noted:
    """Notes each call in words.

    Args:
        failing: the words of the call that raises.
    """

    def __init__(self, failing: str = "") -> None:
        self.calls: list[str] = []
        self._failing = failing

    def start(self, config: TrainingConfig) -> None:
        """As in `Tracker`."""
        self._note(f"start {config.dim}")

    def epoch(self, epoch: Epoch) -> None:
        """As in `Tracker`."""
        self._note(f"epoch {epoch.number}")

    def result(self, trained: Trained) -> None:
        """As in `Tracker`."""
        self._note(f"result {trained.epoch}")

    def close(self) -> None:
        """As in `Tracker`."""
        self._note("close")

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if call == self._failing:
            raise OSError(28, "No space left on device")
