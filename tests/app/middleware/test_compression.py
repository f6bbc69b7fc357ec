"""Answers compressed for those who ask."""

import gzip
import json
import zlib

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.middleware.compression import Compression
from tests.app.asgi import exchange
from tests.support import Client

TABLE = "/v1/models/small/embeddings"
ARROW = "application/vnd.apache.arrow.stream"


def ask(client: Client, path: str, encoding: str, **headers: str) -> httpx.Response:
    """A GET with that Accept-Encoding."""
    response: httpx.Response = client.get(path, headers={"Accept-Encoding": encoding, **headers})
    return response


@pytest.mark.parametrize("path", [TABLE, "/openapi.json", "/docs/assets/swagger-ui.css"])
def test_a_large_answer_is_compressed_when_asked_for(client: Client, path: str) -> None:
    """Smaller on the wire, the same when decompressed; and caches are told."""
    plain, small = ask(client, path, "identity"), ask(client, path, "br, gzip;q=0.5")
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert small.content == plain.content
    assert small.num_bytes_downloaded < len(plain.content) * 0.6
    assert all("Accept-Encoding" in response.headers["vary"] for response in (plain, small))


@pytest.mark.parametrize("encoding", ["identity", "br", "", "gzip;q=0", "br, gzip ; q=0.000, identity", "gzip;q=0,br"])
def test_nobody_gets_gzip_unasked(client: Client, encoding: str) -> None:
    """Other encodings, none, and a refusal."""
    assert "content-encoding" not in ask(client, TABLE, encoding).headers


def test_small_answers_and_arrow_are_left_as_they_are(client: Client) -> None:
    """Nothing to gain."""
    assert "content-encoding" not in ask(client, "/healthz", "gzip").headers
    arrow = ask(client, TABLE, "gzip", Accept=ARROW)
    assert len(arrow.content) > 1024
    assert "content-encoding" not in arrow.headers


def test_both_encodings_have_one_weak_tag(client: Client) -> None:
    """Compressed or not it is the same answer: known from one, it is not sent again as the other."""
    plain, small = (ask(client, TABLE, encoding).headers["etag"] for encoding in ("identity", "gzip"))
    assert plain == small
    assert small.startswith('W/"')
    again = ask(client, TABLE, "gzip", **{"If-None-Match": plain})
    assert (again.status_code, again.content, "content-encoding" in again.headers) == (304, b"", False)


def test_streams_stay_streams() -> None:
    """Each part leaves when it comes and can be read without the next."""
    parts = [b"%d" % digit * 40_000 for digit in range(3)]

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    start, *bodies = exchange(Compression(stream), "GET", "/", [], accept_encoding="gzip")
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert (b"content-encoding", b"gzip") in start["headers"]
    assert [inflate.decompress(message["body"]) for message in bodies] == [*parts, b""]
    assert inflate.eof


def test_a_compressed_table_is_json(client: Client) -> None:
    """Decompressed by another than the client, it is the table."""
    with client.stream("GET", TABLE, headers={"Accept-Encoding": "gzip"}) as response:
        raw = b"".join(response.iter_raw())
    assert len(json.loads(gzip.decompress(raw))["nodes"]) == 60
