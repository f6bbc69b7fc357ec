"""Trackers beside a training: who hears what, and what becomes of a training whose tracker fails."""

from dataclasses import dataclass
from typing import Any

import pytest

from latentlink.models.config import TrainingConfig
from latentlink.models.training.fit import Epoch, Progress
from latentlink.models.training.trackers import tracked
from tests.models.training.trackers.noted import Noted

CONFIG = TrainingConfig(dim=4)


@dataclass(frozen=True)
class Outcome:
    """What a training gives, as far as trackers read it."""

    epoch: int = 2


def _training(on_epoch: Progress) -> Any:
    for number in (1, 2):
        on_epoch(Epoch(number, 1.0 / number, None, "fit"))
    return Outcome()


def _track(*trackers: Noted) -> list[int]:
    """The epochs that are heard of beside the trackers."""
    heard: list[int] = []
    trained: Any = tracked(_training, trackers, CONFIG, lambda epoch: heard.append(epoch.number))
    assert trained == Outcome()
    return heard


@pytest.mark.parametrize(
    ("failing", "calls"),
    [
        ("epoch 1", ["start 4", "epoch 1", "close"]),
        ("result 2", ["start 4", "epoch 1", "epoch 2", "result 2", "close"]),
        ("close", ["start 4", "epoch 1", "epoch 2", "result 2", "close"]),
    ],
)
def test_a_training_outlives_its_tracker(failing: str, calls: list[str]) -> None:
    """One warning names the tracker and the error; it hears no more but its end, and the others hear all."""
    bad, good = Noted(failing), Noted()
    message = r"^tracker Noted: the training goes on without it: OSError: \[Errno 28\] No space left on device$"
    with pytest.warns(UserWarning, match=message) as warned:
        assert _track(bad, good) == [1, 2]
    assert len(warned) == 1
    assert (bad.calls, good.calls) == (calls, ["start 4", "epoch 1", "epoch 2", "result 2", "close"])


def test_a_tracker_that_can_t_start_ends_the_training_before_it_begins() -> None:
    """Nothing is lost yet; those that have started are closed."""
    first, second = Noted(), Noted("start 4")
    with pytest.raises(OSError, match="No space left"):
        _track(first, second)
    assert (first.calls, second.calls) == (["start 4", "close"], ["start 4"])


def test_a_training_that_fails_has_no_result() -> None:
    """Its trackers are closed, the last first."""
    noted = Noted()

    def failing(on_epoch: Progress) -> Any:
        _training(on_epoch)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tracked(failing, [noted], CONFIG, lambda _: None)
    assert noted.calls == ["start 4", "epoch 1", "epoch 2", "close"]
