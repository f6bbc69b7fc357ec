"""HTTP/1 over a real socket: clients of HTTP/1.0, and bytes that are no request."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.service import Service, running_service

EMBEDDINGS = "/v1/models/small/embeddings"  # streamed: its length is unknown at the head


@pytest.fixture(scope="module")
def service(checkpoints: Path) -> Iterator[Service]:
    """One service for all tests of this file."""
    with running_service(checkpoints) as running:
        yield running


def exchange(service: Service, request: bytes) -> tuple[list[str], bytes]:
    """The lines of the head, in lower case, and all that comes after them until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", urlsplit(service.url).port or 0), timeout=20) as client:
        client.sendall(request)
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    return head.decode().lower().split("\r\n"), body


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("path", [EMBEDDINGS, "/v1/models", "/openapi.json"])
def test_an_answer_to_http_1_0_ends_with_the_connection(service: Service, path: str, coding: str) -> None:
    """The bytes that HTTP/1.1 carries, without chunks, which HTTP/1.0 does not know; `Content-Length`, if any, is theirs."""
    headers = {"Accept": "application/x-ndjson" if path == EMBEDDINGS else "*/*", "Accept-Encoding": coding}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head, body = exchange(service, f"GET {path} HTTP/1.0\r\n{lines}\r\n".encode())
    assert not [line for line in head if line.startswith("transfer-encoding")]
    assert [line for line in head if line.startswith("content-length")] in ([], [f"content-length: {len(body)}"])
    content = gzip.decompress(body) if "content-encoding: gzip" in head else body
    assert content == httpx.get(service.url + path, headers=headers).content


@pytest.mark.parametrize("target", ["/v1/x?node=Tom Hanks", "/v1/Zoë", "no-path"])
def test_bytes_that_are_no_request_get_a_problem(service: Service, target: str) -> None:
    """400 in the shape of every problem; then the connection is closed."""
    head, body = exchange(service, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    problem = json.loads(body)
    assert head[0] == "http/1.1 400 bad request"
    assert "content-type: application/problem+json" in head
    assert f"x-request-id: {problem['request_id']}" in head
    assert (problem["status"], problem["type"]) == (400, "/problems/malformed-request")
    assert problem["instance"].isascii()
