"""A route that answers directly gives the framework's answer to every request."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from latentlink.app.main import create_app
from latentlink.app.routers.neighbors import one as neighbors
from latentlink.app.routers.scores import many as scores
from latentlink.app.routers.scores import one as score
from latentlink.app.settings import Settings
from tests.support import TRICKY, Client

URL = "/v1/models/small"
DIRECT = [
    route
    for router in (score.router, scores.router, neighbors.router)
    for route in router.routes
    if isinstance(route, APIRoute) and hasattr(route.endpoint, "__direct__")
]

ids = st.sampled_from([*TRICKY, "n59", "nobody", "\ufffd"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=3
)
plain = st.sampled_from(["10", "1", "0", "01", "-1", "1.0", "1e1", "9" * 9, "9" * 30, "", "true", "0.5", "calibrated"])
raw = st.sampled_from(["%FF", "%ED%A0%80", "%EF%BF%BD", "%", "+", "é", "&&", ";"])
names = st.sampled_from(["source", "target", "node", "k", "known", "exact", "include", "prior", "interval", "x", ""])
items = st.tuples(names, ids.map(lambda value: quote(value, safe="")) | plain | raw)
right = st.one_of(
    st.tuples(ids, ids).map(lambda pair: [("source", pair[0]), ("target", pair[1])]),
    st.tuples(ids, plain).map(lambda pair: [("node", pair[0]), ("k", pair[1])]),
    ids.map(lambda node: [("node", node)]),
).map(lambda pairs: [(name, quote(value, safe="")) for name, value in pairs])
queries = st.tuples(right | st.just([]), st.lists(items, max_size=2), st.booleans()).map(
    lambda parts: "&".join(f"{name}={value}" for name, value in (parts[0][::-1] if parts[2] else parts[0]) + parts[1])
)
wrong = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=3)
pairs = st.lists(st.tuples(ids, ids), max_size=4) | st.lists(st.tuples(ids, wrong), max_size=2) | wrong
bodies = st.fixed_dictionaries(
    {"pairs": pairs},
    optional={
        "on_unknown": st.sampled_from(["error", "null", "skip", None]),
        "include": st.lists(st.sampled_from(["calibrated", "support", "more"]), max_size=2),
        "prior": st.sampled_from([0.1, 0, 1, "0.1", None]),
        "interval": st.sampled_from([0.9, 2, None]),
        "x": wrong,
    },
)
contents = st.tuples(bodies, st.sampled_from([None, 1]), st.booleans(), st.sampled_from([1, 300])).map(
    lambda parts: json.dumps(
        # Repeated, a body is long enough to be read without its model.
        {**parts[0], "pairs": parts[0]["pairs"] * parts[3]} if isinstance(parts[0]["pairs"], list) else parts[0],
        indent=parts[1],
        ensure_ascii=parts[2],
    ).encode()
) | st.binary(max_size=4)


@pytest.fixture(scope="module")
def framework(checkpoints: Path) -> Iterator[Client]:
    """A service whose routes are built without their direct answers."""
    app = create_app(Settings(checkpoints=checkpoints, poll_seconds=3600))
    with pytest.MonkeyPatch.context() as patch:
        for route in DIRECT:
            patch.delattr(route.endpoint, "__direct__")
            other = type(route)(route.path, route.endpoint, methods=[*(route.methods or ())], responses=route.responses)
            app.router.routes.insert(0, other)
    with Client(app) as client:
        yield client


def assert_same(direct: Client, framework: Client, method: str, path: str, content: bytes | None = None) -> None:
    """Hold status, headers that name the model, and body of both answers equal."""
    headers = {"x-request-id": "same", "content-type": "application/json"}
    one, other = (client.request(method, path, content=content, headers=headers) for client in (direct, framework))
    assert one.status_code == other.status_code
    assert one.content == other.content
    for name in ("content-type", "etag", "vary", "x-model"):
        assert one.headers.get(name) == other.headers.get(name)


def test_three_routes_answer_directly() -> None:
    """A new one needs its property below."""
    assert sorted(route.name for route in DIRECT) == ["neighbors", "score", "score_pairs"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["score", "neighbors"]), queries)
@example("score", "source=a&target=b")
@example("score", "target=%EF%BF%BD&source=a")
@example("score", "source=a&target=%ff")
@example("score", "target")
@example("neighbors", "node=a")
@example("neighbors", "k=3&node=a")
@example("neighbors", "node=a&k=1001")
def test_a_query_gets_the_framework_s_answer(client: Client, framework: Client, route: str, query: str) -> None:
    """Right or wrong, in any order and with any escapes: one status, one body."""
    assert_same(client, framework, "GET", f"{URL}/{route}?{query}")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents, st.sampled_from(["", "", "", "?x=1", "?%FF"]))
@example(b'{"pairs":[["a","b"]]}', "")
def test_a_body_gets_the_framework_s_answer(client: Client, framework: Client, content: bytes, query: str) -> None:
    """JSON or not, short or long, with right or wrong fields: one status, one body."""
    assert_same(client, framework, "POST", f"{URL}/scores{query}", content)
