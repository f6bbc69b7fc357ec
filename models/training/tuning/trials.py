"""Trials of a tuning: their outcomes, who hears of them, and the best."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from latentlink.models.errors import DataError
from latentlink.models.training.fit import Progress
from latentlink.models.training.steps import OnStep
from latentlink.models.training.tuning.space import Value
from latentlink.models.wording import count


class Trial(NamedTuple):
    """One training of a tuning.

    Attributes:
        number: from 1.
        state: complete; pruned, ended early since it was worse than the median; or failed.
        validation: mean of AUC and AP on validation, with relations MRR, of features minus the loss; None unless complete.
        params: the hyperparameters of the space.
        error: why it failed, or None.
    """

    number: int
    state: Literal["complete", "pruned", "failed"]
    validation: float | None
    params: Mapping[str, Value]
    error: str | None

    def __str__(self) -> str:
        shown = (
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in self.params.items()
        )
        outcome = self.state if self.validation is None else f"validation {self.validation:.4f}"
        return f"trial {self.number:,}: {outcome} with {', '.join(shown)}" + (f": {self.error}" if self.error else "")


class Heard(NamedTuple):
    """Who hears of a tuning: of steps and epochs of each training, and of each trial that has ended, also in an earlier run."""

    step: OnStep
    epoch: Progress
    trial: Callable[[Trial], object]

    def within(self, trial: str) -> "Heard":
        """The same, with the trial in the names of steps."""
        return self._replace(step=lambda step: self.step(step._replace(name=f"{trial}: {step.name}")))


def best_of(trials: Sequence[Trial]) -> Trial:
    """The complete trial that is best on validation; of equals the first.

    Raises:
        DataError: none is complete.
    """
    complete = [trial for trial in trials if trial.validation is not None]
    if not complete:
        error = next((trial.error for trial in trials if trial.error), "none was begun")
        raise DataError(
            f"tuning: expected a trial that ends well, found none of {count(len(trials), 'trial')}: {error}"
        )
    return max(complete, key=lambda trial: trial.validation or 0.0)
