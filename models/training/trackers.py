"""Trackers: who keeps the numbers of a training elsewhere, such as in an event file."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from latentlink.models.config import TrainingConfig
from latentlink.models.training.fit import Epoch, Progress
from latentlink.models.training.trained import Trained


class Tracker(Protocol):
    """Keeps the numbers of one training after the other; each begins with `start` and ends with `close`."""

    def start(self, config: TrainingConfig) -> None:
        """A training begins."""

    def epoch(self, epoch: Epoch) -> None:
        """An epoch has ended."""

    def result(self, trained: Trained) -> None:
        """The training has ended well."""

    def close(self) -> None:
        """The training has ended, well or not."""


Training = Callable[[Progress], Trained]


def tracked(training: Training, trackers: Iterable[Tracker], config: TrainingConfig, on_epoch: Progress) -> Trained:
    """What a training gives that calls trackers, and before them `on_epoch`.

    Args:
        training: trains, and calls what it is given after each epoch.
        trackers: of the training.
        config: of the training.
        on_epoch: hears of each epoch as well.
    """
    with _started(trackers, config) as started:

        def on_each(epoch: Epoch) -> None:
            on_epoch(epoch)
            for tracker in started:
                tracker.epoch(epoch)

        trained = training(on_each)
        for tracker in started:
            tracker.result(trained)
        return trained


@contextmanager
def _started(trackers: Iterable[Tracker], config: TrainingConfig) -> Iterator[list[Tracker]]:
    with ExitStack() as stack:
        started = []
        for tracker in trackers:
            tracker.start(config)
            stack.callback(tracker.close)
            started.append(tracker)
        yield started
