"""Trackers: who keeps the numbers of a training elsewhere, such as in an event file."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from latentlink.models.config import TrainingConfig
from latentlink.models.training.fit import Epoch, Progress
from latentlink.models.training.trained import Trained


class Tracker(Protocol):
    """Keeps the numbers of one training after the other; each begins with `start` and ends with `close`.

    An error in `start` ends the training before it begins. After any other error the training goes on with a warning, and the
    tracker is closed at its end without hearing more.
    """

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
    with _started(trackers, config) as hearing:

        def on_each(epoch: Epoch) -> None:
            on_epoch(epoch)
            _tell(hearing, lambda tracker: tracker.epoch(epoch))

        trained = training(on_each)
        _tell(hearing, lambda tracker: tracker.result(trained))
        return trained


@contextmanager
def _started(trackers: Iterable[Tracker], config: TrainingConfig) -> Iterator[list[Tracker]]:
    started: list[Tracker] = []
    try:
        for tracker in trackers:
            tracker.start(config)
            started.append(tracker)
        yield [*started]
    finally:
        _tell(started[::-1], lambda tracker: tracker.close())


def _tell(hearing: list[Tracker], what: Callable[[Tracker], None]) -> None:
    """Call each tracker; one that raises is warned of and hears no more: a full disk must not cost hours of training."""
    for tracker in [*hearing]:
        try:
            what(tracker)
        except Exception as error:
            hearing.remove(tracker)
            reason = f"{type(error).__name__}: {error}"
            warnings.warn(f"tracker {type(tracker).__name__}: the training goes on without it: {reason}", stacklevel=2)
