"""CORS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Client, assert_problem, serving

HOME = "https://home.org"


@pytest.fixture(scope="module")
def shared(checkpoints: Path) -> Iterator[Client]:
    """A service with keys that allows the pages of two sites."""
    with serving(checkpoints, cors_origins=(HOME, "http://localhost:3000"), api_keys="user-key") as client:
        yield client


def preflight(client: Client, origin: str, path: str = "/v1/models/default/scores") -> dict[str, str]:
    """The status and the headers of the answer to a preflight of a POST."""
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    response = client.options(path, headers=preflight)
    return {"status": str(response.status_code), **response.headers}


def test_a_page_of_an_allowed_site_gets_the_headers(shared: Client) -> None:
    """The preflight needs no key, names the origin, allows the methods and headers of the API, and is cached for ten minutes."""
    answer = preflight(shared, HOME)
    assert (answer["status"], answer["access-control-allow-origin"]) == ("200", HOME)
    assert answer["access-control-allow-methods"] == "GET, HEAD, POST, DELETE"
    allowed = set(answer["access-control-allow-headers"].split(", "))
    assert allowed >= {"Accept", "Authorization", "Content-Encoding", "Content-Type", "If-None-Match", "X-Request-ID"}
    assert answer["access-control-max-age"] == "600"
    assert "Origin" in answer["vary"].split(", ")
    assert "access-control-allow-credentials" not in answer
    assert answer["x-request-id"]


def test_its_answers_may_be_read(shared: Client) -> None:
    """Also problems, with the headers that programs read."""
    for headers, status in (({}, 401), ({"Authorization": "Bearer user-key"}, 200)):
        response = shared.get("/v1/models", headers={"Origin": HOME, **headers})
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == HOME
        exposed = set(response.headers["access-control-expose-headers"].split(", "))
        limits = {"RateLimit", "RateLimit-Policy", "Retry-After"}
        assert exposed == {"ETag", "Location", "WWW-Authenticate", "X-Model", "X-Request-ID"} | limits
        assert "access-control-allow-credentials" not in response.headers


def test_a_bug_may_be_read_too(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page sees that the service failed, and the request id, instead of a network error."""

    def fails(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("latentlink.app.services.stores.store.ModelStore.opened", fails)
    with serving(checkpoints, cors_origins=(HOME,)) as client:
        response = client.get("/v1/models", headers={"Origin": HOME})
    assert_problem(response, 500, "internal")
    assert response.headers["access-control-allow-origin"] == HOME


@pytest.mark.parametrize("origin", ["https://home.org.evil", "http://home.org", "null", "", "https://home.org:8443"])
def test_a_page_of_another_site_may_not(shared: Client, origin: str) -> None:
    """No header allows it, so the browser keeps the answer to itself."""
    assert "access-control-allow-origin" not in shared.get("/healthz", headers={"Origin": origin}).headers
    refused = preflight(shared, origin)
    assert refused["status"] == "400"
    assert "access-control-allow-origin" not in refused
    assert refused["x-request-id"]


@pytest.mark.parametrize("headers", [{}, {"Origin": HOME}, {"Origin": "https://other.org"}])
def test_caches_learn_that_the_origin_matters(shared: Client, headers: dict[str, str]) -> None:
    """Also from an answer without one: kept without `Vary: Origin`, it would be given to a page and lack the headers."""
    assert shared.get("/healthz", headers=headers).headers["vary"] == "Accept-Encoding, Origin"


def test_any_site_is_allowed_by_a_star(checkpoints: Path) -> None:
    """`*` is answered with `*`."""
    with serving(checkpoints, cors_origins=("*",)) as client:
        assert preflight(client, "https://any.org")["access-control-allow-origin"] == "*"
        answer = client.get("/healthz", headers={"Origin": "https://any.org"})
        assert answer.headers["access-control-allow-origin"] == "*"


def test_without_the_setting_there_is_no_cors(client: Client) -> None:
    """A preflight is a method that the path does not take."""
    headers = {"Origin": HOME, "Access-Control-Request-Method": "POST"}
    response = client.options("/v1/models", headers=headers)
    assert_problem(response, 405, "method-not-allowed")
    assert not [name for name in response.headers if name.startswith("access-control")]
