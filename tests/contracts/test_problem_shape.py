"""Every route answers every wrong request with a problem of one shape."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.operations import LIMITS, OPERATIONS, WITH_BODY, WITH_MODEL, Operation, each
from tests.support import Client, Response, assert_problem, case, wrong_fields

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"}


def send(client: Client, operation: Operation, content: bytes | Iterator[bytes], **headers: str) -> Response:
    """Send bytes as the body of an operation."""
    given = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return operation.ask(client, content=content, headers=given)


@pytest.mark.parametrize(**each(OPERATIONS))
def test_the_documented_example_is_right(limited: Client, operation: Operation) -> None:
    """Each operation answers 200 as documented, or else nothing below would say anything."""
    assert operation.ask(limited).status_code == 200


@pytest.mark.parametrize(**each(OPERATIONS))
def test_an_unknown_query_parameter_is_refused(limited: Client, operation: Operation) -> None:
    """A parameter that the route does not know is named."""
    assert wrong_fields(operation.ask(limited, params={"nodee": "a"})) == ["nodee"]


@pytest.mark.parametrize(**each(OPERATIONS))
def test_a_missing_query_parameter_is_named(limited: Client, operation: Operation) -> None:
    """Without any query, exactly the required parameters are missing."""
    required = list(operation.query())
    response = limited.request(operation.method, operation.url(), json=operation.example if operation.body else None)
    assert response.status_code == (422 if required else 200)
    assert not required or wrong_fields(response) == required


@pytest.mark.parametrize(**each(OPERATIONS))
def test_a_query_that_is_not_utf_8_is_malformed(limited: Client, operation: Operation) -> None:
    """Half a character in the query is 400, wherever it stands."""
    for query in ("%FF", "x=%ED%A0%80", "%C3", "a=1&b=%80"):
        url = f"{operation.url()}?{query}"
        with case(query):
            response = limited.request(operation.method, url, json=operation.example if operation.body else None)
            assert_problem(response, 400, "malformed-query")


@pytest.mark.parametrize(**each(OPERATIONS))
def test_another_method_is_refused_with_those_allowed(limited: Client, operation: Operation) -> None:
    """405 and Allow with exactly the methods that the path is documented to take, and HEAD beside GET."""
    allowed = {other.method for other in OPERATIONS if other.path == operation.path}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    for method in METHODS - allowed:
        response = limited.request(method, operation.url())
        assert set(response.headers["allow"].split(", ")) == allowed
        if method == "HEAD":
            assert (response.status_code, response.content) == (405, b"")
        else:
            assert_problem(response, 405, "method-not-allowed")


@pytest.mark.parametrize(**each(WITH_MODEL))
def test_an_unknown_model_is_not_found(limited: Client, operation: Operation) -> None:
    """404 on every path under a model, before anything else of the request is looked at."""
    for model in ("nope", "small@20000101T000000000000Z", "%20", "@"):
        with case(model):
            assert_problem(operation.ask(limited, model=model), 404, "unknown-model")


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_body_that_is_not_json_is_malformed(limited: Client, operation: Operation) -> None:
    """Broken, nested without end, or half a character: 400."""
    broken = (b"", b"{", b"nodes=a", b"\xff\xfe", b'{"a":"\\ud800"}', b'"\x01"', b'{"k":NaN}', b"[-Infinity]")
    for content in (*broken, b"[" * 1999, b'{"a":' * 300):
        with case(content):
            assert_problem(send(limited, operation, content), 400, "malformed-body")


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_body_of_another_type_is_refused(limited: Client, operation: Operation) -> None:
    """415 by the header, whatever the bytes are."""
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""):
        with case(media):
            response = send(limited, operation, json.dumps(operation.example).encode(), content_type=media)
            assert_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_missing_field_is_named(limited: Client, operation: Operation) -> None:
    """Each required field, left out, is the one that the answer names."""
    for required in (operation.body or {}).get("required", []):
        left = {name: value for name, value in operation.example.items() if name != required}
        assert wrong_fields(operation.ask(limited, json=left)) == [required]


@pytest.mark.parametrize(**each(WITH_BODY))
def test_an_unknown_field_is_refused(limited: Client, operation: Operation) -> None:
    """A field that the body does not have is an error, not ignored."""
    for name in ("nodee", "", "__proto__", "a.b", "\n", "😀"):
        with case(name):
            assert wrong_fields(operation.ask(limited, json={**operation.example, name: 1})) == [name or "body"]


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_field_given_twice_is_refused(limited: Client, operation: Operation) -> None:
    """As in a query: the last one does not win in silence, whatever it holds and however the key is escaped."""
    written = json.dumps(operation.example)[1:-1]
    for name, value in operation.example.items():
        for key in (json.dumps(name), f'"\\u{ord(name[0]):04x}{name[1:]}"'):
            content = f"{{{written}, {key}: {json.dumps(value)}}}".encode()
            with case(content):
                assert wrong_fields(send(limited, operation, content)) == [name]


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_byte_order_mark_is_ignored(limited: Client, operation: Operation) -> None:
    """The body is read as without it (RFC 8259, section 8.1)."""
    assert send(limited, operation, b"\xef\xbb\xbf" + json.dumps(operation.example).encode()).status_code == 200


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_field_of_another_type_is_named(limited: Client, operation: Operation) -> None:
    """Whatever stands in a field, the answer is 422 and names it, or it is right; or 409, where the model has no types."""
    values: tuple[Any, ...] = (7, "x", {"a": [1]}, [[[[]]]], 1e300, True)
    for name, value in itertools.product((operation.body or {})["properties"], values):
        with case((name, value)):
            response = operation.ask(limited, json={**operation.example, name: value})
            if response.status_code == 409:
                detail = assert_problem(response, 409, "unsupported-by-model")["detail"]
                assert detail.startswith(f"{name}: expected a model")
            elif response.status_code != 200:
                assert {field.split(".")[0] for field in wrong_fields(response)} == {name}


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_large_body_is_refused_by_its_length(limited: Client, operation: Operation) -> None:
    """One byte more than the limit is 413."""
    assert_problem(send(limited, operation, b" " * (LIMITS["max_body_bytes"] + 1)), 413, "too-large")


@pytest.mark.parametrize(**each(WITH_BODY))
def test_a_large_body_is_refused_without_a_length(limited: Client, operation: Operation) -> None:
    """So it is when it comes in chunks that nobody counted before."""
    response = send(limited, operation, iter([b" " * 1001] * 2))
    assert "content-length" not in response.request.headers
    assert_problem(response, 413, "too-large")


@pytest.mark.parametrize(**each(WITH_BODY))
def test_too_many_items_are_refused(limited: Client, operation: Operation) -> None:
    """Each list answers at its documented limit and is refused one past it, by name."""
    for name, schema in (operation.body or {})["properties"].items():
        if limit := schema.get("maxItems"):
            example = operation.example_with(name)
            item = example.get(name, ["a"])[0]
            full = {**example, "k": 1} if "k" in example else example
            assert operation.ask(limited, json={**full, name: [item] * limit}).status_code == 200
            assert wrong_fields(operation.ask(limited, json={**full, name: [item] * (limit + 1)})) == [name]


@pytest.mark.parametrize(
    **each([operation for operation in OPERATIONS if operation.id not in ("health", "explain_problem")])
)
def test_a_bug_is_a_problem_without_a_trace(
    limited: Client, operation: Operation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """500 without a word of the reason, which is in the log under the request id; liveness and fixed texts can't fail."""

    class Broken:
        def __getattr__(self, name: str) -> None:
            raise RuntimeError("the secret reason")

    query, body = operation.query(limited), operation.body and operation.example
    monkeypatch.setitem(limited.app.state._state, "service", Broken())  # type: ignore[attr-defined]
    response = limited.request(operation.method, operation.url(), params=query, json=body)
    problem = assert_problem(response, 500, "internal")
    assert "secret" not in response.text
    [record] = [record for record in caplog.records if record.name.startswith("latentlink")]
    assert problem["request_id"] in record.getMessage()
    assert "the secret reason" in caplog.text
