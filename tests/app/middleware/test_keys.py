"""API keys over HTTP."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from tests.contracts.operations import OPERATIONS
from tests.support import Client, assert_problem, serving

KEYS = {"api_keys": "user-key\nalice other-key", "admin_keys": "admin-key"}


@pytest.fixture(scope="module")
def closed(checkpoints: Path) -> Iterator[Client]:
    """A client without a key, of a service that requires one."""
    with serving(checkpoints, **KEYS) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/models", "/v1/models/default", "/openapi.json", "/docs/", "/x"),
        *("//v1/models", "/healthz/../v1/models", "/V1/models", "/healthz/", "/static"),
    ],
)
def test_a_request_without_a_key_is_refused(closed: Client, path: str) -> None:
    """401 that names the required scheme, also for paths that don't exist; what is not open to the letter is closed."""
    response = closed.get(path)
    assert_problem(response, 401, "authentication-required")
    assert response.headers["www-authenticate"] == 'Bearer realm="latentlink"'


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/", "/docs", "/static/main.js", "/docs/assets/swagger-ui.css"]
)
def test_probes_and_pages_need_no_key(closed: Client, path: str) -> None:
    """An orchestrator has none; the explorer and the documentation load without one, and request it."""
    assert closed.get(path).status_code == 200


@pytest.mark.parametrize("key", ["user-key", "other-key", "admin-key"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_every_key_opens(closed: Client, scheme: str, key: str) -> None:
    """Each of several, and an admin key as well; the scheme's case does not matter."""
    assert closed.get("/v1/models", headers={"Authorization": f"{scheme} {key}"}).status_code == 200


@pytest.mark.parametrize(
    "value", ["Bearer user-ke", "Bearer user-key2", "Bearer USER-KEY", "Bearer é", "Bearer user-key other-key"]
)
def test_a_wrong_key_is_refused(closed: Client, value: str) -> None:
    """401 with the reason in the challenge; the answer does not contain the key."""
    response = closed.get("/v1/models", headers=[(b"authorization", value.encode())])
    problem = assert_problem(response, 401, "authentication-required")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert value.partition(" ")[2] not in problem["detail"]


@pytest.mark.parametrize(
    "values",
    [
        *([value] for value in ("", "Bearer", "Bearer ", "Basic dXNlci1rZXk=", "user-key", "Beareruser-key")),
        ["Bearer user-key", "Bearer admin-key"],
    ],
)
def test_another_scheme_is_no_key_and_two_keys_are_none(closed: Client, values: list[str]) -> None:
    """401 as without any header; the service does not choose between two."""
    response = closed.get("/v1/models", headers=[("authorization", value) for value in values])
    assert_problem(response, 401, "authentication-required")
    assert "error=" not in response.headers["www-authenticate"]


def test_a_prefix_of_a_proxy_changes_nothing(checkpoints: Path) -> None:
    """Below `root_path` the same paths are open and closed."""
    app = create_app(Settings(checkpoints=checkpoints, **KEYS))  # type: ignore[arg-type]
    client = Client(app, root_path="/api")
    assert client.get("/api/healthz").status_code == 200
    assert client.get("/api/v1/models").status_code == 401


def test_the_document_shows_which_operations_require_a_key() -> None:
    """With keys the scheme is declared and named by what is closed; without, nothing of it is there."""
    with_keys, open_to_all = (create_app(Settings(**keys)).openapi() for keys in (KEYS, {}))  # type: ignore[arg-type]
    assert with_keys["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}
    assert "securitySchemes" not in open_to_all["components"]
    for operation in OPERATIONS:
        entry, opened = (d["paths"][operation.path][operation.method.lower()] for d in (with_keys, open_to_all))
        closed = operation.path.startswith(("/v1/", "/metrics"))
        scope = "metrics" if operation.id == "metrics" else "read"
        assert (entry.get("security"), opened.get("security")) == ([{"key": [scope]}] if closed else None, None)
        assert {"401", "403", "429"} & entry["responses"].keys() == ({"401", "403", "429"} if closed else set())
        assert not {"401", "403", "429"} & opened["responses"].keys()


def test_the_log_names_the_key_and_does_not_contain_it(closed: Client, caplog: pytest.LogCaptureFixture) -> None:
    """The name that the operator gave, or its line; of a wrong key nothing."""
    with caplog.at_level(logging.DEBUG):
        for key in ("user-key", "other-key", "admin-key"):
            closed.get("/v1/models", headers={"Authorization": f"Bearer {key}"})
        closed.get("/v1/models", headers={"Authorization": "Bearer wrong-key"})
    lines = [record for record in caplog.records if record.name == "latentlink.access"]
    assert [vars(line)["fields"]["key"] for line in lines] == ["api-1", "alice", "admin-1", None]
    assert not any(key in caplog.text for key in ("user-key", "other-key", "admin-key"))
    assert "wrong-key" not in caplog.text
