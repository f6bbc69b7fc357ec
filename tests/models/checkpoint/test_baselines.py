"""Which heuristics are stronger, whatever a manifest holds."""

from typing import Any

import pytest

from latentlink.models.checkpoint.baselines import stronger_baselines, why_beaten


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


def _won_by(name: str, **others: float) -> dict[str, Any]:
    return {"test": {"ap": 0.5}, "baselines": {name: {"ap": 0.9}} | {other: {"ap": ap} for other, ap in others.items()}}


@pytest.mark.parametrize(
    ("best", "reason"),
    [
        ("common_neighbors", "close triangles"),
        ("adamic_adar", "close triangles"),
        ("resource_allocation", "close triangles"),
        ("preferential_attachment", "go to hubs"),
        ("feature_cosine", "say directly who is linked"),
    ],
)
def test_the_best_heuristic_is_the_reason(best: str, reason: str) -> None:
    """What it measures is what tells most on the graph; weaker winners do not count."""
    others = {"preferential_attachment": 0.6, "feature_cosine": 0.7, "adamic_adar": 0.8}
    others.pop(best, None)
    assert reason in (why_beaten(_won_by(best, **others), features=3) or "")


def test_a_graph_without_features_is_told() -> None:
    """The model had nothing else to learn from than the heuristic."""
    told = why_beaten(_won_by("adamic_adar"), features=0)
    assert told is not None
    assert told.endswith("It has no features, so the model had only links to learn from, too.")


def test_what_features_reach_alone_is_told() -> None:
    """It is a number that was measured, beside links that told more."""
    told = why_beaten(_won_by("adamic_adar", feature_cosine=0.61), features=3)
    assert told is not None
    assert told.endswith("by themselves (feature cosine) they reach an AP of 0.6100.")


@pytest.mark.parametrize(
    "metrics", [{}, {"test": {"ap": 0.95}, "baselines": {"adamic_adar": {"ap": 0.9}}}, _won_by("x")]
)
def test_without_a_known_winner_there_is_no_reason(metrics: dict[str, Any]) -> None:
    """Nothing is made up where the model won or a heuristic of another version did."""
    assert why_beaten(metrics, features=0) is None
