"""Request ids and X-Model."""

import re

import pytest

from tests.support import Client, assert_problem


@pytest.mark.parametrize("given", ["a", "a.b-c_9", "0" * 128])
def test_a_sound_request_id_is_kept(client: Client, given: str) -> None:
    """What a caller sent comes back in the header and in a problem."""
    response = client.get("/nope", headers={"X-Request-ID": given})
    assert response.headers["x-request-id"] == assert_problem(response, 404, "not-found")["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "a/b", "é", "x" * 129, "a\tb", '"', "a\u00a0", "\u00aa"])
def test_any_other_request_id_is_replaced(client: Client, given: str) -> None:
    """What could harm a log or a header is not repeated."""
    response = client.get("/healthz", headers=[(b"x-request-id", given.encode("latin-1"))])
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])


def test_requests_get_different_ids(client: Client) -> None:
    """Fifty requests, fifty ids."""
    assert len({client.get("/healthz").headers["x-request-id"] for _ in range(50)}) == 50


def test_the_model_is_named_once_it_is_resolved(client: Client) -> None:
    """Answers and problems under a model carry it; others do not."""
    [model] = client.get("/v1/models").json()["models"]
    named = f"small@{model['current']}"
    assert client.get("/v1/models/default/embedding?node=a").headers["x-model"] == named
    assert client.get("/v1/models/default/embedding?node=nope").headers["x-model"] == named
    for path in ("/healthz", "/v1/models", "/v1/models/nope"):
        assert "x-model" not in client.get(path).headers
