"""Which heuristics are stronger, whatever a manifest holds."""

from typing import Any

import pytest

from models.baselines import stronger_baselines


def test_stronger_baselines_come_best_first() -> None:
    """Those above the model's test AP, by AP."""
    metrics = {
        "test": {"ap": 0.5},
        "baselines": {"a": {"ap": 0.6}, "b": {"ap": 0.4}, "c": {"ap": 0.9}, "d": {"ap": 0.5}},
    }
    assert stronger_baselines(metrics) == ["c", "a"]


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"test": {}},
        {"test": {"ap": None}, "baselines": {"a": {"ap": 1}}},
        {"test": {"ap": 0.5}, "baselines": {"a": None, "b": 7, "c": {}, "d": {"ap": "1"}, "e": []}},
    ],
)
def test_what_was_not_measured_is_not_compared(metrics: dict[str, Any]) -> None:
    """A manifest without baselines, or with others than numbers, is no error."""
    assert stronger_baselines(metrics) == []
