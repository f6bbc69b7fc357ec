"""Requests that a candidate is asked as well, over HTTP."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.app.arrow import ARROW, column, pairs_stream, stream
from tests.app.oracle import Search, logit, sigma, top
from tests.app.routers.test_metrics import numbers, of
from tests.support import Client, Small, eventually, serving


def _shadowed(client: Client, method: str, path: str, outcome: str = "asked", **asked: Any) -> None:
    """Ask, and wait until the candidate was asked as well."""
    before = of(numbers(client), "shadow_requests_total", model="small", outcome=outcome) or 0
    client.request(method, f"/v1/models/small/{path}", **asked).raise_for_status()
    eventually(lambda: of(numbers(client), "shadow_requests_total", model="small", outcome=outcome) == before + 1)


@pytest.fixture
def other(small: Small) -> Small:
    """The candidate: other vectors, and rows in another order."""
    renewed, last = small.renewed(), len(small.mu) - 1
    return replace(renewed, mu=renewed.mu[::-1].copy(), edges=last - small.edges, heldout=None, ids=small.ids[::-1])


def _served(small: Small, other: Small, store: Path) -> Any:
    candidate = other.publish(store)
    small.publish(store)
    return serving(store, shadow=f"small@{candidate}:1")


def test_differences_of_probabilities_are_observed(small: Small, other: Small, tmp_path: Path) -> None:
    """Of one pair and of many, |p − p'| by hand; pairs with an unknown node are none."""
    ids, differences = small.ids, []
    for i, j in ((3, 9), (0, 1), (4, 7)):
        own, others = sigma(logit(small.mu, i, j)), sigma(logit(other.mu, 59 - i, 59 - j))
        differences.append(abs(own - others))
    with _served(small, other, tmp_path) as client:
        _shadowed(client, "GET", "score", params={"source": ids[3], "target": ids[9]})
        pairs = [[ids[0], ids[1]], [ids[0], "nope"], [ids[4], ids[7]]]
        _shadowed(client, "POST", "scores", json={"pairs": pairs, "on_unknown": "null"})
        found = numbers(client)
    assert of(found, "shadow_difference_count", model="small") == 3
    assert of(found, "shadow_difference_sum", model="small") == pytest.approx(sum(differences))
    # What the candidate was asked is no answer.
    tenths = [of(found, "model_scores_total", model="small", bin=f"0.{tenth}") for tenth in range(10)]
    assert sum(filter(None, tenths)) == 3


def test_overlaps_of_lists_are_observed(small: Small, other: Small, tmp_path: Path) -> None:
    """Of one node, and of the first of several, by sorted lists; a search among given nodes asks nobody."""
    other = replace(other, mu=(small.mu[::-1] + other.mu / 2).astype(np.float32))  # much as the model's vectors are
    own = {small.ids[row] for row in top(small, 3, Search(k=5))}
    others = {other.ids[row] for row in top(other, 56, Search(k=5))}
    share = len(own & others) / 5
    assert 0 < share < 1
    with _served(small, other, tmp_path) as client:
        _shadowed(client, "GET", "neighbors", params={"node": small.ids[3], "k": 5})
        _shadowed(client, "POST", "neighbors", json={"nodes": [small.ids[3], small.ids[9]], "k": 5})
        client.post("/v1/models/small/neighbors", json={"nodes": ["a"], "candidates": ["b"]}).raise_for_status()
        found = numbers(client)
    assert of(found, "shadow_requests_total", model="small", outcome="asked") == 2
    assert of(found, "shadow_overlap_sum", model="small") == pytest.approx(2 * share)


def test_bodies_of_arrow_are_asked_and_counted_as_those_of_json(small: Small, other: Small, tmp_path: Path) -> None:
    """The known pairs, by hand, and the list of the first node that is known; answers in Arrow to JSON as well."""
    ids, headers = small.ids, {"Content-Type": ARROW}
    pairs = [(ids[3], ids[9]), ("nope", ids[1])]
    nodes = stream({"node": column(["nope", ids[3]])})
    asked: dict[str, Any] = {"params": {"on_unknown": "null"}, "headers": headers}
    with _served(small, other, tmp_path) as client:
        _shadowed(client, "POST", "scores", content=pairs_stream(pairs), **asked)
        _shadowed(client, "POST", "scores", json={"pairs": pairs[:1]}, headers={"Accept": ARROW})
        _shadowed(client, "POST", "neighbors", content=nodes, **asked)
        _shadowed(client, "POST", "neighbors", json={"nodes": [ids[3]]}, headers={"Accept": ARROW})
        found = numbers(client)
    own = sigma(logit(small.mu, 3, 9))
    difference = abs(own - sigma(logit(other.mu, 56, 50)))
    assert of(found, "shadow_difference_count", model="small") == 2
    assert of(found, "shadow_difference_sum", model="small") == pytest.approx(2 * difference)
    assert of(found, "shadow_overlap_count", model="small") == 2
    assert of(found, "model_scores_total", model="small", bin=f"0.{int(10 * own)}") == 2


def test_pairs_of_many_relations_in_arrow_are_asked_of_the_first_one(tmp_path: Path) -> None:
    """A candidate of the same vectors: no difference; every score is counted."""
    relations = column(["knows", "likes", "knows"])
    content = stream({"source": column(["a"] * 3), "target": column(["b"] * 3), "relation": relations})
    with _served(Small.relational(), Small.relational(), tmp_path) as client:
        _shadowed(client, "POST", "scores", content=content, headers={"Content-Type": ARROW})
        found = numbers(client)
    assert of(found, "shadow_difference_count", model="small") == 2
    assert of(found, "shadow_difference_sum", model="small") == 0
    tenths = [of(found, "model_scores_total", model="small", bin=f"0.{tenth}") for tenth in range(10)]
    assert sum(filter(None, tenths)) == 3


@pytest.mark.parametrize("kind", ["directed", "typed", "relational"])
def test_every_kind_of_model_is_compared(kind: str, tmp_path: Path) -> None:
    """A candidate of the same vectors: no difference, and the same lists."""
    small: Small = getattr(Small, kind)()
    more = {"relation": "knows"} if kind == "relational" else {}
    with _served(small, small, tmp_path) as client:
        _shadowed(client, "GET", "score", params={"source": "a", "target": "b", **more})
        _shadowed(client, "GET", "neighbors", params={"node": "a", **more})
        found = numbers(client)
    assert of(found, "shadow_difference_sum", model="small") == 0
    assert of(found, "shadow_overlap_sum", model="small") == of(found, "shadow_overlap_count", model="small") == 1


def test_nodes_that_the_candidate_does_not_know_are_counted(small: Small, tmp_path: Path) -> None:
    """The answer is as it is; the candidate has nothing to say."""
    other = replace(small, ids=tuple(f"other {node}" for node in small.ids))
    with _served(small, other, tmp_path) as client:
        _shadowed(client, "GET", "score", "unknown", params={"source": "a", "target": "b"})
        _shadowed(client, "GET", "neighbors", "unknown", params={"node": "a"})
        assert of(numbers(client), "shadow_difference_count", model="small") is None


def test_a_candidate_of_another_kind_is_compared_as_far_as_it_goes(small: Small, tmp_path: Path) -> None:
    """A model with relations can't answer for one without: the answers go out all the same."""
    with _served(small, Small.relational(), tmp_path) as client:
        _shadowed(client, "GET", "score", "unknown", params={"source": "a", "target": "b"})


def test_a_candidate_that_is_away_changes_no_answer(small: Small, tmp_path: Path) -> None:
    """It counts as failed, once."""
    small.publish(tmp_path)
    with serving(tmp_path, shadow="small@20990101T000000000000Z:1") as client:
        _shadowed(client, "GET", "score", "failed", params={"source": "a", "target": "b"})
        client.get("/v1/models/small/score", params={"source": "a", "target": "b"}).raise_for_status()
        found = numbers(client)
    assert of(found, "shadow_requests_total", model="small", outcome="failed") == 1
