"""The access log."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from latentlink.app.metrics import Metrics
from latentlink.app.middleware.access_log import AccessLog
from tests.app.asgi import exchange, http_scope
from tests.support import Client


async def _unused(*_: object) -> Any:
    """A channel that nothing comes or goes through."""


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The access log, beside the failures of recording."""
    caplog.set_level(logging.INFO, "latentlink")
    return caplog


def logged(log: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The fields of the one line of the access log."""
    [record] = [record for record in log.records if record.name == "latentlink.access"]
    fields: dict[str, Any] = vars(record)["fields"]
    return fields


async def answers(scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application that notes its status, as a route does, once others have begun."""
    await asyncio.sleep(0)
    scope["state"] = {"status": 200, "request_id": scope["path"]}


def test_a_request_leaves_one_line(client: Client, log: pytest.LogCaptureFixture) -> None:
    """Route, status, time, model and request id; not the query, which names nodes."""
    response = client.get("/v1/models/default/score?source=a&target=b", headers={"X-Request-ID": "r1"})
    fields = logged(log)
    assert fields.pop("ms") > 0
    assert fields == {
        "request_id": "r1",
        "method": "GET",
        "route": "/v1/models/{model}/score",
        "path": "/v1/models/default/score",
        "status": 200,
        "model": response.headers["x-model"],
        "key": None,
        "client": "testclient",
    }
    assert "source" not in log.text


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/v1/models/small", "/v1/models/{model}", 200),
        ("GET", "/v1/models/nope", "/v1/models/{model}", 404),
        ("GET", "/nope", None, 404),
        ("DELETE", "/v1/models/small/score", "/v1/models/{model}/score", 405),
        ("GET", "/v1/models/small/score", "/v1/models/{model}/score", 422),
    ],
)
def test_the_route_is_a_template(
    client: Client, log: pytest.LogCaptureFixture, method: str, path: str, route: str | None, status: int
) -> None:
    """So that thousands of paths are few routes, for problems as well."""
    client.request(method, path)
    fields = logged(log)
    assert (fields["route"], fields["status"]) == (route, status)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_quiet(client: Client, log: pytest.LogCaptureFixture, path: str) -> None:
    """Probes every second would hide all other lines."""
    assert client.get(path).status_code == 200
    assert log.records == []


def test_a_path_can_not_forge_lines(client: Client, log: pytest.LogCaptureFixture) -> None:
    """Line breaks of a path stand in the log with their escapes."""
    client.get("/%0Aforged")
    assert "\n" not in log.records[0].getMessage()


def test_a_client_that_left_is_logged(log: pytest.LogCaptureFixture) -> None:
    """Without an answer there is no status, but a line and a measurement."""

    async def leaves(_scope: Scope, _receive: Receive, _send: Send) -> None:
        """Answer nothing."""

    metrics = Metrics()
    sent: list[Message] = exchange(AccessLog(leaves, metrics), "GET", "/", [])
    assert (sent, logged(log)["status"]) == ([], None)


@pytest.mark.parametrize(("slow_seconds", "level"), [(1e-9, "WARNING"), (60, "INFO"), (0, "INFO")])
def test_a_slow_request_is_a_warning(log: pytest.LogCaptureFixture, slow_seconds: float, level: str) -> None:
    """From the threshold on; without one, no request is."""
    exchange(AccessLog(answers, Metrics(), slow_seconds), "GET", "/healthy", [])
    assert [record.levelname for record in log.records] == [level]


def test_requests_that_end_at_once_leave_a_line_each(log: pytest.LogCaptureFixture) -> None:
    """Ten of them, each with its own path, in the order in which they ended; and as many measurements."""
    metrics = Metrics()

    async def ask() -> None:
        access_log = AccessLog(answers, metrics)
        await asyncio.gather(*(access_log(http_scope("GET", f"/{i}"), _unused, _unused) for i in range(10)))
        await asyncio.sleep(0)

    asyncio.run(ask())
    [seconds] = metrics.seconds.collect()
    assert [sample.value for sample in seconds.samples if sample.name.endswith("_count")] == [10]
    assert [vars(record)["fields"]["path"] for record in log.records] == [f"/{i}" for i in range(10)]


def test_one_that_can_not_be_recorded_does_not_silence_the_next(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three that end at once the second can't be measured, as on a full disk; the log has its failure."""
    metrics = Metrics()
    measured = metrics.seconds.labels

    def labels(method: str, *others: object) -> Any:
        if method == "PUT":
            raise OSError("no space left")
        return measured(method, *others)

    async def ask() -> None:
        access_log = AccessLog(answers, metrics)
        for method, path in (("GET", "/0"), ("PUT", "/1"), ("GET", "/2")):
            await access_log(http_scope(method, path), _unused, _unused)
        await asyncio.sleep(0)

    monkeypatch.setattr(metrics.seconds, "labels", labels)
    asyncio.run(ask())
    failed = [bool(record.exc_info) for record in log.records]
    assert failed == [False, True, False]
    assert all(path in record.getMessage() for path, record in zip(("/0", "/1", "/2"), log.records, strict=True))


def test_a_request_that_fails_is_no_longer_in_work() -> None:
    """The gauge falls back, whatever happens."""

    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError

    metrics = Metrics()
    with pytest.raises(RuntimeError):
        exchange(AccessLog(fails, metrics), "GET", "/", [])
    [gauge] = metrics.in_flight.collect()
    assert [sample.value for sample in gauge.samples] == [0]
