"""Reading requests strictly."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.types import Message

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from tests.app.asgi import exchange
from tests.support import Client, Response, Small, assert_problem

URL = "/v1/models/small"
JSON = {"content-type": "application/json"}
LIMIT = 16 * 2**20


@pytest.fixture(scope="module")
def app(checkpoints: Path) -> FastAPI:
    """The service with a body limit of 100 bytes, without a server around it."""
    app = create_app(Settings(checkpoints=checkpoints, max_body_bytes=100))
    app.state.service.store.refresh()
    return app


def post(client: Client, body: str | bytes, **headers: str) -> Response:
    """Send a body to a route that takes one."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Response = client.post(f"{URL}/embeddings", content=body, headers=JSON | named)
    return response


def chunked(*parts: bytes) -> list[Message]:
    """Messages of a body that goes on after its last part."""
    return [{"type": "http.request", "body": part, "more_body": True} for part in parts]


def whole(*parts: bytes) -> list[Message]:
    """Messages of a body that ends."""
    return [*chunked(*parts), {"type": "http.request", "body": b"", "more_body": False}]


def status(app: FastAPI, chunks: Sequence[Message], **headers: str) -> int:
    """The status of the answer to a body in chunks."""
    start = exchange(app, "POST", f"{URL}/embeddings", chunks, content_type="application/json", **headers)[0]
    code: int = start["status"]
    return code


def test_a_body_may_be_as_large_as_the_limit(app: FastAPI) -> None:
    """100 bytes pass and 101 do not, whether they come as one chunk or byte by byte."""
    body = b'{"nodes":["a"]}'.ljust(100)
    for size, expected in ((100, 200), (101, 413)):
        padded = body.ljust(size)
        assert status(app, whole(padded)) == expected
        assert status(app, whole(*(padded[i : i + 1] for i in range(size)))) == expected


def test_a_body_without_length_is_not_read_past_the_limit(app: FastAPI) -> None:
    """The answer comes with the chunk that goes too far; no more is requested."""
    assert status(app, chunked(b"x" * 60, b"x" * 60)) == 413


@pytest.mark.parametrize("length", ["101", "9" * 18, "9" * 30, "9" * 5000])
def test_a_length_over_the_limit_is_refused_unread(app: FastAPI, length: str) -> None:
    """A Content-Length of any size is answered before the first byte is read."""
    assert status(app, [], content_length=length) == 413


@pytest.mark.parametrize("length", ["", "abc", "-5", "1e9", "\xb2", "0x10"])
def test_a_length_that_is_no_number_is_not_believed(app: FastAPI, length: str) -> None:
    """The bytes that come are what counts."""
    assert status(app, whole(b'{"nodes":["a"]}'), content_length=length) == 200


def test_a_client_that_leaves_is_not_a_bug(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that ends in the middle of a body is noted without a trace, and nothing is answered."""
    with caplog.at_level(logging.INFO, "latentlink"):
        assert exchange(app, "POST", f"{URL}/scores", [*chunked(b"{"), {"type": "http.disconnect"}]) == []
    assert caplog.records
    assert {(record.levelno, record.exc_info) for record in caplog.records} == {(logging.INFO, None)}


@pytest.mark.parametrize("media", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"])
def test_json_is_read_however_its_header_is_written(client: Client, media: str) -> None:
    """Case and parameters of the media type do not matter."""
    assert post(client, '{"nodes":["a"]}', content_type=media).status_code == 200


def test_a_body_without_a_type_is_taken_for_json(client: Client) -> None:
    """curl users may leave the header out."""
    assert client.post(f"{URL}/embeddings", content=b'{"nodes":["a"]}').status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[" * 100_000, b'{"nodes":["\xff"]}', b'{"nodes":["\\ud800"]}', b'{"nodes":["\x00"]}'),
        *('{"nodes":["a"]}'.encode("utf-16"), b'{"nodes":["a"],}', b"9" * 4301),
    ],
)
def test_what_is_not_json_is_malformed(client: Client, body: bytes) -> None:
    """Truncated, nested without end, not UTF-8, half a character: 400, never a bug."""
    assert_problem(post(client, body), 400, "malformed-body")


@pytest.mark.parametrize("node", ["0", "false", "null", "1.5", "[]", '{"a":"b"}', '["a"]'])
def test_ids_are_strings_only(client: Client, node: str) -> None:
    """0 is not "0"; nothing is turned into a string."""
    [error] = assert_problem(post(client, f'{{"nodes":["a",{node}]}}'), 422, "invalid-request")["errors"]
    assert error["field"] == "nodes.1"


@pytest.mark.parametrize("body", ["null", "[]", '"a"', "1", "true"])
def test_a_body_is_an_object(client: Client, body: str) -> None:
    """JSON of another kind is refused as a whole."""
    [error] = assert_problem(post(client, body), 422, "invalid-request")["errors"]
    assert error["field"] == "body"


@pytest.mark.parametrize("body", ['{"nodes":[' + "1," * 2**20 + "1]}", '{"pairs":[' + "1," * 2**20 + "1]}"])
def test_a_million_wrong_items_get_a_short_answer(client: Client, body: str) -> None:
    """The first of them is named, so that an answer is never larger than the request."""
    route = "embeddings" if "nodes" in body else "scores"
    response = client.post(f"{URL}/{route}", content=body, headers=JSON)
    [error] = assert_problem(response, 422, "invalid-request")["errors"]
    assert error["field"].endswith(".0")
    assert len(response.content) < 1000


def test_a_hundred_thousand_unknown_fields_get_a_short_answer(client: Client) -> None:
    """They are counted, not listed."""
    body = '{"nodes":[],' + ",".join(f'"{i}":1' for i in range(100_000)) + "}"
    response = post(client, body)
    assert "100,000" in assert_problem(response, 422, "invalid-request")["detail"]
    assert len(response.content) < 1000


@pytest.mark.parametrize("media", ["application/json; charset=latin-1", "application/json;version=2", "text/json"])
def test_json_of_another_kind_is_not_read(client: Client, media: str) -> None:
    """Bytes that are not UTF-8 by their own header are not taken for it."""
    assert_problem(post(client, '{"nodes": []}', content_type=media), 415, "unsupported-media-type")


def test_thousands_of_wrong_parameters_get_a_short_answer(client: Client) -> None:
    """As many as an address holds, unknown or with a wrong value, are refused with the first of them, cut short."""
    for query in ("include=x&" * 6_000, "&".join(f"x{at}=1" for at in range(6_000)), "x" * 60_000 + "=1"):
        response = client.get(f"/v1/models/small/score?source=a&target=b&{query}")
        assert_problem(response, 422, "invalid-request")
        assert len(response.content) < 50_000


def test_a_parameter_that_comes_twice_is_refused(client: Client) -> None:
    """Neither value is preferred in silence."""
    response = client.get(f"{URL}/embedding?node=a&node=0")
    assert_problem(response, 422, "invalid-request")
    assert response.json()["errors"] == [{"field": "node", "expected": "one value", "found": "several"}]


def test_an_unknown_id_is_not_echoed_whole(client: Client) -> None:
    """A long id that nobody knows comes back cut."""
    [unknown] = post(client, '{"nodes": ["' + "x" * 10_000 + '"]}').json()["unknown"]
    assert unknown["node"] == "x" * 256


def test_a_plain_query_gives_any_id(client: Client, small: Small) -> None:
    """However its characters are escaped, an id reaches the score as it is; also the one that stands for what is no UTF-8."""
    for node in small.ids:
        answer = client.get("/v1/models/small/score", params={"target": node, "source": "a"}).json()
        assert (answer["source"], answer["target"]) == ("a", node)
    assert client.get("/v1/models/small/score?source=a&target=%EF%BF%BD").status_code == 404
