"""Clients that send or read slowly, or not at all, hold what they have for a while only, and nobody up."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks._clients import get, own_memory
from benchmarks._worst import SCORE, UNDER
from tests.e2e.service import Service, running_service
from tests.support import eventually

pytestmark = pytest.mark.slow

BEGUN = b"POST /v1/models/forged/scores HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
EMBEDDINGS = get(f"{UNDER}/embeddings")
LIMIT = {"LATENTLINK_TIMEOUT_SECONDS": "2"}
CEILING = 1.0  # s, for what takes milliseconds: the machine may be busy


@contextmanager
def clients(service: Service, sent: bytes, count: int) -> Iterator[list[socket.socket]]:
    """Connections over which so much was sent, and nothing read."""
    with ExitStack() as stack:
        address = ("127.0.0.1", urlsplit(service.url).port or 0)
        opened = [stack.enter_context(socket.create_connection(address, timeout=20)) for _ in range(count)]
        for client in opened:
            client.sendall(sent)
        yield opened


def whole_answer(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def in_metrics(service: Service, line: str) -> bool:
    """Whether the metrics have this line."""
    return line in service.get("/metrics").text


def test_stalled_bodies_take_no_place(forged: Path) -> None:
    """Twenty in a house of two: all others are answered within a second, and the twenty get 504 and are let go."""
    with (
        running_service(forged, **LIMIT, LATENTLINK_MAX_IN_FLIGHT="2") as service,
        clients(service, BEGUN, 20) as stalled,
    ):
        eventually(partial(in_metrics, service, "latentlink_requests_in_flight 21.0"))
        for path in ("/healthz", SCORE, "/v1/models"):
            assert service.get(path, timeout=CEILING).status_code == 200
        for client in stalled:
            head, _, body = whole_answer(client).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 504 ")
            assert b'"/problems/timeout"' in body
        assert service.get("/v1/models").status_code == 200


@pytest.mark.parametrize("sent", [b"", b"GET /v1/models HTTP/1.1\r\nHost:"], ids=["silent", "half a head"])
def test_any_number_of_connections_without_a_request_keeps_nobody_out(forged: Path, sent: bytes) -> None:
    """Three times as many as may be open: others are answered within a second, and those that wait longest are closed."""
    with (
        running_service(forged, LATENTLINK_MAX_CONNECTIONS="50") as service,
        clients(service, sent, 150) as idle,
    ):
        for path in ("/healthz", SCORE, "/v1/models"):
            assert service.get(path, timeout=CEILING).status_code == 200
        idle[0].settimeout(CEILING)
        assert not _received(idle[0])


def test_unread_answers_take_little_memory_and_their_places_come_back(forged: Path) -> None:
    """Of sixty answers of 15 MB each no more than 5 MB; others are answered within a second, and after the limit all is free."""
    with running_service(forged, **LIMIT, LATENTLINK_MAX_HEAVY="64") as service:
        before = own_memory(service.process.pid or 0)
        with clients(service, EMBEDDINGS, 60) as unread:
            eventually(partial(in_metrics, service, "latentlink_requests_in_flight 61.0"))
            for path in ("/healthz", SCORE, f"{UNDER}/node?node=n0"):
                assert service.get(path, timeout=CEILING).status_code == 200
            assert own_memory(service.process.pid or 0) - before < 60 * 5e6
            eventually(partial(in_metrics, service, "latentlink_requests_in_flight 1.0"))
            assert len(service.get(f"{UNDER}/embeddings").content) > 10e6
            assert all(map(_received, unread))


def _received(client: socket.socket) -> bytes:
    """The beginning of what came; nothing where the server closed the connection."""
    try:
        return client.recv(12)
    except ConnectionResetError:
        return b""
