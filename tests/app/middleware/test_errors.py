"""Error handling."""

import logging

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from latentlink.app.middleware.context import RequestContext
from latentlink.app.middleware.errors import ErrorHandling
from tests.app.asgi import exchange
from tests.support import Client, assert_problem

START = {"type": "http.response.start", "status": 200, "headers": []}


def guarded(app: ASGIApp) -> ASGIApp:
    """The error handling around an app, in the context that it stands in."""
    return RequestContext(ErrorHandling(app))


async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application with a bug."""
    raise RuntimeError("secret")


async def fails_late(_scope: Scope, _receive: Receive, send: Send) -> None:
    """An application whose bug shows after the headers are out."""
    await send(START)
    raise RuntimeError("secret")


def test_a_bug_is_a_problem_without_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets the request id and no more; the log has the trace under that id."""
    response = Client(guarded(fails)).get("/x", headers={"X-Request-ID": "r1"})
    assert "secret" not in response.text
    assert "r1" in assert_problem(response, 500, "internal")["detail"]
    [record] = caplog.records
    assert "r1" in record.getMessage()
    assert record.exc_info
    assert "secret" in caplog.text


def test_a_path_can_not_forge_lines_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Line breaks of a path stand in the log with their escapes."""
    Client(guarded(fails)).get("/%0AERROR%20forged")
    assert "\n" not in caplog.records[0].getMessage()


def test_a_bug_after_the_headers_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """No second answer is sent after half of the first; the error reaches the server."""
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError):
        exchange(guarded(fails_late), "GET", "/", [])
    assert len(caplog.records) == 1
