"""Compressed bodies: read, limited, and refused when they are broken."""

import asyncio
import gzip
import json
import tracemalloc

import pytest
from starlette.requests import Request
from starlette.types import Message

from latentlink.app.http.bodies import read_json_bytes
from tests.app.asgi import http_scope
from tests.app.http.conftest import LIMIT, Status
from tests.support import Client, Response, assert_problem

URL = "/v1/models/small/embeddings"
BODY = b'{"nodes":["a"]}'
PACKED = gzip.compress(BODY, mtime=0)  # of no moment: bytes name cases, and every process must name them alike


def post(client: Client, content: bytes, encoding: str = "gzip") -> Response:
    """Send a body with its encoding."""
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    response: Response = client.post(URL, content=content, headers=headers)
    return response


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " x-gzip ", "identity", "Identity"])
def test_a_body_is_read_as_its_header_says(client: Client, encoding: str) -> None:
    """Gzip by both its names, and plain; the answer is the same."""
    content = BODY if "identity" in encoding.lower() else gzip.compress(BODY)
    response = post(client, content, encoding)
    assert response.json()["nodes"] == ["a"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_the_limit_is_that_of_the_decompressed_body(status: Status, size: int, encoding: str) -> None:
    """1,000 bytes pass and 1,001 do not, however few they are on their way, in chunks of any size."""
    for length, expected in ((LIMIT, 200), (LIMIT + 1, 413)):
        body = BODY.ljust(length)
        sent = gzip.compress(body) if encoding == "gzip" else body
        assert status([sent[i : i + size] for i in range(0, len(sent), size)], content_encoding=encoding) == expected


def test_a_bomb_is_refused_before_it_goes_off(status: Status) -> None:
    """A chunk of 64 KiB that would be 64 MiB takes less than one, and no further chunk is requested."""
    bomb = gzip.compress(b" " * 2**26)
    tracemalloc.start()
    assert status([bomb[:900]], ends=False, content_encoding="gzip") == 413
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (BODY, "incorrect header check"),
        (b"", "cut"),
        (PACKED[:-1], "cut"),
        (PACKED[:-5] + bytes(5), "incorrect"),
        (PACKED + b" ", "more bytes behind"),
        (PACKED * 2, "more bytes behind"),
        (gzip.compress(b"{", mtime=0), "EOF"),
    ],
)
def test_broken_gzip_is_malformed(client: Client, content: bytes, found: str) -> None:
    """Not gzip, cut, with a wrong checksum, with something behind it, or with no JSON in it: 400 that says which."""
    assert found in assert_problem(post(client, content), 400, "malformed-body")["detail"]


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "", ","])
def test_other_encodings_are_refused(client: Client, encoding: str) -> None:
    """By their header, not by their content."""
    assert_problem(post(client, gzip.compress(BODY), encoding), 415, "unsupported-media-type")


def test_every_byte_of_a_large_body_counts(client: Client) -> None:
    """Ten thousand nodes, compressed, are ten thousand answers."""
    packed = gzip.compress(json.dumps({"nodes": ["b"] * 10_000}).encode())
    assert len(post(client, packed).json()["nodes"]) == 10_000


def test_other_requests_go_on_while_a_chunk_is_decompressed() -> None:
    """A chunk that becomes 8 MiB is read a quarter of a mebibyte at a time; between two parts others have their turn."""
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def read() -> bytes:
        other = asyncio.create_task(take_turns())
        try:
            return await read_json_bytes(Request(scope, receive), 2**24, lambda _size: None)
        finally:
            other.cancel()

    async def receive() -> Message:
        return {"type": "http.request", "body": gzip.compress(b" " * 2**23), "more_body": False}

    scope = http_scope("POST", URL, content_encoding="gzip")
    assert asyncio.run(read()) == b" " * 2**23
    assert turns >= 32
