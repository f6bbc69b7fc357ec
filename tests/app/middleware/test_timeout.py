"""The time limit of a request."""

import asyncio
import logging
from pathlib import Path

import anyio
import pytest
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentlink.app.http.leaving import part_is_there
from latentlink.app.middleware.timeout import TimeLimit
from tests.app.asgi import http_scope
from tests.support import assert_problem, serving

START = {"type": "http.response.start", "status": 200, "headers": []}


def answer(app: ASGIApp) -> list[Message]:
    """What an app sends to a client that never finishes its body."""
    sent: list[Message] = []
    begun = False

    async def receive() -> Message:
        nonlocal begun
        if begun:
            await anyio.sleep_forever()
        begun = True
        return {"type": "http.request", "body": b"{", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(app, http_scope("POST", "/x"), receive, send)
    return sent


async def computes(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application that never answers."""
    await anyio.sleep_forever()


async def reads(scope: Scope, receive: Receive, _send: Send) -> None:
    """An application that waits for its whole body."""
    await Request(scope, receive).body()


@pytest.mark.parametrize("app", [computes, reads])
def test_no_first_byte_in_time_is_504(app: ASGIApp) -> None:
    """Whether the service computes too long or the client stalls amid its body; the connection ends with it."""
    start, *_ = answer(TimeLimit(app, seconds=0.01))
    assert start["status"] == 504
    assert (b"connection", b"close") in start["headers"]


def test_a_body_in_parts_may_take_longer_as_long_as_they_come() -> None:
    """Each part that stands for itself has the time anew."""

    async def reads_parts(scope: Scope, _receive: Receive, send: Send) -> None:
        for _ in range(5):
            await anyio.sleep(0.1)
            part_is_there(Request(scope))
        await send(START)

    start, *_ = answer(TimeLimit(reads_parts, seconds=0.3))
    assert start["status"] == 200


def test_a_stream_may_take_longer_as_long_as_it_moves() -> None:
    """Each part has the time anew."""

    async def streams(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        for _ in range(8):
            await asyncio.sleep(0.05)
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    assert len(answer(TimeLimit(streams, seconds=0.3))) == 10


def test_a_stream_that_stalls_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """No second answer after half of the first: the log has the error, and the server closes the connection."""

    async def stalls(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        await anyio.sleep_forever()

    with caplog.at_level(logging.WARNING):
        assert answer(TimeLimit(stalls, seconds=0.01)) == [START]
    assert "stalled" in caplog.text


def test_a_timeout_of_the_application_s_own_is_its_bug() -> None:
    """Only the limit itself is 504."""

    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise TimeoutError("a bug")

    with pytest.raises(TimeoutError, match="a bug"):
        answer(TimeLimit(fails, seconds=10))


def test_a_request_past_the_limit_is_a_problem(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """504 `timeout`, and the next request is answered."""
    with serving(checkpoints, timeout_seconds=0.2) as client:
        with monkeypatch.context() as patch:
            patch.setattr("latentlink.app.http.requests.read_json_bytes", lambda *_: anyio.sleep_forever())
            response = client.post("/v1/models/default/scores", json={"pairs": []})
        assert_problem(response, 504, "timeout")
        assert client.post("/v1/models/default/scores", json={"pairs": []}).status_code == 200
