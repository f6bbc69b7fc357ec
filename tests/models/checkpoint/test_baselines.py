"""Which heuristics beat a model, and why."""

import pytest

from latentlink.models.checkpoint.baselines import stronger_baselines, why_beaten
from latentlink.models.facts.metrics import LinkMetrics, Metrics


def _metrics(own: float | None, **baselines: float | None) -> Metrics:
    """The model's test AP and those of baselines."""
    return Metrics(test=LinkMetrics(ap=own), baselines={name: LinkMetrics(ap=ap) for name, ap in baselines.items()})


def test_stronger_baselines_come_best_first() -> None:
    """Those above the model's test AP, by AP."""
    assert stronger_baselines(_metrics(0.5, a=0.6, b=0.4, c=0.9, d=0.5)) == ["c", "a"]


@pytest.mark.parametrize(
    "metrics", [Metrics(), Metrics(test=LinkMetrics(ap=0.5)), _metrics(None, a=0.9), _metrics(0.5, a=None)]
)
def test_what_was_not_measured_is_not_compared(metrics: Metrics) -> None:
    """A manifest without baselines, or without their AP or the model's, is no error."""
    assert stronger_baselines(metrics) == []


@pytest.mark.parametrize(
    ("best", "reason"),
    [
        ("common_neighbors", "close triangles"),
        ("adamic_adar", "close triangles"),
        ("resource_allocation", "close triangles"),
        ("preferential_attachment", "go to hubs"),
        ("feature_cosine", "similar features"),
    ],
)
def test_the_best_heuristic_is_the_reason(best: str, reason: str) -> None:
    """The reason describes the best heuristic; others that beat the model have no part in it."""
    others = {"preferential_attachment": 0.6, "feature_cosine": 0.7, "adamic_adar": 0.8}
    others.pop(best, None)
    assert reason in (why_beaten(_metrics(0.5, **{best: 0.9}, **others), features=3) or "")


@pytest.mark.parametrize(
    ("others", "features", "said"), [({}, 0, "It has no features"), ({"feature_cosine": 0.61}, 3, "0.6100")]
)
def test_the_evidence_of_features_is_named(others: dict[str, float], features: int, said: str) -> None:
    """A graph without features has none; with them, the AP of feature cosine alone is shown."""
    assert said in (why_beaten(_metrics(0.5, adamic_adar=0.9, **others), features) or "")


@pytest.mark.parametrize("metrics", [Metrics(), _metrics(0.95, adamic_adar=0.9), _metrics(0.5, x=0.9)])
def test_without_a_known_winner_there_is_no_reason(metrics: Metrics) -> None:
    """Nothing is made up where the model won or a heuristic of another version did."""
    assert why_beaten(metrics, features=0) is None
