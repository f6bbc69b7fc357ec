"""Answers that are computed in threads."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from latentlink.app import computing
from latentlink.app.deps import State
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.metrics import Metrics
from tests.app.asgi import http_scope
from tests.support import assert_problem, serving


@pytest.mark.parametrize("path", ["embeddings", "map"])
def test_a_stream_without_a_place_is_refused(checkpoints: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 before the answer begins, and not half a 200, where every place for heavy work is taken."""
    monkeypatch.setattr(computing, "LIGHT", 0)
    with serving(checkpoints) as client:
        assert client.get(f"/v1/models/small/{path}").status_code == 200
        monkeypatch.setattr(client.app.state.service.computing, "_most_heavy", 0)  # type: ignore[attr-defined]
        assert_problem(client.get(f"/v1/models/small/{path}"), 503, "overloaded")


def test_a_client_that_leaves_gives_up_work_that_waits_for_a_thread() -> None:
    """It has not begun, and never does; its place is free at once."""
    metrics, blocked, begun, received = Metrics(), threading.Event(), [], asyncio.Event()

    def steps() -> Iterator[bytes]:
        begun.append(1)
        yield b"answer"

    async def receive() -> Message:
        await received.wait()
        return {"type": "http.disconnect"}

    async def run() -> None:
        state = cast(State, SimpleNamespace(computing=computing.Computing(1, 2, metrics)))
        other = (b"" for _ in range(1) if blocked.wait(10))
        before = asyncio.ensure_future(anext(state.computing.turns(other, computing.LIGHT + 1)))
        request = Request(http_scope("GET", "/"), receive)
        asked = asyncio.create_task(answer_in_steps(request, state, steps(), computing.LIGHT + 1))
        await asyncio.sleep(0.05)
        received.set()
        with pytest.raises(ClientDisconnect):
            await asked
        await asyncio.sleep(0)
        [in_work] = (sample.value for family in metrics.heavy_in_flight.collect() for sample in family.samples)
        blocked.set()
        before.cancel()
        assert in_work == 1

    asyncio.run(run())
    assert begun == []
