"""Load shedding."""

from pathlib import Path

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentlink.app.errors import OverloadedError
from latentlink.app.main import create_app
from latentlink.app.middleware.shedding import LoadShedding
from latentlink.app.settings import Settings
from tests.app.asgi import exchange, http_scope
from tests.support import Client, assert_problem

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
EARLY: dict[str, list[Message]] = {  # what is sent at once, by path; nothing for any other
    "/sent": [START, {"type": "http.response.body", "body": b"a"}],
    "/streamed": [START, {"type": "http.response.body", "body": b"a", "more_body": True}],
}


class Held:
    """An application that does not return, and answers most paths, until `free` is set."""

    def __init__(self) -> None:
        self.free = anyio.Event()
        self.entered = 0

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer 200, at once or later."""
        self.entered += 1
        early = EARLY.get(scope["path"], [])
        for message in early:
            await send(message)
        await self.free.wait()
        if not early:
            await send(START)


async def status(app: ASGIApp, path: str, found: list[int]) -> None:
    """Note the status of one GET."""

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    await app(http_scope("GET", path), receive, send)


def test_beyond_capacity_the_answer_is_503_at_once() -> None:
    """While two of two are in work a third is refused without waiting; once they are done the next one is served."""

    async def run() -> list[int]:
        held, found = Held(), list[int]()
        app = LoadShedding(held, limit=2)
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(status, app, "/v1/models", found)
            await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(5):
                await status(app, "/v1/models", found)
            assert held.entered == 2
            held.free.set()
        await status(app, "/v1/models", found)
        return found

    assert anyio.run(run) == [503, 200, 200, 200]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_and_metrics_are_never_shed(path: str) -> None:
    """They are answered when the limit is reached, and do not count towards it."""

    async def run() -> list[int]:
        held, found = Held(), list[int]()
        app = LoadShedding(held, limit=1)
        async with anyio.create_task_group() as group:
            group.start_soon(status, app, "/v1/models", found)
            group.start_soon(status, app, path, found)
            await anyio.wait_all_tasks_blocked()
            held.free.set()
        return found

    assert anyio.run(run) == [200, 200]


def test_a_body_that_is_on_its_way_takes_no_place() -> None:
    """Others are served until it is there; then it takes one, or is refused where there is none."""

    async def run() -> list[int]:
        found, whole = list[int](), anyio.Event()

        async def reads(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] == "POST":
                await receive()
                with pytest.raises(OverloadedError):
                    await receive()
            await held(scope, receive, send)

        async def receive() -> Message:
            if parts:
                return parts.pop()
            await whole.wait()
            return {"type": "http.request", "body": b"}"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                found.append(message["status"])

        parts: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]
        held, scope = Held(), http_scope("POST", "/v1/models", content_length="2")
        app = LoadShedding(reads, limit=1)
        async with anyio.create_task_group() as group:
            group.start_soon(app, scope, receive, send)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(status, app, "/streamed", found)
            await anyio.wait_all_tasks_blocked()
            whole.set()
            await anyio.wait_all_tasks_blocked()
            held.free.set()
        return found

    assert anyio.run(run) == [200, 200]


def test_a_failed_request_gives_its_place_back() -> None:
    """Bugs do not eat up the capacity."""

    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError

    app = LoadShedding(fails, limit=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            exchange(app, "GET", "/", [])


def test_an_answer_that_is_sent_gives_its_place_back() -> None:
    """A client that asks again when it has its answer is served, although the app has not returned yet."""

    async def run() -> list[int]:
        held, found = Held(), list[int]()
        app = LoadShedding(held, limit=1)
        async with anyio.create_task_group() as group:
            for path in ("/sent", "/sent", "/streamed", "/sent"):
                group.start_soon(status, app, path, found)
                await anyio.wait_all_tasks_blocked()
            held.free.set()
        await status(app, "/sent", found)
        return found

    assert anyio.run(run) == [200, 200, 200, 503, 200]


def test_a_shed_request_is_a_problem_and_counted(checkpoints: Path) -> None:
    """503 `overloaded` with Retry-After and a request id, as every problem has them; the metrics have their number."""
    client = Client(create_app(Settings(checkpoints=checkpoints).model_copy(update={"max_in_flight": 0})))
    for _ in range(2):
        assert_problem(client.get("/v1/models"), 503, "overloaded")
    assert client.get("/healthz").status_code == 200
    assert "\nlatentlink_requests_shed_total 2.0\n" in client.get("/metrics").text
