"""Compression of answers."""

import zlib

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from latentlink.app.middleware.compression import Compression
from tests.app.asgi import exchange
from tests.support import Client

TABLE = "/v1/models/small/embeddings"
ARROW = "application/vnd.apache.arrow.stream"


def ask(client: Client, path: str, encoding: str, **headers: str) -> httpx2.Response:
    """A GET with that Accept-Encoding."""
    response: httpx2.Response = client.get(path, headers={"Accept-Encoding": encoding, **headers})
    return response


@pytest.mark.parametrize("path", [TABLE, "/openapi.json", "/docs/assets/swagger-ui.css"])
def test_a_large_answer_is_compressed_when_accepted(client: Client, path: str) -> None:
    """Smaller on the wire, the same when decompressed; and `Vary` names the header for caches."""
    plain, small = ask(client, path, "identity"), ask(client, path, "br, gzip;q=0.5")
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert "content-length" not in small.headers
    assert small.content == plain.content
    assert small.num_bytes_downloaded < len(plain.content) * 0.6
    assert all("Accept-Encoding" in response.headers["vary"] for response in (plain, small))


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        *(
            (refused, None)
            for refused in ("identity", "br", "", "gzip;q=0", "br, GZIP ; q=0.000, identity", "gzip;q=0,br")
        ),
        *((unknown, None) for unknown in ("gzipped", "a-gzip")),
        *(
            (taken, "gzip")
            for taken in ("gzip", "GZip", "x-gzip", "br,gzip;q=0.001", "gzip ; q=1.0, br;q=0", "gzip;q=0.05")
        ),
    ],
)
def test_gzip_is_sent_where_it_is_accepted_alone(client: Client, encoding: str, sent: str | None) -> None:
    """By both its names, in any case, with any quality but none."""
    assert ask(client, TABLE, encoding).headers.get("content-encoding") == sent


def test_a_part_of_a_file_is_left_as_it_is(client: Client) -> None:
    """The bytes of a range are counted in the file, not in what it is compressed to."""
    response = ask(client, "/docs/assets/swagger-ui.css", "gzip", Range="bytes=0-1999")
    assert (response.status_code, len(response.content)) == (206, 2000)
    assert "content-encoding" not in response.headers


def test_a_strong_tag_becomes_weak(client: Client) -> None:
    """The same file in other bytes: the tag says no more than that, and is still known."""
    asset = "/docs/assets/swagger-ui.css"
    plain, small = (ask(client, asset, encoding).headers["etag"] for encoding in ("identity", "gzip"))
    assert small == f"W/{plain}"
    assert ask(client, asset, "gzip", **{"If-None-Match": small}).status_code == 304


def test_small_answers_and_arrow_are_left_as_they_are(client: Client) -> None:
    """Nothing to gain."""
    small = ask(client, "/healthz", "gzip")
    assert "content-encoding" not in small.headers
    assert small.headers["content-length"] == str(len(small.content))
    assert small.headers["vary"] == "Accept-Encoding"
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
