"""The space that a tuning searches: choices and ranges of hyperparameters, each checked before anything is trained."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations_with_replacement, product
from math import prod
from typing import TYPE_CHECKING, Any

from latentlink.models.config import TrainingConfig, new_name
from latentlink.models.errors import DataError
from latentlink.models.training.options import Check, Options
from latentlink.models.wording import listed

if TYPE_CHECKING:
    from optuna import Trial

Value = bool | int | float | str | None

_LOGARITHMIC = ("dim", "hidden", "learning_rate", "weight_decay")
_NOT_SEARCHED = {
    **dict.fromkeys(
        ("seed", "validation", "test", "time_column"), "decides the split, on which all trials are compared"
    ),
    **dict.fromkeys(("refit", "evaluate_unseen"), "changes nothing on validation"),
}


@dataclass(frozen=True)
class Choices:
    """Values to choose from."""

    values: tuple[Value, ...]

    @property
    def samples(self) -> tuple[Value, ...]:
        """Values that are checked."""
        return self.values

    def suggest(self, trial: "Trial", name: str) -> Value:
        """The value of a trial."""
        return trial.suggest_categorical(name, self.values)

    def __str__(self) -> str:
        return ",".join(map(str, self.values))


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, both included; whole ones between whole ones.

    Widths and rates above 0 are drawn on a logarithmic scale, all else on a linear one.
    """

    low: float
    high: float

    @property
    def samples(self) -> tuple[Value, ...]:
        """Values that are checked: the ends, and of whole numbers the second one, which may be odd where the first is even."""
        return (self.low, min(self.low + 1, self.high), self.high) if self._whole else (self.low, self.high)

    def suggest(self, trial: "Trial", name: str) -> Value:
        """The value of a trial."""
        log = name in _LOGARITHMIC and self.low > 0
        if self._whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=log)
        return trial.suggest_float(name, self.low, self.high, log=log)

    @property
    def _whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


Space = Mapping[str, Choices | Range]
Given = Mapping[str, Iterable[Value] | tuple[Value, Value]]
"""What a person gives: a list of choices, or a tuple (low, high), by the name of each field."""


def read_space(given: Given, options: Options, check: Check) -> Space:
    """The space, with values of the types that the config has.

    Args:
        given: choices and ranges by name.
        options: those of all trials.
        check: of `options` and values of the space together.

    Raises:
        DataError: a name is unknown, can't be searched or stands twice, or a value is refused by `check`, alone or beside one of
            another hyperparameter.
    """
    if not given:
        raise DataError("--space: expected a hyperparameter with its values, found none; add one, as dim=64,128")
    parts = {_name(name): _part(name, values) for name, values in given.items()}
    if len(parts) < len(given):
        raise DataError(f"--space: expected each hyperparameter once, found {', '.join(given)}; leave out one")
    for name in parts:
        if options.get(name) is not None:
            raise DataError(f"--{name.replace('_', '-')}: expected none beside --space {name}; leave out one")
    firsts: Options = {**options, **first_values(parts)}

    def typed(name: str, value: Value) -> Any:
        return getattr(check({**firsts, name: value}), name)

    space: dict[str, Choices | Range] = {}
    for name, part in parts.items():
        if isinstance(part, Choices):
            space[name] = Choices(tuple(dict.fromkeys(typed(name, value) for value in part.values)))
        else:
            space[name] = _range(name, part, typed(name, part.low), typed(name, part.high))
    for (one, some), (other, others) in combinations_with_replacement(space.items(), 2):
        for first, second in product(some.samples, others.samples):
            _comparable(check({**firsts, one: first, other: second}), space)
    return space


def first_values(space: Space) -> dict[str, Value]:
    """The first value of each hyperparameter."""
    return {name: part.samples[0] for name, part in space.items()}


def combinations_of(space: Space) -> int | None:
    """How many there are; None with a range."""
    sizes = [len(part.values) for part in space.values() if isinstance(part, Choices)]
    return prod(sizes) if len(sizes) == len(space) else None


def _name(given: str) -> str:
    name = new_name(given.replace("-", "_"))
    if name not in TrainingConfig.model_fields:
        [near] = get_close_matches(name, TrainingConfig.model_fields, 1, 0)
        raise DataError(f"--space: expected the name of a hyperparameter, such as {near}, found {given!r}")
    if name in _NOT_SEARCHED:
        raise DataError(f"--space: expected no {name}, which {_NOT_SEARCHED[name]}; leave it out")
    return name


def _part(name: str, values: Any) -> Choices | Range:
    if isinstance(values, tuple):
        if len(values) != 2:
            raise DataError(
                f"--space {name}: expected a range of two numbers, (low, high), found {values}; give a list"
            )
        return Range(*values)
    if isinstance(values, str) or not isinstance(values, Iterable) or not (found := [*values]):
        raise DataError(f"--space {name}: expected a list of choices or a tuple (low, high), found {values!r}")
    return Choices(tuple(found))


def _range(name: str, given: Range, low: Any, high: Any) -> Range:
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high))
    if not numbers or low >= high:
        raise DataError(
            f"--space {name}: expected a range from a lower number to a higher one, found {given}; list choices"
        )
    return Range(low, high)


def _comparable(config: TrainingConfig, space: Space) -> None:
    """Refuse models whose scores on validation mean different things."""
    if "model" in space and config.model not in ("gae", "vgae"):
        found = listed(map(str, space["model"].samples))
        raise DataError(
            f"--space model: expected gae and vgae, whose scores can be compared, found {found}; tune each alone"
        )
