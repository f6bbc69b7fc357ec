"""`--require`: what a model must reach on the test before it is served."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from latentlink.models.checkpoint.baselines import COMPARED, beaten_on
from latentlink.models.errors import DataError
from latentlink.models.facts.metrics import LinkMetrics, Metrics

BEATS_HEURISTICS = "beats-heuristics"
METRICS = [field.alias or name for name, field in LinkMetrics.model_fields.items() if name != "reconstruction"]
_WORD = re.compile(r"(?P<metric>[^=]+)=(?P<least>\d*\.?\d+(?:[eE][+-]?\d+)?)")


class Requirement(NamedTuple):
    """A metric of the test and its least value; BEATS_HEURISTICS has no value."""

    metric: str
    least: float = 0.0

    def missed(self, metrics: Metrics) -> str | None:
        """What was expected and what was measured, None where it is reached."""
        if self.metric != BEATS_HEURISTICS:
            value = metrics.test.by_name().get(self.metric)
            if value is not None and value >= self.least:
                return None
            known = ", ".join(name for name, one in metrics.test.by_name().items() if one is not None)
            measured = f"no value, but of {known or 'none'}" if value is None else f"{value:.6g}"
            return f"{self.metric}: expected at least {self.least:g}, found {measured}"
        if metrics.test.ap is None:
            return f"{BEATS_HEURISTICS}: expected a test AP to compare, found no value: the test has too few pairs"
        if not (beaten := beaten_on(metrics)):
            return None
        found = "; ".join(_ahead(metrics, metric, names) for metric, names in beaten.items())
        return f"{BEATS_HEURISTICS}: expected no heuristic above the model on the test, found {found}"


def _ahead(metrics: Metrics, metric: str, names: Iterable[str]) -> str:
    """`AP 0.75 beside adamic adar 0.76`."""
    scores = (f"{name.replace('_', ' ')} {metrics.baselines[name].by_name()[metric]:.6g}" for name in names)
    return f"{COMPARED[metric]} {metrics.test.by_name()[metric]:.6g} beside {', '.join(scores)}"


def read_requirements(words: Iterable[str]) -> list[Requirement]:
    """The requirements in words such as `ap=0.9` and `beats-heuristics`.

    Raises:
        DataError: a word is none.
    """
    return [_read(word) for word in words]


def _read(word: str) -> Requirement:
    if word == BEATS_HEURISTICS:
        return Requirement(word)
    found = _WORD.fullmatch(word)
    if found is None or found["metric"] not in METRICS or float(found["least"]) > 1:
        raise DataError(
            f"--require: expected METRIC=NUMBER in 0–1 with one of {', '.join(METRICS)}, or {BEATS_HEURISTICS}, found {word!r}"
        )
    return Requirement(found["metric"], float(found["least"]))
