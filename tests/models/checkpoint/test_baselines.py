"""Which heuristics beat a model, and why."""

import pytest

from latentlink.models.checkpoint.baselines import beaten_on, best_baseline, stronger_baselines, why_beaten
from latentlink.models.facts.metrics import LinkMetrics, Metrics


def _metrics(own: float | None, **baselines: float | None) -> Metrics:
    """The model's test AP and those of baselines."""
    return Metrics(test=LinkMetrics(ap=own), baselines={name: LinkMetrics(ap=ap) for name, ap in baselines.items()})


def test_stronger_baselines_come_best_first() -> None:
    """Those above the model's test AP, by AP."""
    assert stronger_baselines(_metrics(0.5, a=0.6, b=0.4, c=0.9, d=0.5)) == ["c", "a"]


RANKED = Metrics(
    test=LinkMetrics(ap=0.5, full_mrr=0.2, full_hits_10=0.4),
    baselines={
        "a": LinkMetrics(ap=0.4, full_mrr=0.3, full_hits_10=0.4),
        "b": LinkMetrics(ap=0.6, full_mrr=0.1, full_hits_10=0.3),
        "c": LinkMetrics(ap=0.5, full_mrr=0.4, full_hits_10=None),
    },
)


def test_each_metric_names_the_heuristics_that_are_ahead() -> None:
    """On AP, full MRR and full Hits@10, the best first; as much is not ahead, and a metric without any is left out."""
    assert beaten_on(RANKED) == {"ap": ["b"], "full_mrr": ["c", "a"]}


def test_those_ahead_on_ap_come_before_those_ahead_on_the_ranking() -> None:
    """Each once."""
    assert stronger_baselines(RANKED) == ["b", "c", "a"]


def test_the_best_heuristic_depends_on_the_metric() -> None:
    """Of those that were measured; None without any."""
    assert [best_baseline(RANKED, metric) for metric in ("ap", "full_mrr", "full_hits@10", "mrr")] == [
        "b",
        "c",
        "a",
        None,
    ]


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
        ("paths_of_length_3", "paths of three links"),
        ("spectral", "large communities"),
    ],
)
def test_the_best_heuristic_is_the_reason(best: str, reason: str) -> None:
    """The reason describes the best heuristic; others that beat the model have no part in it."""
    others = {"preferential_attachment": 0.6, "feature_cosine": 0.7, "adamic_adar": 0.8}
    others.pop(best, None)
    assert reason in (why_beaten(_metrics(0.5, **{best: 0.9}, **others), features=3) or "")


@pytest.mark.parametrize(
    ("others", "features", "said"), [({}, 0, "no features"), ({"feature_cosine": 0.61}, 3, "0.6100")]
)
def test_the_evidence_of_features_is_named(others: dict[str, float], features: int, said: str) -> None:
    """A graph without features has none; with them, the AP of feature cosine alone is shown."""
    assert said in (why_beaten(_metrics(0.5, adamic_adar=0.9, **others), features) or "")


def test_features_that_are_the_better_evidence_are_not_called_weaker() -> None:
    """Where another heuristic wins on the ranking alone, the cosine may have the higher AP."""
    metrics = Metrics(
        test=LinkMetrics(ap=0.9, full_mrr=0.1),
        baselines={
            "adamic_adar": LinkMetrics(ap=0.6, full_mrr=0.2),
            "feature_cosine": LinkMetrics(ap=0.7, full_mrr=0.1),
        },
    )
    assert "0.7" not in (why_beaten(metrics, features=3) or "0.7")


@pytest.mark.parametrize("metrics", [Metrics(), _metrics(0.95, adamic_adar=0.9), _metrics(0.5, x=0.9)])
def test_without_a_known_winner_there_is_no_reason(metrics: Metrics) -> None:
    """Nothing is made up where the model won or a heuristic of another version did."""
    assert why_beaten(metrics, features=0) is None
