"""Request ids and X-Model."""

import re

import pytest
from starlette.types import Receive, Scope, Send

from latentlink.app.middleware.context import RequestContext
from tests.app.asgi import exchange
from tests.support import Client, assert_problem


@pytest.mark.parametrize("given", ["a", "a.b-c_9", "0" * 128])
def test_a_sound_request_id_is_kept(client: Client, given: str) -> None:
    """What a caller sent comes back in the header and in a problem."""
    response = client.get("/nope", headers={"X-Request-ID": given})
    assert response.headers["x-request-id"] == assert_problem(response, 404, "not-found")["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "a/b", "é", "x" * 129, "a\tb", '"', "a\u00a0", "\u00aa"])
def test_any_other_request_id_is_replaced(client: Client, given: str) -> None:
    """What could harm a log or a header is not repeated."""
    response = client.get("/healthz", headers=[(b"x-request-id", given.encode("latin-1"))])
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])


def test_requests_get_different_ids(client: Client) -> None:
    """Fifty requests, fifty ids."""
    assert len({client.get("/healthz").headers["x-request-id"] for _ in range(50)}) == 50


def test_the_model_is_named_once_it_is_resolved(client: Client) -> None:
    """Answers and problems under a model carry it; others do not."""
    [model] = client.get("/v1/models").json()["models"]
    named = f"small@{model['current']}"
    assert client.get("/v1/models/default/embedding?node=a").headers["x-model"] == named
    assert client.get("/v1/models/default/embedding?node=nope").headers["x-model"] == named
    for path in ("/healthz", "/v1/models", "/v1/models/nope"):
        assert "x-model" not in client.get(path).headers


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/v1/models", "private, no-cache"),
        ("/v1/models/nope", "no-store"),
        ("/nope", "no-store"),
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/metrics", "no-store"),
        ("/docs", "no-cache"),
    ],
)
def test_every_answer_is_guarded(client: Client, path: str, caching: str | None) -> None:
    """Nothing is sniffed, framed or sent to other sites as a referrer, and nothing is kept that may change."""
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert headers.get("cache-control") == caching


def test_an_answer_may_say_otherwise() -> None:
    """What a route sets itself stands, and once."""
    own = [(b"cache-control", b"max-age=9"), (b"content-security-policy", b"default-src 'self'")]

    async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": own})

    [start] = exchange(RequestContext(answers), "GET", "/v1/models", [])
    assert [pair for pair in start["headers"] if pair[0] in (own[0][0], own[1][0])] == own
