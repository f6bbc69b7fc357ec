"""Activating a version over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.checkpoint.store import current_version
from tests.support import Client, Response, Small, assert_problem, eventually, serving, wrong_fields

URL = "/v1/models/small:activate"
KEYS = {"api_keys": "user-key", "admin_keys": "admin-key"}
ADMIN, USER = ({"Authorization": f"Bearer {key}"} for key in ("admin-key", "user-key"))


@pytest.fixture
def versions(small: Small, tmp_path: Path) -> tuple[str, str]:
    """Two published versions, the later one current."""
    return small.publish(tmp_path), small.renewed().publish(tmp_path)


@pytest.fixture
def admin(versions: tuple[str, str], tmp_path: Path) -> Iterator[Client]:  # noqa: ARG001  # published before the start
    """A service over them that looks often, used with an admin key."""
    with serving(tmp_path, poll_seconds=0.01, **KEYS) as client:
        client.headers.update(ADMIN)
        yield client


def activate(client: Client, version: str, model: str = "small", **options: Any) -> Response:
    """Ask for a version."""
    response: Response = client.post(f"/v1/models/{model}:activate", json={"version": version}, **options)
    return response


@pytest.mark.parametrize("model", ["small", "default"])
def test_a_version_is_activated(admin: Client, versions: tuple[str, str], tmp_path: Path, model: str) -> None:
    """202, CURRENT names it at once, and the service follows without a restart."""
    response = activate(admin, versions[0], model)
    assert (response.status_code, response.json()) == (202, {"model": "small", "version": versions[0]})
    assert current_version(tmp_path / "small") == versions[0]
    eventually(lambda: admin.get("/v1/models/small").json()["version"] == versions[0])


def test_an_api_key_is_not_enough(admin: Client, versions: tuple[str, str], tmp_path: Path) -> None:
    """403, and nothing has moved."""
    assert_problem(activate(admin, versions[0], headers=USER), 403, "forbidden")
    assert current_version(tmp_path / "small") == versions[1]


def test_without_admin_keys_nobody_may(versions: tuple[str, str], tmp_path: Path) -> None:
    """An open service, and one with API keys alone, answer every request with 403."""
    for keys in ({}, {"api_keys": "user-key"}):
        with serving(tmp_path, **keys) as client:
            assert_problem(activate(client, versions[0], headers=USER), 403, "forbidden")
            assert_problem(client.post("/v1/models/nope:activate", headers=USER), 403, "forbidden")


@pytest.mark.parametrize("version", ["20200101T000000000000Z", "", "..", "../small", "CURRENT", "\x00"])
def test_an_unknown_version_is_not_found(admin: Client, version: str, versions: tuple[str, str]) -> None:
    """404 that names the versions there are, the newest first, whatever stands in its place."""
    detail = assert_problem(activate(admin, version), 404, "unknown-model")["detail"]
    assert f"version of small: expected one of {versions[1]}, {versions[0]}, found" in detail


@pytest.mark.parametrize("model", ["nope", "SMALL", "small@1", "..", "%20"])
def test_an_unknown_model_is_not_found(admin: Client, versions: tuple[str, str], model: str, tmp_path: Path) -> None:
    """404, and no directory is made for it."""
    before = sorted(tmp_path.iterdir())
    assert_problem(activate(admin, versions[0], model), 404, "unknown-model")
    assert sorted(tmp_path.iterdir()) == before


def test_a_damaged_version_is_refused(admin: Client, versions: tuple[str, str], tmp_path: Path) -> None:
    """409 that names the file; CURRENT stays."""
    (tmp_path / "small" / versions[0] / "nodes.safetensors").write_bytes(b"")
    assert "nodes.safetensors" in assert_problem(activate(admin, versions[0]), 409, "conflict")["detail"]
    assert current_version(tmp_path / "small") == versions[1]


def test_a_store_that_can_not_be_written_to_is_a_conflict(
    admin: Client, versions: tuple[str, str], tmp_path: Path
) -> None:
    """409 `read-only-store`; a directory in place of the lock stands for a read-only volume, also for root."""
    (tmp_path / "small/.lock").unlink()
    (tmp_path / "small/.lock").mkdir()
    assert_problem(activate(admin, versions[0]), 409, "read-only-store")


def test_one_activation_waits_and_others_are_refused(admin: Client, versions: tuple[str, str], tmp_path: Path) -> None:
    """While a publisher holds the directory a second one is 409 at once, whatever its model; the first one takes place."""
    with ThreadPoolExecutor(1) as pool, exclusive(tmp_path / "small/.lock"):
        waiting = pool.submit(activate, admin, versions[0])
        eventually(admin.app.state.service.store._activation._busy.locked)  # type: ignore[attr-defined]
        for _ in range(3):
            assert "one at a time" in assert_problem(activate(admin, versions[0]), 409, "conflict")["detail"]
        assert not waiting.done()
    assert waiting.result().status_code == 202
    assert activate(admin, versions[1]).status_code == 202


@pytest.mark.parametrize("body", [{}, {"version": 1}, {"version": None}, {"version": "v", "force": True}])
def test_a_wrong_body_is_named(admin: Client, body: dict[str, Any]) -> None:
    """422 that names the field."""
    assert wrong_fields(admin.post(URL, json=body)) == ["force" if "force" in body else "version"]


def test_other_methods_and_queries_are_refused(admin: Client) -> None:
    """405, and POST alone is allowed; the route takes no parameter."""
    response = admin.get(URL)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"
    assert wrong_fields(admin.post(f"{URL}?force=1", json={"version": "v"})) == ["force"]
