"""Liveness and readiness over HTTP."""

from pathlib import Path

import pytest

from tests.support import Client, Small, assert_problem, serving


def test_ready_names_the_models_and_their_versions(client: Client) -> None:
    """With a model loaded the service is ready and names it."""
    [model] = client.get("/v1/models").json()["models"]
    expected = {"status": "ready", "models": {"small": model["current"]}, "degraded": {}}
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, expected)


@pytest.mark.parametrize("folder", ["", "later"])
def test_a_process_without_models_is_alive_and_not_ready(tmp_path: Path, folder: str) -> None:
    """Also where the directory does not exist yet: 503 names it, no model is listed, and `default` waits for one."""
    with serving(tmp_path / folder) as client:
        alive, models = client.get("/healthz"), client.get("/v1/models")
        problem = assert_problem(client.get("/readyz"), 503, "not-ready")
        assert_problem(client.get("/v1/models/default"), 503, "not-ready")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert models.json() == {"default": None, "models": [], "degraded": {}}
    assert str(tmp_path / folder) in problem["detail"]


@pytest.mark.parametrize("required", [{}, {"required_models": "broken"}, {"default_model": "broken"}])
def test_a_damaged_model_is_degraded_unless_it_is_required(
    small: Small, tmp_path: Path, required: dict[str, str]
) -> None:
    """Beside a whole model the service is ready, and names the damaged one with its reason; 503 where it is required."""
    small.publish(tmp_path)
    version = small.publish(tmp_path, "broken")
    (tmp_path / "broken" / version / "nodes.safetensors").write_bytes(b"")
    with serving(tmp_path, **required) as client:
        ready = client.get("/readyz")
        assert_problem(client.get("/v1/models/broken"), 503, "not-ready")
        assert client.get("/v1/models/small").status_code == 200
    if required:
        assert "nodes.safetensors" in assert_problem(ready, 503, "not-ready")["detail"]
    else:
        assert (ready.status_code, list(ready.json()["models"])) == (200, ["small"])
        assert "nodes.safetensors" in ready.json()["degraded"]["broken"]


def test_a_default_that_is_missing_keeps_the_service_from_being_ready(small: Small, tmp_path: Path) -> None:
    """What the operator configured must be there."""
    small.publish(tmp_path)
    with serving(tmp_path, default_model="papers") as client:
        assert "papers" in assert_problem(client.get("/readyz"), 503, "not-ready")["detail"]
        assert_problem(client.get("/v1/models/default"), 503, "not-ready")
