"""HTTP/1 over a real socket: clients of HTTP/1.0, bytes that are no request, and clients that hold what they get."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from latentlink.app.http.protocol import Limits, Protocol
from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from tests.support import eventually

EMBEDDINGS = "/v1/models/small/embeddings"  # streamed: its length is unknown at the head
HEAD_SECONDS = 1.0
Address = tuple[str, int]


@contextmanager
def listening(app: ASGIApp, limits: Limits) -> Iterator[Address]:
    """The address of a server of `app`, in a thread of this process."""
    protocol = cast(Any, partial(Protocol, limits=limits))
    server = uvicorn.Server(uvicorn.Config(app, http=protocol, log_config=None, port=0, timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            eventually(lambda: server.started)
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with as many bytes as the path says, at once."""
    if scope["type"] == "http":
        body = b"a" * int(scope["path"].strip("/a") or 1)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})
        del receive


@pytest.fixture(scope="module")
def service(checkpoints: Path) -> Iterator[Address]:
    """The whole service."""
    with listening(create_app(Settings(checkpoints=checkpoints)), Limits(100, 30)) as address:
        yield address


@pytest.fixture(scope="module")
def server() -> Iterator[Address]:
    """A server that has little patience."""
    with listening(plain, Limits(100, 1, HEAD_SECONDS)) as address:
        yield address


def connect(address: Address) -> socket.socket:
    """A connection of a patient client."""
    return socket.create_connection(address, timeout=20)


def exchange(address: Address, request: bytes) -> tuple[list[str], bytes]:
    """The lines of the head, in lower case, and all that comes after them until the server closes the connection."""
    with connect(address) as client:
        client.sendall(request)
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    return head.decode().lower().split("\r\n"), body


def closed_within(client: socket.socket, seconds: float) -> bool:
    """Whether the server ends the connection within this time."""
    client.settimeout(seconds)
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("path", [EMBEDDINGS, "/v1/models", "/openapi.json"])
def test_an_answer_to_http_1_0_ends_with_the_connection(service: Address, path: str, coding: str) -> None:
    """The bytes that HTTP/1.1 carries, without chunks, which HTTP/1.0 does not know; `Content-Length`, if any, is theirs."""
    headers = {"Accept": "application/x-ndjson" if path == EMBEDDINGS else "*/*", "Accept-Encoding": coding}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head, body = exchange(service, f"GET {path} HTTP/1.0\r\n{lines}\r\n".encode())
    assert not [line for line in head if line.startswith("transfer-encoding")]
    assert [line for line in head if line.startswith("content-length")] in ([], [f"content-length: {len(body)}"])
    content = gzip.decompress(body) if "content-encoding: gzip" in head else body
    host, port = service
    assert content == httpx2.get(f"http://{host}:{port}{path}", headers=headers).content


@pytest.mark.parametrize("target", ["/v1/x?node=Tom Hanks", "/v1/Zoë", "no-path"])
def test_bytes_that_are_no_request_get_a_problem(server: Address, target: str) -> None:
    """400 in the shape of every problem; then the connection is closed."""
    head, body = exchange(server, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    problem = json.loads(body)
    assert head[0] == "http/1.1 400 bad request"
    assert "content-type: application/problem+json" in head
    assert f"x-request-id: {problem['request_id']}" in head
    assert (problem["status"], problem["type"]) == (400, "/problems/malformed-request")
    assert problem["instance"].isascii()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nX-Slow: a", b"GET / HTTP/1.1\r\n\r\nGET /1"],
    ids=["silent", "half a head", "half a second head"],
)
def test_a_head_that_does_not_come_ends_the_connection(server: Address, sent: bytes) -> None:
    """After the time for a head, whatever came before it; not earlier."""
    with connect(server) as client:
        client.sendall(sent[:-1])
        time.sleep(0.2)  # so that the last byte comes after the answer to the first request
        client.sendall(sent[-1:])
        assert not closed_within(client, HEAD_SECONDS / 2)
        assert closed_within(client, 5)


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        (b"GET / HTTP/1.1\r\nX: ", b"a" * 4096),
        (b"GET / HTTP/1.1\r\n", b"X: a\r\n" * 700),
        (b"GET /", b"a" * 4096),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 700),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", b"a" * 4096),
    ],
    ids=["one header", "many headers", "address", "trailers", "extension of a chunk"],
)
def test_a_head_without_end_is_refused(server: Address, begin: bytes, part: bytes) -> None:
    """After 64 KiB and what is on its way; trailers and chunks as well."""
    with connect(server) as client:
        client.sendall(begin)
        sent = 0
        with suppress(ConnectionError):
            while sent < 2**24:
                sent += client.send(part)
        assert sent < 2**24


def test_a_head_over_the_limit_gets_a_problem(server: Address) -> None:
    """431 for 65,537 bytes of headers that come at once; 65,000 are answered."""
    for size, status in ((65_000, "200 ok"), (65_537, "431 request header fields too large")):
        head, _ = exchange(server, b"GET / HTTP/1.1\r\nConnection: close\r\nX: " + b"a" * size + b"\r\n\r\n")
        assert head[0] == f"http/1.1 {status}"


def test_one_connection_more_takes_the_place_of_the_longest_idle() -> None:
    """Of three that a server of three has open, the oldest without a request is closed, and the new one answered."""
    with listening(plain, Limits(3, 30)) as address, ExitStack() as stack:
        idle = []
        for _ in range(3):
            idle.append(stack.enter_context(connect(address)))
            time.sleep(0.05)
        assert exchange(address, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")[0][0] == "http/1.1 200 ok"
        assert [closed_within(client, 0.2) for client in idle] == [True, False, False]


def test_one_connection_more_is_refused_where_none_is_idle() -> None:
    """503 `overloaded`, while a request of the only connection is in work."""

    async def waits(scope: Scope, receive: Receive, _send: Send) -> None:
        if scope["type"] == "http":
            while (await receive())["type"] != "http.disconnect":
                pass

    with listening(waits, Limits(1, 30)) as address, connect(address) as busy:
        busy.sendall(b"GET / HTTP/1.1\r\n\r\n")
        time.sleep(0.2)
        head, body = exchange(address, b"")
    assert head[0] == "http/1.1 503 service unavailable"
    assert json.loads(body)["type"] == "/problems/overloaded"
    assert "retry-after: 1" in head


def test_unread_answers_of_any_size_hold_no_place() -> None:
    """Four clients that read nothing and begin another request fill a server of four; a fifth is answered all the same."""
    with listening(plain, Limits(4, 30)) as address, ExitStack() as stack:
        for _ in range(4):
            client = stack.enter_context(connect(address))
            client.sendall(b"GET /%d HTTP/1.1\r\n\r\n" % 2**22)
            client.sendall(b"G")
        time.sleep(0.3)
        assert exchange(address, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")[0][0] == "http/1.1 200 ok"


def test_a_request_is_answered_although_no_request_follows(server: Address) -> None:
    """Of a request and other bytes in one segment the answer is the request's own; then the connection is closed."""
    head, body = exchange(server, b"GET /3 HTTP/1.1\r\n\r\nno request\r\n\r\n")
    assert (head[0], body) == ("http/1.1 200 ok", b"aaa")


def test_the_rest_of_a_refused_body_does_not_shorten_the_wait(server: Address) -> None:
    """A connection stays open longer than a head may take, after an empty line or a body that came behind its answer."""
    post = b"POST /3 HTTP/1.1\r\nContent-Length: 2\r\n\r\n"
    with connect(server) as one, connect(server) as other:
        one.sendall(post)
        other.sendall(b"GET /3 HTTP/1.1\r\n\r\n")
        time.sleep(0.2)
        one.sendall(b"aa")
        other.sendall(b"\r\n")
        assert not closed_within(one, 2 * HEAD_SECONDS)
        assert not closed_within(other, 0.1)


def test_an_answer_that_nobody_reads_is_given_up(server: Address) -> None:
    """Clients that read nothing for the time limit lose their connections, and the server the memory of the answers."""
    size, wishes = 2**25, (b"", b"Connection: close\r\n")
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in wishes]
        for client, wish in zip(clients, wishes, strict=True):
            client.sendall(b"GET /%d HTTP/1.1\r\n%s\r\n" % (size, wish))
        time.sleep(2.5)
        for client in clients:
            received = 0
            with suppress(ConnectionError):
                while part := client.recv(2**20):
                    received += len(part)
            assert received < size


def test_an_answer_that_is_read_slowly_arrives_whole(server: Address) -> None:
    """Over more than the time limit in all, as long as some of it is read within each."""
    size, received = 2**24, 0
    with connect(server) as client:
        client.sendall(b"GET /%d HTTP/1.1\r\nConnection: close\r\n\r\n" % size)
        for _ in range(5):
            received += len(client.recv(2**20))
            time.sleep(0.4)
        received += sum(map(len, iter(lambda: client.recv(2**20), b"")))
    assert received > size
