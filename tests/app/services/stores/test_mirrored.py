"""Serving from the copies of object storage: what is not there yet, what can't be copied, and what is away."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from latentlink.app.main import create_app
from latentlink.app.settings import Settings
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.errors import DataError
from tests.models.checkpoint.remote.storage import Storage, away, published
from tests.support import Client, Small, assert_problem, eventually, serving

URL = StoreURL("s3://models/production")


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """The objects at every URL; whoever serves them closes them at its end."""
    storage = Storage()
    monkeypatch.setattr(StoreURL, "open", lambda _, **__: storage)
    yield storage
    assert storage._closed.is_set()


def mirroring(folder: Path, **settings: Any) -> AbstractContextManager[Client]:
    """A client of a service over the URL that looks a hundred times a second."""
    given = {"cache": folder / "cache", "mirror_seconds": 0.01, "poll_seconds": 0.01, **settings}
    return serving(URL, **given)


def push(storage: Storage, folder: Path, seed: int, name: str = "small") -> str:
    """A version that is current from now on."""
    path = published(folder / "published", seed, name)
    RemoteStore(storage).push(path)
    return path.name


def ready(client: Client) -> dict[str, str]:
    """The versions that are served; none before the service is ready."""
    models: dict[str, str] = client.get("/readyz").json().get("models", {})
    return models


def test_what_is_pushed_is_served(storage: Storage, tmp_path: Path) -> None:
    """From an empty start on: 503 names the URL; then each version that is current there answers."""
    with mirroring(tmp_path) as client:
        first = assert_problem(client.get("/readyz"), 503, "not-ready")["detail"]
        assert first == f"{URL}: was not looked at yet" or first.endswith(f"in {URL}, found none; push one")
        for seed in (0, 1):
            version = push(storage, tmp_path, seed)
            eventually(lambda: ready(client) == {"small": version})  # noqa: B023  # called at once
        assert client.get("/v1/models/default").headers["x-model"] == f"small@{version}"


def test_a_candidate_is_asked_out_of_the_copies(storage: Storage, tmp_path: Path) -> None:
    """A version that is not current in the storage answers in the shadow of the one that is."""
    candidate, version = (push(storage, tmp_path, seed) for seed in (0, 1))
    asked = 'latentlink_shadow_requests_total{model="small",outcome="asked"} 1.0'
    with mirroring(tmp_path, shadow=(f"small@{candidate}:1",)) as client:
        eventually(lambda: ready(client) == {"small": version})
        eventually(lambda: client.get(f"/v1/models/small@{candidate}").status_code == 200)
        pair = Small.random(dim=4).ids[:2]
        answer = client.get("/v1/models/small/score", params=dict(zip(("source", "target"), pair, strict=True)))
        assert answer.headers["x-model"] == f"small@{version}"
        eventually(lambda: asked in client.get("/metrics").text)


def test_a_lost_storage_is_degraded_and_serves_on(storage: Storage, tmp_path: Path) -> None:
    """200, and `degraded` names the URL with the reason; so after a restart. Back, it is whole again."""
    version = push(storage, tmp_path, 0)
    with mirroring(tmp_path) as client:
        eventually(lambda: ready(client) == {"small": version})
    for _ in range(2):
        storage._closed.clear()
        away(storage)
        with mirroring(tmp_path) as client:
            eventually(
                lambda: "expected an answer" in client.get("/readyz").json().get("degraded", {}).get(str(URL), "")
            )
            assert ready(client) == {"small": version}
            assert client.get("/v1/models/small").status_code == 200
            storage.most = None
            eventually(lambda: client.get("/readyz").json()["degraded"] == {})


def test_an_empty_start_without_the_storage_says_why(storage: Storage, tmp_path: Path) -> None:
    """503 where nothing can be served at all, with the storage's error."""
    away(storage)
    with mirroring(tmp_path) as client:
        eventually(lambda: "expected an answer" in client.get("/readyz").json()["detail"])
        assert_problem(client.get("/v1/models/default"), 503, "not-ready")


def test_a_model_that_is_not_copied_yet_is_not_unknown(storage: Storage, tmp_path: Path) -> None:
    """503 with the reason instead of 404, `degraded` beside the models that are there, and `default` could mean it."""
    push(storage, tmp_path, 0)
    damaged = push(storage, tmp_path, 1, "damaged")
    storage.damage(f"damaged/{damaged}/nodes.safetensors")
    with mirroring(tmp_path) as client:
        eventually(lambda: "sha256" in client.get("/readyz").json().get("degraded", {}).get("damaged", ""))
        assert list(ready(client)) == ["small"]
        assert "sha256" in assert_problem(client.get("/v1/models/damaged"), 503, "not-ready")["detail"]
        assert_problem(client.get("/v1/models/default"), 409, "ambiguous-model")
        assert_problem(client.get("/v1/models/absent"), 404, "unknown-model")


def test_a_new_version_that_can_t_be_copied_keeps_the_old_one(storage: Storage, tmp_path: Path) -> None:
    """And `degraded` names the model."""
    old = push(storage, tmp_path, 0)
    with mirroring(tmp_path) as client:
        eventually(lambda: ready(client) == {"small": old})
        storage.fault = lambda key, content: b"" if key.endswith("manifest.sha256") else content
        push(storage, tmp_path, 1)
        eventually(lambda: "manifest" in client.get("/readyz").json()["degraded"].get("small", ""))
        assert ready(client) == {"small": old}


def test_versions_are_activated_where_they_come_from(storage: Storage, tmp_path: Path) -> None:
    """Over HTTP it is refused with the command that does it: `CURRENT` of the storage would win."""
    version = push(storage, tmp_path, 0)
    with mirroring(tmp_path, api_keys="user-key", admin_keys="admin-key") as client:
        eventually(lambda: client.get("/healthz").status_code == 200)
        asked = client.post(
            "/v1/models/small:activate", json={"version": version}, headers={"Authorization": "Bearer admin-key"}
        )
    command = f"`latentlink activate small {version} --checkpoints {URL}`"
    assert command in assert_problem(asked, 409, "read-only-store")["detail"]


def test_a_url_needs_a_cache(storage: Storage) -> None:
    """The start is refused, and the message names the setting."""
    with pytest.raises(DataError, match="LATENTLINK_CACHE: expected a directory for copies of s3://models/production"):
        create_app(Settings(checkpoints=URL))
    storage.close()
