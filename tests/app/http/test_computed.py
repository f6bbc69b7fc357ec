"""Answers that are computed off the event loop."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message

from latentlink.app import computing
from latentlink.app.computing import LIGHT, Computing
from latentlink.app.http import computed
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.metrics import Metrics
from latentlink.app.services import steps as stepping
from tests.support import Client, assert_problem

ALL = ["/v1/models/default/embeddings", "/v1/models/default/map"]


class Asking:
    """A request whose client leaves when `left` is set."""

    method = "GET"

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> Message:
        """Nothing until then."""
        await self.left.wait()
        return {"type": "http.disconnect"}


@pytest.fixture(autouse=True)
def every_step_is_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few steps are a long answer."""
    monkeypatch.setattr(stepping, "TURN_SECONDS", 0)


@pytest.fixture
def everything_is_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small checkpoint is enough."""
    monkeypatch.setattr(computed, "_AT_ONCE", 0)
    monkeypatch.setattr(computing, "LIGHT", 0)


@pytest.mark.usefixtures("everything_is_heavy")
@pytest.mark.parametrize("path", ALL)
def test_a_stream_over_the_limit_of_heavy_work_is_overloaded(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before the answer begins, as every other heavy work."""
    monkeypatch.setattr(client.app.state.service.computing, "_most_heavy", 0)  # type: ignore[attr-defined]
    assert_problem(client.get(path), 503, "overloaded")


@pytest.mark.usefixtures("everything_is_heavy")
@pytest.mark.parametrize("path", ALL)
def test_a_long_answer_is_streamed(client: Client, path: str) -> None:
    """In chunks, and the same as a short one."""
    long = client.get(path)
    assert "content-length" not in long.headers
    assert long.json()["nodes"]


async def _ask(parts: list[bytes], request: Asking) -> tuple[Computing, Any]:
    metrics = Metrics()
    state: Any = SimpleNamespace(computing=Computing(1, 1, metrics))
    return state.computing, await answer_in_steps(request, state, iter(parts), LIGHT + 1)  # type: ignore[arg-type]


async def _all(heavy: Computing, steps: Iterator[bytes]) -> list[bool]:
    """Whether each turn of heavy work was the last."""
    return [turn.last async for turn in heavy.turns(steps, LIGHT + 1)]


async def _is_free(heavy: Computing) -> bool:
    """Whether its only place for heavy work is."""
    return await _all(heavy, iter([])) == [True]


def test_the_place_of_heavy_work_is_free_with_its_answer() -> None:
    """The next request need not wait until something is collected."""

    async def run() -> bool:
        heavy, response = await _ask([], Asking())
        return response.body == b"" and await _is_free(heavy)

    assert asyncio.run(run())


def test_work_of_a_client_that_left_is_given_up_while_it_waits() -> None:
    """It has not begun, and never does; its place is free at once."""
    begun, blocked = [], threading.Event()

    def steps() -> Iterator[bytes]:
        begun.append(1)
        yield b"answer"

    async def run() -> bool:
        heavy, request = Computing(1, 2, Metrics()), Asking()
        state: Any = SimpleNamespace(computing=heavy)
        busy = asyncio.gather(_all(heavy, (b"" for _ in range(1) if blocked.wait(10))))
        asked = asyncio.create_task(answer_in_steps(request, state, steps(), LIGHT + 1))  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        request.left.set()
        with pytest.raises(ClientDisconnect):
            await asked
        await asyncio.sleep(0)
        blocked.set()
        await busy
        return await _is_free(heavy)

    assert asyncio.run(run())
    assert begun == []


def test_a_stream_that_is_closed_frees_its_place() -> None:
    """At once, not when it is collected."""

    async def run() -> bool:
        heavy, response = await _ask([b"a", b"b", b"c"], Asking())
        assert isinstance(response, StreamingResponse)
        parts: AsyncIterator[Any] = response.body_iterator  # type: ignore[assignment]
        assert await anext(parts) == b"a"
        await parts.aclose()  # type: ignore[attr-defined]  # a generator
        return await _is_free(heavy)

    assert asyncio.run(run())
