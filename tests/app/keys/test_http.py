"""What named keys open over HTTP, how often, and what the logs have of it."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from latentlink.app.http.scopes import ScopedRoute
from latentlink.app.keys.file import entry_of
from latentlink.app.main import create_app
from latentlink.app.services.jobs.supervisor import Supervisor
from latentlink.app.settings import Settings
from tests.contracts.operations import Operation
from tests.support import Client, Response, Small, assert_problem, eventually, serving

FIELDS: dict[str, dict[str, Any]] = {
    "reader": {"scopes": ["read"]},
    "writer": {"scopes": ["read", "write"]},
    "prometheus": {"scopes": ["metrics"]},
    "admin": {"scopes": ["admin"]},
    "of-small": {"scopes": ["read", "write", "admin"], "models": ["sm*l", "other"]},
    "slow": {"scopes": ["read"], "rate": 0.001, "burst": 3},
    "expired": {"scopes": ["read"], "expires": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)},
}


def entries(**changes: Any) -> str:
    """The file of keys; each is opened by its name with `-key` behind it."""
    return "\n".join(entry_of(name, f"{name}-key", fields) for name, fields in {**FIELDS, **changes}.items())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of keys."""
    path = tmp_path_factory.mktemp("keys") / "keys.toml"
    path.write_text(entries(), "utf-8")
    return path


@pytest.fixture(scope="module")
def closed(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client without a key, of a service of two models and of jobs that nobody runs."""
    store = tmp_path_factory.mktemp("store")
    Small.random().publish(store)
    Small.random(seed=1).publish(store, "large")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Supervisor, "look", lambda _: None)
        jobs, default = file.parent / "jobs", "small"
        with serving(store, keys_file=file, jobs=jobs, default_model=default, poll_seconds=0.02) as client:
            yield client


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The description of a service with keys."""
    return create_app(Settings.model_validate({"api_keys": "a"})).openapi()


def ask(client: Client, key: str, method: str, path: str, **options: Any) -> Response:
    """Ask with a key, by its name."""
    response: Response = client.request(method, path, headers={"Authorization": f"Bearer {key}-key"}, **options)
    return response


@pytest.mark.parametrize(
    ("key", "allowed"),
    [("reader", {"read"}), ("writer", {"read", "write"}), ("prometheus", {"metrics"}), ("admin", {"admin"})],
)
def test_each_operation_needs_its_scope(closed: Client, document: dict[str, Any], key: str, allowed: set[str]) -> None:
    """403 from every other key, before anything else of the request is looked at, as the document says."""
    for operation in Operation.all():
        entry = document["paths"][operation.path][operation.method.lower()]
        [needed] = [scope for security in entry.get("security", [{}]) for scope in security.get("key", ["nothing"])]
        response = ask(closed, key, operation.method, operation.url("small"))
        if needed in allowed or needed == "nothing":
            assert response.status_code not in (401, 403)
        else:
            problem = assert_problem(response, 403, "forbidden")
            assert f"expected a key with the scope {needed}, found key {key!r} with" in problem["detail"]


def test_scopes_are_those_that_the_routes_are_for() -> None:
    """What changes something, and the numbers of all; the rest reads."""
    routes = [route for route in create_app(Settings()).routes if isinstance(route, ScopedRoute)]
    scopes = {str(route.operation_id): route.needed_scope for route in routes if route.needed_scope != "read"}
    assert scopes == {"activate": "admin", "search_links": "write", "delete_job": "write", "metrics": "metrics"}


def test_a_key_is_for_models_of_its_patterns(closed: Client) -> None:
    """Others are 403, there or not; the list has only its own, and `default` where that is one of them."""
    assert ask(closed, "of-small", "GET", "/v1/models/small").status_code == 200
    assert ask(closed, "of-small", "GET", "/v1/models/default").status_code == 200
    for model in ("large", "large@20200101T000000000000Z", "nope", "small2"):
        for method, path in (("GET", ""), ("GET", "/score?source=a&target=b"), ("POST", "/links:search")):
            response = ask(closed, "of-small", method, f"/v1/models/{model}{path}")
            detail = assert_problem(response, 403, "forbidden")["detail"]
            assert detail.startswith("model: expected one that key 'of-small' is for (sm*l, other), found '")
    assert_problem(ask(closed, "of-small", "GET", "/v1/models/other"), 404, "unknown-model")
    body = {"version": "20200101T000000000000Z"}
    assert_problem(ask(closed, "of-small", "POST", "/v1/models/large:activate", json=body), 403, "forbidden")
    assert_problem(ask(closed, "of-small", "POST", "/v1/models/small:activate", json=body), 404, "unknown-model")
    listed = {key: ask(closed, key, "GET", "/v1/models").json() for key in ("of-small", "reader")}
    assert [model["name"] for model in listed["of-small"]["models"]] == ["small"]
    assert [model["name"] for model in listed["reader"]["models"]] == ["large", "small"]
    assert listed["of-small"]["default"] == "small"


def test_a_condition_opens_nothing(closed: Client) -> None:
    """A tag that is known is no way around the scope or the models."""
    tag = ask(closed, "reader", "GET", "/v1/models/large").headers["etag"]
    for key in ("of-small", "admin"):
        headers = {"Authorization": f"Bearer {key}-key", "If-None-Match": tag}
        assert_problem(closed.get("/v1/models/large", headers=headers), 403, "forbidden")


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(closed: Client) -> None:
    """Three at once and then none, whatever the answers are; the headers count down."""
    answers = [ask(closed, "slow", "GET", f"/v1/models/{model}") for model in ("small", "nope", "small", "small")]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"key";q=3;w=3000'}
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        f'"key";r={left}' for left in (2, 1, 0, 0)
    ]
    problem = assert_problem(answers[-1], 429, "rate-limited")
    assert 990 < problem["retry_after"] <= 1000
    assert answers[-1].headers["retry-after"] == str(problem["retry_after"])
    numbers = ask(closed, "prometheus", "GET", "/metrics").text
    assert 'latentlink_requests_rate_limited_total{key="slow"} 1.0' in numbers
    assert "ratelimit" not in ask(closed, "reader", "GET", "/v1/models").headers


def test_an_expired_key_is_refused_with_its_end(closed: Client) -> None:
    """401, since a new key helps."""
    response = ask(closed, "expired", "GET", "/v1/models")
    assert (
        "found key 'expired', which expired at 2026-01-02 03:04 UTC"
        in assert_problem(response, 401, "authentication-required")["detail"]
    )
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_the_audit_log_has_each_change_and_who_asked(closed: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Jobs that start and end, an activation, and what was refused; no request that only reads."""
    [model] = [one for one in ask(closed, "reader", "GET", "/v1/models").json()["models"] if one["name"] == "small"]
    version = model["current"]
    with caplog.at_level(logging.INFO, "latentlink.audit"):
        job = ask(closed, "writer", "POST", "/v1/models/default/links:search", json={"limit": 3}).json()["id"]
        ask(closed, "writer", "GET", f"/v1/jobs/{job}")
        ask(closed, "writer", "DELETE", f"/v1/jobs/{job}")
        ask(closed, "admin", "POST", "/v1/models/default:activate", json={"version": version})
        ask(closed, "reader", "POST", "/v1/models/small:activate", json={"version": version})
        ask(closed, "admin", "POST", "/v1/models/small:activate", json={"version": "20200101T000000000000Z"})
    found = [dict(vars(record)["fields"]) for record in caplog.records if record.name == "latentlink.audit"]
    assert all(fields.pop("request_id") and fields.pop("client") == "testclient" for fields in found)
    assert found == [
        {
            **{"action": "search_links", "key": "writer", "result": "done", "status": 202},
            **{"model": f"small@{version}", "job": job},
        },
        {"action": "delete_job", "key": "writer", "result": "done", "status": 204, "job": job},
        {
            **{"action": "activate", "key": "admin", "result": "done", "status": 202},
            **{"model": "default", "version": version},
        },
        {"action": "activate", "key": "reader", "result": "refused", "status": 403, "model": "small"},
        {
            **{"action": "activate", "key": "admin", "result": "refused", "status": 404},
            **{"model": "small", "version": "20200101T000000000000Z"},
        },
    ]


def test_a_job_of_a_model_that_the_key_lost_is_closed(closed: Client, file: Path) -> None:
    """The job is still the key's, and its result is the model's."""
    job = ask(closed, "writer", "POST", "/v1/models/large/links:search", json={"limit": 3}).json()["id"]
    try:
        file.write_text(entries(writer={"scopes": ["read", "write"], "models": ["small"]}), "utf-8")
        eventually(lambda: ask(closed, "writer", "GET", f"/v1/jobs/{job}").status_code == 403)
        assert_problem(ask(closed, "writer", "GET", f"/v1/jobs/{job}/result"), 403, "forbidden")
        assert ask(closed, "writer", "DELETE", f"/v1/jobs/{job}").status_code == 204
    finally:
        file.write_text(entries(), "utf-8")
        eventually(lambda: ask(closed, "writer", "GET", "/v1/models/large").status_code == 200)


def test_keys_change_without_a_restart(closed: Client, file: Path) -> None:
    """A broken file keeps the earlier keys, which /readyz and a metric show; a whole one is taken over."""
    try:
        file.write_text("[reader", "utf-8")
        eventually(lambda: closed.get("/readyz").json()["degraded"].keys() == {"LATENTLINK_KEYS_FILE"})
        assert ask(closed, "reader", "GET", "/v1/models").status_code == 200
        assert ask(closed, "reader", "GET", "/v1/models").json()["degraded"] == {}
        assert "latentlink_keys_file_broken 1.0" in ask(closed, "prometheus", "GET", "/metrics").text
        file.write_text(entries(newcomer={"scopes": ["read"]}), "utf-8")
        eventually(lambda: ask(closed, "newcomer", "GET", "/v1/models").status_code == 200)
        assert closed.get("/readyz").json()["degraded"] == {}
        assert "latentlink_keys_file_broken 0.0" in ask(closed, "prometheus", "GET", "/metrics").text
    finally:
        file.write_text(entries(), "utf-8")
        eventually(lambda: ask(closed, "newcomer", "GET", "/v1/models").status_code == 401)


def test_keys_of_the_settings_stand_beside_the_file(checkpoints: Path, file: Path) -> None:
    """So that callers move from one to the other one by one."""
    with serving(checkpoints, keys_file=file, admin_keys="old-key") as client:
        for key in ("old", "reader"):
            assert ask(client, key, "GET", "/v1/models").status_code == 200
