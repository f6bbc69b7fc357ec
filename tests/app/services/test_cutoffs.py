"""Cut-offs against counting by hand."""

from pathlib import Path
from typing import Any

import pytest

from latentlink.app.services.cutoffs import cutoff_for, wilson
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint import open_checkpoint
from latentlink.models.inference.scoring import sigmoid_of
from tests.support import Client, Small, assert_problem, serving, wrong_fields

FACTS: dict[str, Any] = {
    "logit": [4.0, 2.0, 1.0, -1.0],
    "recall": [0.1, 0.4, 0.5, 1.0],
    "false_links": [10.0, 10.0, 150.0, 5000.0],
    "validation_links": 20,
    "missing_links": 100,
    "counted_share": 1.0,
    "checks": [],
}


def _scorer(store: Path, **changes: Any) -> Scorer:
    version = Small.random().publish(store, thresholds=FACTS | changes)
    return Scorer(open_checkpoint(store / "small" / version))


@pytest.mark.parametrize(
    ("target", "value", "reachable", "logit"),
    [
        ("recall", 0.45, True, 1.0),
        ("recall", 0.1, True, 4.0),
        ("precision", 0.5, True, 2.0),
        ("precision", 0.25, True, 1.0),
        ("precision", 0.9, False, 2.0),
        ("links", 40, True, 2.0),
        ("links", 101, False, -1.0),
    ],
)
def test_the_cut_off_reaches_its_goal(tmp_path: Path, target: Any, value: float, reachable: bool, logit: float) -> None:
    """The highest with enough recall or links, the lowest with enough precision; else the nearest, which says so."""
    cutoff = cutoff_for(_scorer(tmp_path), target, value)
    assert (cutoff.reachable, cutoff.logit, cutoff.probability) == (reachable, logit, sigmoid_of(logit))


def test_what_lies_above_is_counted(tmp_path: Path) -> None:
    """At recall 0.5 of 100 missing links 50, beside 150 false ones; ranges are Wilson's of 20 validation links."""
    cutoff = cutoff_for(_scorer(tmp_path), "recall", 0.5)
    low, high = wilson(0.5, 20)
    assert cutoff.recall == (0.5, low, high)
    assert cutoff.links == pytest.approx((50, 100 * low, 100 * high))
    assert cutoff.precision == pytest.approx((0.25, 100 * low / (100 * low + 150), 100 * high / (100 * high + 150)))
    assert cutoff.pairs == 200


def test_sampled_false_links_widen_the_range(tmp_path: Path) -> None:
    """Of 1 % of all pairs 100 stood for 10,000: ± 16.4 of those, 1,645 of these."""
    cutoff = cutoff_for(
        _scorer(tmp_path, counted_share=0.01, false_links=[1.0, 2.0, 10_000.0, 20_000.0]), "recall", 0.5
    )
    low, _ = wilson(0.5, 20)
    assert cutoff.precision.low == pytest.approx(100 * low / (100 * low + 11_644.85), rel=1e-4)


def test_over_http(tmp_path: Path) -> None:
    """The fields of the API; a checkpoint without counts is refused, and invalid goals."""
    Small.random().publish(tmp_path, thresholds=FACTS)
    Small.random().publish(tmp_path, "old", thresholds=None)
    with serving(tmp_path) as client:
        url = "/v1/models/small/thresholds"
        answer = client.get(url, params={"target": "precision", "value": 0.9}).json()
        assert (answer["reachable"], answer["precision"]["expected"]) == (False, pytest.approx(0.8))
        response = client.get("/v1/models/old/thresholds", params={"target": "recall", "value": 0.5})
        assert_problem(response, 409, "unsupported-by-model")
        assert wrong_fields(client.get(url, params={"target": "all", "value": 1})) == ["target"]


@pytest.mark.parametrize("target", ["recall", "precision"])
@pytest.mark.parametrize("value", [1.01, 50, 0, -0.5, "1e999", "inf", "nan"])
def test_a_fraction_lies_in_0_to_1(client: Client, target: str, value: float | str) -> None:
    """No cut-off reaches 50 (for 50 %), so it is refused, which the schema can't express for one target; 1 is allowed."""
    url = f"/v1/models/small/thresholds?target={target}&value="
    assert "value" in str(assert_problem(client.get(f"{url}{value}"), 422, "invalid-request"))
    assert client.get(f"{url}1").status_code == 200
