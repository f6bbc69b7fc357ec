"""Traces where an operator asks for them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from tests.e2e.service import running_service

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector(ThreadingHTTPServer):
    """Takes what is sent to it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.got.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that listens."""
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever).start()
        yield collector
        collector.shutdown()


def test_requests_are_spans_of_the_caller_s_trace(checkpoints: Path, collector: Collector) -> None:
    """Named by the route, in the trace that the caller began, sent before the end, and exemplars; probes are none."""
    with running_service(checkpoints, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as service:
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        httpx2.get(f"{service.url}/v1/models/small", headers=headers).raise_for_status()
        numbers = httpx2.get(f"{service.url}/metrics", headers={"Accept": "application/openmetrics-text"}).text
        assert service.stop()[0] == 0
    counted = [line for line in numbers.splitlines() if line.startswith("latentlink_request_seconds_bucket")]
    assert [f'# {{trace_id="{TRACE}"}}' in line for line in counted if " # " in line] == [True]
    assert {path for path, _ in collector.got} == {"/v1/traces"}
    sent = b"".join(body for _, body in collector.got)
    assert b"GET /v1/models/{model}" in sent
    assert bytes.fromhex(TRACE) in sent
    assert b"readyz" not in sent


def test_a_collector_that_is_away_stops_nothing(checkpoints: Path, collector: Collector) -> None:
    """Requests are answered, and the service ends once the exporter's own limit is over."""
    collector.server_close()
    limits = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    with running_service(checkpoints, **limits) as service:
        httpx2.get(f"{service.url}/v1/models/small").raise_for_status()
        code, seconds = service.stop()
    assert code == 0
    assert seconds < 8
