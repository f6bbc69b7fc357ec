"""Searches with a filter over HTTP: the ranking of the nodes that meet it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.app.filters import meets
from tests.app.oracle import Search, top
from tests.support import Client, Response, Small, assert_problem, serving, wrong_fields

URL = "/v1/models/small/neighbors"
SMALL = Small.random().with_columns()
FILTERS: list[dict[str, Any]] = [
    {},
    {"city": "Rome"},
    {"city": ["Rome", "Oslo"], "age": {"gte": 20, "lt": 70}},
    {"or": [{"member": True}, {"not": {"city": "Zürich"}}]},
    {"city": "Atlantis"},
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service of a model with columns, and of one without."""
    store = tmp_path_factory.mktemp("filters")
    SMALL.publish(store)
    Small.random().publish(store, "bare")
    with serving(store) as client:
        yield client


def expected(node: str, given: dict[str, Any], k: int, **search: Any) -> list[str]:
    """The ids that the oracle answers with."""
    allowed = [meets(cells, given) for cells in SMALL.cells()]
    return [SMALL.ids[row] for row in top(SMALL, SMALL.ids.index(node), Search(k, allowed=allowed, **search))]


@pytest.mark.parametrize("at_once", [500_000, 0])
@pytest.mark.parametrize("given", FILTERS)
def test_the_best_of_those_that_meet_the_filter_are_found(
    client: Client, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], at_once: int
) -> None:
    """By GET and by POST alike, and as many as there are; whether the filter is evaluated on the event loop or in a thread."""
    monkeypatch.setattr("latentlink.app.http.computed.AT_ONCE", at_once)
    one = client.get(URL, params={"node": "a", "k": 30, "filter": json.dumps(given)}).json()
    several = client.post(URL, json={"nodes": ["a", "b"], "k": 30, "filter": given}).json()["results"]
    names = [[entry["node"] for entry in result["neighbors"]] for result in (one, *several)]
    assert names == [expected(node, given, 30) for node in ("a", "a", "b")]
    assert one["exact"]


def test_a_filter_holds_beside_candidates_and_exclusions(client: Client) -> None:
    """All of them must be met."""
    given, candidates, exclude = {"age": {"lte": 60}}, SMALL.ids[10:50], SMALL.ids[20:30]
    body = {"nodes": ["a"], "filter": given, "candidates": candidates, "exclude": exclude, "known": True}
    [result] = client.post(URL, json=body).json()["results"]
    search = {"candidates": range(10, 50), "exclude": range(20, 30), "known": True}
    assert [entry["node"] for entry in result["neighbors"]] == expected("a", given, 10, **search)


def test_a_new_node_s_neighbors_meet_the_filter(client: Client) -> None:
    """The first of all its neighbours that do; a filter without a search would have no effect, and is refused."""
    url, new, given = "/v1/models/small/unseen", {"neighbors": ["a", "b"]}, {"city": "Rome"}
    everyone, found = (
        client.post(url, json={**new, **more}).json()["neighbors"] for more in ({"k": 60}, {"k": 5, "filter": given})
    )
    allowed = {name for name, cells in zip(SMALL.ids, SMALL.cells(), strict=True) if meets(cells, given)}
    assert found == [entry for entry in everyone if entry["node"] in allowed][:5]
    for one in ({}, given):
        problem = assert_problem(client.post(url, json={**new, "filter": one}), 422, "invalid-request")
        assert [(error["field"], error["expected"][:11]) for error in problem["errors"]] == [("filter", "k beside it")]
    assert client.post(url, json={**new, "filter": None}).status_code == 200
    assert wrong_fields(client.post(url, json={**new, "k": 1, "filter": {"town": 1}})) == ["filter.town"]


def test_a_model_lists_its_columns(client: Client) -> None:
    """With their kind and some values; one without columns has no such member."""
    columns = client.get("/v1/models/small").json()["columns"]
    assert [(column["name"], column["kind"]) for column in columns] == [
        ("city", "text"),
        ("age", "number"),
        ("member", "boolean"),
    ]
    cities = [cells["city"] for cells in SMALL.cells() if cells["city"]]
    assert columns[0]["common"] == sorted(set(cities), key=lambda city: (-cities.count(city), city))
    assert "columns" not in client.get("/v1/models/bare").json()


LONG = "x" * 10_000


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[]", "filter"),
        ('{"city": null}', "filter.city"),
        ('{"age": {"gte": "x"}}', "filter.age.gte"),
        ('{"age": {"above": 1}}', "filter.age.above"),
        (json.dumps({"age": {LONG: 1}}), f"filter.age.{LONG[:77]}..."),
        (json.dumps({LONG: None}), f"filter.{LONG[:77]}..."),
        (json.dumps({LONG: 1}), f"filter.{LONG[:77]}..."),
        ('{"age": 1e999}', "filter.age"),
        (json.dumps({"age": 10**400}), "filter.age"),
        ('{"not": [{"town": ["Rome"]}]}', "filter.not"),
        ('{"not": {"city": "Rome", "city": "Oslo"}}', "city"),
        ('{"town": "Rome"}', "filter.town"),
        ('{"not": {"town": "Rome"}}', "filter.not.town"),
        ('{"city": [true]}', "filter.city"),
        (json.dumps({"city": ["Rome"] * 1001}), "filter.city"),
        (json.dumps({"or": [{}] * 100}), "filter"),
        (json.dumps({"or": [{"age": None, "city": None}] * 33}), "filter.or.0.age filter.or.0.city"),
        (json.dumps({"age": [None] * 1000}), "filter.age.0"),
        (json.dumps({"not": {f"column{at}": None for at in range(104)}}), "filter"),
        ('{"not":' * 11 + "{}" + "}" * 11, "filter"),
        ('{"not":' * 190 + "{}" + "}" * 190, "filter"),
    ],
)
def test_what_is_no_filter_is_refused(client: Client, text: str, field: str) -> None:
    """By GET and by POST with the same problem, which names the part that is wrong, in the words of JSON and briefly."""
    responses = client.get(URL, params={"node": "a", "filter": text}), _posted(client, text)
    assert [wrong_fields(response) for response in responses] == [field.split(" ")] * 2
    one, other = (response.json() for response in responses)
    assert one["errors"] == other["errors"]
    assert len(one["detail"]) < 400
    assert not {"True", "None", "float", "bool", "dict"} & {*one["detail"].replace(",", " ").split()}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "city=Rome",
        '{"age": NaN}',
        '{"age": -Infinity}',
        '{"city": "\\ud800"}',
        '{"not":' * 2000 + "{}" + "}" * 2000,
    ],
)
def test_a_filter_that_is_no_json_is_malformed(client: Client, text: str) -> None:
    """By GET and by POST, for the same reason."""
    one = assert_problem(client.get(URL, params={"node": "a", "filter": text}), 400, "malformed-query")
    other = assert_problem(_posted(client, text), 400, "malformed-body")
    assert one["detail"].removeprefix("filter: ") == other["detail"].removeprefix("body: ").partition(" at line ")[0]


@pytest.mark.parametrize("more", ['"x":2', '"filter":{}', '"filter":{"age":{"gte":50}}'])
def test_a_filter_is_one_value(client: Client, more: str) -> None:
    """What stands behind it is no field of the request, and no second filter."""
    response = client.get(URL, params={"node": "a", "filter": '{"city":"Rome"},' + more})
    detail = assert_problem(response, 400, "malformed-query")["detail"]
    assert detail == "filter: expected one JSON value, found trailing characters"


def test_many_wrong_parts_of_a_query_are_those_of_its_filter(client: Client) -> None:
    """They are counted; of a query nothing is called a body."""
    given = json.dumps({"age": {f"bound{at}": 1 for at in range(101)}})
    assert wrong_fields(client.get(URL, params={"node": "a", "filter": given})) == ["filter"]


def test_null_is_no_filter(client: Client) -> None:
    """By GET and by POST alike."""
    everyone = client.get(URL, params={"node": "a"}).json()
    assert client.get(URL, params={"node": "a", "filter": "null"}).json() == everyone
    assert _posted(client, "null").json()["results"][0]["neighbors"] == everyone["neighbors"]


def _posted(client: Client, text: str) -> Response:
    """The answer to a body with this text as its filter."""
    content = '{"nodes": ["a"], "filter": ' + text + "}"
    response: Response = client.post(URL, content=content, headers={"content-type": "application/json"})
    return response


def test_columns_may_be_called_as_anything(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Also as what Python's objects have."""
    store, names = tmp_path_factory.mktemp("names"), ["conditions", "__class__", "model_config", "and_", "", "a.b"]
    city, *_ = SMALL.columns.values()
    Small(SMALL.mu, SMALL.edges, columns=dict.fromkeys(names, city)).publish(store)
    with serving(store) as client:
        found = [
            client.get(URL, params={"node": "n1", "filter": json.dumps({name: "Rome"})}).json()["neighbors"]
            for name in names
        ]
    assert found[0]
    assert found == [found[0]] * len(names)


def test_a_model_without_columns_answers_409(client: Client) -> None:
    """The detail says how to train one with columns."""
    response = client.get("/v1/models/bare/neighbors", params={"node": "a", "filter": '{"city": "Rome"}'})
    assert "--filter-columns" in assert_problem(response, 409, "unsupported-by-model")["detail"]


SEARCHES: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "neighbors", {"params": {"node": "a", "filter": '{"city": "Rome"}'}}),
    ("POST", "neighbors", {"json": {"nodes": ["a"], "filter": {"city": "Rome"}}}),
    ("POST", "unseen", {"json": {"neighbors": ["a"], "k": 1, "filter": {"city": "Rome"}}}),
]
"""A search with a filter by each route that takes one."""


@pytest.mark.parametrize(("method", "route", "options"), SEARCHES)
@pytest.mark.parametrize("work", [30_001_000_000, 30_000_990_000])
def test_a_filter_and_its_search_are_one_work(
    client: Client, monkeypatch: pytest.MonkeyPatch, method: str, route: str, options: dict[str, Any], work: int
) -> None:
    """A filter over the limit is not evaluated; after one just below it there is no work left for a search."""
    monkeypatch.setattr("latentlink.app.routers.searching.filter_work", lambda *_: work)
    if work > 30_000_999_999:
        monkeypatch.setattr("latentlink.app.routers.searching.allowed_by", _unused)
    response = client.request(method, f"/v1/models/small/{route}", **options)
    assert wrong_fields(response) == ["filter"]
    assert "about 30,001 million" in response.json()["detail"]


def test_a_heavy_filter_takes_a_place_of_heavy_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is left the request is refused; the search for one node needs none."""
    monkeypatch.setattr("latentlink.app.http.computed.AT_ONCE", 0)
    monkeypatch.setattr("latentlink.app.computing.LIGHT", 12_000)
    monkeypatch.setattr(client.app.state.service.computing, "_most_heavy", 0)  # type: ignore[attr-defined]
    params, heavy = {"node": "a", "k": "5", "filter": '{"city": "Rome"}'}, json.dumps({"or": [{"city": "Rome"}] * 49})
    assert_problem(client.get(URL, params={**params, "filter": heavy}), 503, "overloaded")
    assert client.get(URL, params=params).status_code == 200


@pytest.mark.parametrize(
    ("method", "route", "options", "problem"),
    [
        ("GET", "neighbors", {"params": {"node": "?"}}, "unknown-node"),
        ("GET", "neighbors", {"params": {"node": "a", "k": 1001}}, "invalid-request"),
        ("GET", "neighbors", {"params": {"node": "a", "prior": 0.5}}, "invalid-request"),
        ("POST", "neighbors", {"json": {"nodes": ["?"]}}, "unknown-node"),
        ("POST", "neighbors", {"json": {"nodes": ["a"], "candidates": ["?"]}}, "unknown-node"),
        ("POST", "neighbors", {"json": {"nodes": ["a"], "k": 1001}}, "invalid-request"),
        ("POST", "unseen", {"json": {"neighbors": ["?"], "k": 1}}, "unknown-node"),
        ("POST", "unseen", {"json": {"neighbors": ["a"], "k": 1, "targets": ["?"]}}, "unknown-node"),
        ("POST", "unseen", {"json": {"neighbors": [], "k": 1}}, "invalid-request"),
    ],
)
def test_a_filter_is_evaluated_when_all_else_is_checked(
    client: Client, monkeypatch: pytest.MonkeyPatch, method: str, route: str, options: dict[str, Any], problem: str
) -> None:
    """A request that is wrong elsewhere takes none of the work."""
    monkeypatch.setattr("latentlink.app.routers.searching.allowed_by", _unused)
    [(name, fields)] = options.items()
    given = {"city": "Rome"} if name == "json" else '{"city": "Rome"}'
    asked: dict[str, Any] = {name: {**fields, "filter": given}}
    response = client.request(method, f"/v1/models/small/{route}", **asked)
    assert_problem(response, response.status_code, problem)


def _unused(*_: object) -> None:
    raise AssertionError
