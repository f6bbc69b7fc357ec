"""Answers that are computed off the event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from latentlink.app import computing
from latentlink.app.computing import LIGHT, Computing
from latentlink.app.http import computed
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.metrics import Metrics
from latentlink.app.services import steps as stepping
from tests.support import Client, assert_problem

ALL = ["/v1/models/default/embeddings", "/v1/models/default/map"]


class Asking:
    """A request whose client is there, or has left."""

    method = "GET"

    def __init__(self, *, left: bool = False) -> None:
        self.left = left

    async def is_disconnected(self) -> bool:
        """Whether it has left."""
        return self.left


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


async def _is_free(heavy: Computing) -> bool:
    """Whether its only place for heavy work is."""
    return [turn.last async for turn in heavy.turns(iter([]), LIGHT + 1)] == [True]


def test_the_place_of_heavy_work_is_free_with_its_answer() -> None:
    """The next request need not wait until something is collected."""

    async def run() -> bool:
        heavy, response = await _ask([], Asking())
        return response.body == b"" and await _is_free(heavy)

    assert asyncio.run(run())


def test_work_ends_when_the_client_has_left() -> None:
    """Before the next turn, and its place is free."""
    taken = []

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield b""

    async def run() -> bool:
        metrics = Metrics()
        state: Any = SimpleNamespace(computing=Computing(1, 1, metrics))
        with pytest.raises(ClientDisconnect):
            await answer_in_steps(Asking(left=True), state, endless(), LIGHT + 1)  # type: ignore[arg-type]
        return await _is_free(state.computing)

    assert asyncio.run(run())
    assert taken == [1]


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
