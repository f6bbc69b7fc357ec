"""Answers that are computed off the event loop."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Message

from latentlink.app import computing
from latentlink.app.computing import LIGHT, Computing
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http import computed
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.metrics import Metrics
from latentlink.app.services import steps as stepping
from tests.support import Client, assert_problem, serving

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
    monkeypatch.setattr(computed, "AT_ONCE", 0)
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


def _state(places: int = 1) -> Any:
    """Of a service with one thread for heavy work."""
    metrics = Metrics()
    settings = SimpleNamespace(max_work=LIGHT // 10**6 + 1)
    return SimpleNamespace(computing=Computing(1, places, metrics), metrics=metrics, settings=settings)


async def _ask(state: Any, steps: Iterator[bytes], request: Any, **work: int) -> Response:
    return await answer_in_steps(request, state, steps, work or {"nodes": LIGHT + 1})


async def _all(heavy: Computing, steps: Iterator[bytes]) -> list[bool]:
    """Whether each turn of heavy work was the last."""
    return [turn.last async for turn in heavy.turns(steps, LIGHT + 1)]


async def _is_free(heavy: Computing) -> bool:
    """Whether its only place for heavy work is."""
    return await _all(heavy, iter([])) == [True]


def test_the_place_of_heavy_work_is_free_with_its_answer() -> None:
    """The next request need not wait until something is collected."""

    async def run() -> bool:
        state = _state()
        response = await _ask(state, iter([]), Asking())
        return response.body == b"" and await _is_free(state.computing)

    assert asyncio.run(run())


def test_work_of_a_client_that_left_is_given_up_while_it_waits() -> None:
    """It has not begun, and never does; its place is free at once."""
    begun, blocked = [], threading.Event()

    def steps() -> Iterator[bytes]:
        begun.append(1)
        yield b"answer"

    async def run() -> bool:
        state, request = _state(2), Asking()
        busy = asyncio.gather(_all(state.computing, (b"" for _ in range(1) if blocked.wait(10))))
        asked = asyncio.create_task(_ask(state, steps(), request))
        await asyncio.sleep(0.05)
        request.left.set()
        with pytest.raises(ClientDisconnect):
            await asked
        await asyncio.sleep(0)
        blocked.set()
        await busy
        return await _is_free(state.computing)

    assert asyncio.run(run())
    assert begun == []


def test_who_reads_slowly_takes_no_place() -> None:
    """Between two parts of its answer others compute, and it goes on whatever they take."""

    async def run() -> list[bytes]:
        state = _state()
        response = await _ask(state, iter([b"a", b"b", b"c"]), Asking())
        assert isinstance(response, StreamingResponse)
        parts: AsyncIterator[Any] = response.body_iterator  # type: ignore[assignment]
        assert await anext(parts) == b"a"
        assert await _is_free(state.computing)
        return [part async for part in parts]

    assert asyncio.run(run()) == [b"b", b"c"]


def test_work_over_the_limit_is_refused_before_it_begins() -> None:
    """The field is named that makes for most of it, and the request is counted."""
    begun, state = [], _state()

    def steps() -> Iterator[bytes]:
        begun.append(1)
        yield b""

    with pytest.raises(InvalidRequestError, match=r"k: expected work of at most 51 million .*, found about 62 million"):
        asyncio.run(_ask(state, steps(), Asking(), nodes=2 * 10**7, k=4 * 10**7, include=2 * 10**6))
    assert begun == []
    assert state.metrics.unaffordable._value.get() == 1


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("scores", {"pairs": [["a", "b"]] * 100_000}, "pairs"),
        ("neighbors", {"nodes": ["a"] * 4_000, "k": 10}, "nodes"),
        ("unseen", {"neighbors": ["a"], "targets": ["b"] * 10_000, "embedding": False}, None),
    ],
)
def test_each_route_estimates_its_work(checkpoints: Path, route: str, body: dict[str, Any], field: str | None) -> None:
    """What takes a tenth of a second is refused where that is the limit; less is answered."""
    with serving(checkpoints, max_work=100) as client:
        response = client.post(f"/v1/models/default/{route}", json=body)
    if field is None:
        assert response.status_code in (200, 409)
    else:
        assert assert_problem(response, 422, "invalid-request")["errors"][0]["field"] == field
