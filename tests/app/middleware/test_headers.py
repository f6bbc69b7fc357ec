"""Headers for browsers and caches."""

import pytest
from starlette.types import Receive, Scope, Send

from latentlink.app.middleware.context import RequestContext
from tests.app.asgi import exchange
from tests.support import Client


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/v1/models", "private, no-cache"),
        ("/v1/models/nope", "no-store"),
        ("/nope", "no-store"),
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/metrics", "no-store"),
        ("/docs", None),
    ],
)
def test_every_answer_is_guarded(client: Client, path: str, caching: str | None) -> None:
    """Nothing is sniffed, framed or sent to other sites as a referrer, and nothing is kept that may change."""
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers.get("cache-control") == caching


def test_an_answer_may_say_otherwise() -> None:
    """What a route sets itself stands, and once."""
    own = [(b"cache-control", b"max-age=9"), (b"content-security-policy", b"default-src 'self'")]

    async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": own})

    [start] = exchange(RequestContext(answers), "GET", "/v1/models", [])
    assert [pair for pair in start["headers"] if pair[0] in (own[0][0], own[1][0])] == own
