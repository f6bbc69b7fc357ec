"""Request ids, X-Model, and the last net."""

import logging
import re

import pytest
from starlette.types import Receive, Scope, Send

from app.middleware.context import RequestContext
from tests.app.asgi import exchange
from tests.support import Client, assert_problem

START = {"type": "http.response.start", "status": 200, "headers": []}


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


async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application with a bug."""
    raise RuntimeError("secret")


async def fails_late(_scope: Scope, _receive: Receive, send: Send) -> None:
    """An application whose bug shows after the headers are out."""
    await send(START)
    raise RuntimeError("secret")


def test_a_bug_is_a_problem_without_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets the request id and no more; the log has the trace under that id."""
    response = Client(RequestContext(fails)).get("/x", headers={"X-Request-ID": "r1"})
    assert "secret" not in response.text
    assert "r1" in assert_problem(response, 500, "internal")["detail"]
    [record] = caplog.records
    assert "r1" in record.getMessage()
    assert record.exc_info
    assert "secret" in caplog.text


def test_a_path_can_not_forge_lines_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Line breaks of a path stand in the log with their escapes."""
    Client(RequestContext(fails)).get("/%0AERROR%20forged")
    assert "\n" not in caplog.records[0].getMessage()


def test_a_bug_after_the_headers_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """No second answer is sent after half of the first; the server is told."""
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError):
        exchange(RequestContext(fails_late), "GET", "/", [])
    assert len(caplog.records) == 1
