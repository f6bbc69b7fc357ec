"""Reading requests strictly."""

import logging

import pytest
from starlette.types import Message

from tests.app.asgi import exchange
from tests.app.http.conftest import Status
from tests.support import Client, Response, assert_problem, wrong_fields

URL = "/v1/models/small"
JSON = {"content-type": "application/json"}


def post(client: Client, body: str | bytes, **headers: str) -> Response:
    """Send a body to a route that takes one."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Response = client.post(f"{URL}/embeddings", content=body, headers=JSON | named)
    return response


def test_a_body_without_length_is_not_read_past_the_limit(status: Status) -> None:
    """The answer comes with the chunk that goes too far; no more is requested."""
    assert status([b"x" * 600, b"x" * 600], ends=False) == 413


@pytest.mark.parametrize("length", ["1001", "9" * 18, "9" * 30, "9" * 5000])
def test_a_length_over_the_limit_is_refused_unread(status: Status, length: str) -> None:
    """A Content-Length of any size is answered before the first byte is read."""
    assert status([], ends=False, content_length=length) == 413


@pytest.mark.parametrize("length", ["", "abc", "-5", "1e9", "\xb2", "0x10"])
def test_a_length_that_is_no_number_is_not_believed(status: Status, length: str) -> None:
    """The bytes that come are what counts."""
    assert status([b'{"nodes":["a"]}'], content_length=length) == 200


def test_a_client_that_leaves_is_not_a_bug(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that ends in the middle of a body is noted without a trace, and nothing is answered."""
    begun: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    with caplog.at_level(logging.INFO, "latentlink"):
        assert exchange(client.app, "POST", f"{URL}/scores", begun) == []
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
    assert wrong_fields(post(client, f'{{"nodes":["a",{node}]}}')) == ["nodes.1"]


@pytest.mark.parametrize("body", ["null", "[]", '"a"', "1", "true"])
def test_a_body_is_an_object(client: Client, body: str) -> None:
    """JSON of another kind is refused as a whole."""
    assert wrong_fields(post(client, body)) == ["body"]


@pytest.mark.parametrize(("route", "field"), [("embeddings", "nodes"), ("scores", "pairs")])
@pytest.mark.parametrize(("count", "named"), [(100_000, True), (2**21, False)])
def test_many_wrong_items_get_a_short_answer(client: Client, route: str, field: str, count: int, named: bool) -> None:
    """The first of them is named, so that an answer is never larger than the request; two million are refused by their number."""
    body = f'{{"{field}":[' + "1," * count + "1]}"
    response = client.post(f"{URL}/{route}", content=body, headers=JSON)
    assert wrong_fields(response) == [f"{field}.0" if named else "body"]
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


@pytest.mark.parametrize(
    "query", ["include=x&" * 6_000, "&".join(f"x{at}=1" for at in range(6_000)), "x" * 60_000 + "=1"]
)
@pytest.mark.parametrize("route", ["score?source=a&target=b", "neighbors?node=a", "embedding?node=a"])
def test_as_wrong_a_query_as_an_address_holds_gets_a_short_answer(client: Client, route: str, query: str) -> None:
    """Thousands of parameters are refused by their number, and a long name is cut."""
    response = client.get(f"{URL}/{route}&{query}")
    assert_problem(response, 422, "invalid-request")
    assert len(response.content) < 1_000


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 422)])
def test_a_query_has_at_most_a_hundred_parameters(client: Client, count: int, status: int) -> None:
    """A hundred are read, and one more is not."""
    query = "&".join(["source=a", "target=b", *["include=support"] * (count - 2)])
    assert client.get(f"{URL}/score?{query}").status_code == status


def test_a_parameter_that_comes_twice_is_refused(client: Client) -> None:
    """Neither value is preferred in silence."""
    assert wrong_fields(client.get(f"{URL}/embedding?node=a&node=0")) == ["node"]


def test_an_unknown_id_is_not_echoed_whole(client: Client) -> None:
    """A long id that nobody knows comes back cut."""
    [unknown] = post(client, '{"nodes": ["' + "x" * 10_000 + '"]}').json()["unknown"]
    assert unknown["node"] == "x" * 256
