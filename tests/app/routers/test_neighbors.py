"""Predicted neighbours over HTTP."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from latentlink.app.services.search.directed import Search as SearchInOneDirection
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.ivf import make_index
from latentlink.models.inference.link_decoder import LinkDecoder
from tests.app.oracle import Search, top
from tests.support import Client, Small, assert_problem, wrong_fields

URL = "/v1/models/small/neighbors"


def names(entries: list[dict[str, Any]]) -> list[str]:
    """The ids of an answer."""
    return [entry["node"] for entry in entries]


def expected(small: Small, node: str, search: Search) -> list[str]:
    """The ids that the oracle answers with."""
    return [small.ids[row] for row in top(small, small.ids.index(node), search)]


def test_parameters_of_the_query_reach_the_search(client: Client, small: Small) -> None:
    """k, known and min_probability change the answer as they change the oracle's; by default k is ten."""
    params: dict[str, Any] = {"node": "a", "k": 30, "known": True, "min_probability": 0.9, "exact": True}
    plain, answer = client.get(URL, params={"node": "a"}).json(), client.get(URL, params=params).json()
    assert [(one["node"], one["k"], one["exact"]) for one in (plain, answer)] == [("a", 10, True), ("a", 30, True)]
    assert names(plain["neighbors"]) == expected(small, "a", Search())
    assert names(answer["neighbors"]) == expected(small, "a", Search(30, True, 0.9))
    assert any(entry["known"] for entry in answer["neighbors"])


@pytest.mark.parametrize(
    ("body", "search"),
    [
        ({}, Search()),
        ({"k": 1}, Search(1)),
        ({"k": 3, "known": True}, Search(3, True)),
        ({"k": 58, "known": True}, Search(58, True)),
        ({"k": 1000}, Search(1000)),
        ({"min_probability": 0.75}, Search(10, False, 0.75)),
        ({"min_probability": 1}, Search(10, False, 1.0)),
        ({"exclude": ["a", "n40", "n40", "nobody"]}, Search(exclude=[3, 40])),
        ({"candidates": ["n40", "n41", "n40", "a"], "k": 2}, Search(2, candidates=[40, 41, 3])),
        ({"candidates": ["n40", "nobody"], "on_unknown": "null"}, Search(candidates=[40])),
        ({"candidates": []}, Search(candidates=[])),
        ({"candidates": ["n40", "n41"], "exclude": ["n41"]}, Search(candidates=[40])),
        ({"candidates": ["n40"], "exclude": ["n40"]}, Search(candidates=[])),
        ({"candidates": None, "exact": True}, Search()),
    ],
)
def test_a_batch_gets_the_brute_force_answers(
    client: Client, small: Small, body: dict[str, Any], search: Search
) -> None:
    """Every node of a batch is answered as the oracle answers it, in the order of the request."""
    nodes = list(reversed(small.ids))
    results = client.post(URL, json={"nodes": nodes} | body).json()["results"]
    assert [result["node"] for result in results] == nodes
    assert [names(result["neighbors"]) for result in results] == [expected(small, node, search) for node in nodes]


def test_a_batch_equals_its_single_answers(client: Client, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each node answers as it does alone, to the bit, on the event loop and off it."""
    single = [client.get(URL, params={"node": node}).json()["neighbors"] for node in small.ids]
    for cells in (1_000_000, 0):
        monkeypatch.setattr("latentlink.app.services.search.searcher._GLANCE_CELLS", cells)
        results = client.post(URL, json={"nodes": list(small.ids)}).json()["results"]
        assert [result["neighbors"] for result in results] == single


def test_entries_carry_the_scores_of_their_pairs(client: Client) -> None:
    """Logit, probability and known of a neighbour are what the score route says, to the bit."""
    answer = client.get(URL, params={"node": "a", "k": 59, "known": True}).json()
    pairs = [["a", node] for node in names(answer["neighbors"])]
    scores = client.post("/v1/models/small/scores", json={"pairs": pairs}).json()
    for column in ("logit", "probability", "known"):
        assert [entry[column] for entry in answer["neighbors"]] == scores[column]


def test_unknown_nodes_become_null_on_request(client: Client) -> None:
    """With on_unknown "null" the result of an unknown node is null in its place."""
    results = client.post(URL, json={"nodes": ["?", "a", ""], "on_unknown": "null"}).json()["results"]
    assert [result and result["node"] for result in results] == [None, "a", None]


@pytest.mark.parametrize("query", ["k=0", "k=-1", "k=1e3", "k=1001", "k=" + "9" * 30, "k=", "k=ten", "known=maybe"])
def test_a_wrong_parameter_is_named(client: Client, query: str) -> None:
    """The error names the parameter."""
    assert wrong_fields(client.get(f"{URL}?node=a&{query}")) == [query.partition("=")[0]]


@pytest.mark.parametrize("number", ["1e400", "1.0000001", "-1e-9", "null", '"0.5"', "true"])
def test_a_probability_out_of_range_is_refused(client: Client, number: str) -> None:
    """Only numbers from 0 to 1 are probabilities."""
    body = f'{{"nodes": ["a"], "min_probability": {number}}}'
    response = client.post(URL, content=body, headers={"content-type": "application/json"})
    assert wrong_fields(response) == ["min_probability"]


def test_nodes_times_k_is_limited(client: Client) -> None:
    """A batch whose answers would be too many is refused by their product."""
    response = client.post(URL, json={"nodes": ["a"] * 1001, "k": 1000})
    [error] = assert_problem(response, 422, "invalid-request")["errors"]
    assert (error["field"], error["found"]) == ("nodes × k", "1,001,000")


def test_an_integer_may_be_written_as_a_float(client: Client) -> None:
    """JSON Schema takes 2.0 for an integer; 2.5, true and "2" are none."""
    whole, written = (client.post(URL, json={"nodes": ["a"], "k": k}).json() for k in (2, 2.0))
    assert whole == written
    for k in (2.5, True, "2", 1e300):
        assert wrong_fields(client.post(URL, json={"nodes": ["a"], "k": k})) == ["k"]


def test_answers_of_an_index_say_so(client: Client, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """GET and POST answer alike through an index, at a glance or in a thread; what is forced or short is exact."""
    model = client.app.state.service.store.get("small")  # type: ignore[attr-defined]
    index, _ = make_index(LinkDecoder(small.mu), adjacency(60, small.edges), np.random.default_rng(0))
    indexed = replace(model.checkpoint, index=index._replace(probes=4))
    monkeypatch.setitem(model.searches, "out", SearchInOneDirection.of(indexed, "out"))
    for cells in (1_000_000, 8 * 60 - 1, 0):
        monkeypatch.setattr("latentlink.app.services.search.searcher._GLANCE_CELLS", cells)
        get = client.get(URL, params={"node": "n40", "k": 3}).json()
        [post] = client.post(URL, json={"nodes": ["n40"], "k": 3}).json()["results"]
        assert (get["exact"], get["neighbors"]) == (post["exact"], post["neighbors"])
        assert not get["exact"]
        forced = client.get(URL, params={"node": "n40", "k": 3, "exact": True}).json()
        assert (forced["exact"], names(forced["neighbors"])) == (True, expected(small, "n40", Search(3)))
        short = client.get(URL, params={"node": "n40", "k": 59}).json()
        assert (short["exact"], names(short["neighbors"])) == (True, expected(small, "n40", Search(59)))
