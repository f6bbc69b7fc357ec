"""Limits over a real socket: slow clients, a full house."""

import socket
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.e2e.service import Service, running_service
from tests.support import eventually

BEGUN = (
    b"POST /v1/models/small/scores HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
)


def stalled(service: Service) -> socket.socket:
    """A client that sends the first byte of its body and no more."""
    client = socket.create_connection(("127.0.0.1", urlsplit(service.url).port or 0), timeout=20)
    client.sendall(BEGUN)
    return client


def whole_answer(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def test_slow_clients_hold_their_places_for_a_while_only(checkpoints: Path) -> None:
    """Two stalled bodies fill a house of two: a third is refused at once, probes are not, and the two get 504 and are let go."""
    limits = {"LATENTLINK_MAX_IN_FLIGHT": "2", "LATENTLINK_TIMEOUT_SECONDS": "2"}
    with running_service(checkpoints, **limits) as service, ExitStack() as stack:
        clients = [stack.enter_context(stalled(service)) for _ in range(2)]
        eventually(lambda: "latentlink_requests_in_flight 3.0" in httpx.get(f"{service.url}/metrics").text)
        refused = httpx.get(f"{service.url}/v1/models")
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
        assert refused.headers["retry-after"] == "1"
        assert httpx.get(f"{service.url}/healthz").status_code == 200
        assert "latentlink_requests_shed_total 1.0" in httpx.get(f"{service.url}/metrics").text
        for client in clients:
            head, _, body = whole_answer(client).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 504 ")
            assert b'"/problems/timeout"' in body
        assert httpx.get(f"{service.url}/v1/models").status_code == 200


def test_an_idle_connection_is_kept(checkpoints: Path) -> None:
    """Longer than the server's own five seconds, after which a proxy's next request would meet a connection being closed."""
    with running_service(checkpoints) as service, closing(HTTPConnection(urlsplit(service.url).netloc)) as client:
        client.connect()
        first = client.sock
        for pause in (0, 6):
            time.sleep(pause)
            client.request("GET", "/healthz")
            assert client.getresponse().read()
            assert client.sock is first
