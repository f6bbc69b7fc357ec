"""Loading at the start and following the store."""

import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from latentlink.app import lifespan
from latentlink.app.services.store import ModelStore
from tests.support import Client, Small, assert_problem, eventually, serving


@pytest.fixture
def polling(tmp_path: Path) -> Iterator[Client]:
    """A service over an empty store that looks again a hundred times a second."""
    with serving(tmp_path, poll_seconds=0.01) as client:
        yield client


def ready(client: Client) -> bool:
    """Whether the service is ready."""
    return bool(client.get("/readyz").status_code == 200)


def version(client: Client) -> str | None:
    """The version that answers for the model."""
    header: str | None = client.get("/v1/models/small").headers.get("x-model")
    return header and header.partition("@")[2]


def test_an_empty_service_turns_ready_with_the_first_checkpoint(polling: Client, small: Small, tmp_path: Path) -> None:
    """503 until something is published, 200 after, without a restart."""
    assert_problem(polling.get("/readyz"), 503, "not-ready")
    assert_problem(polling.get("/v1/models/default"), 503, "not-ready")
    small.publish(tmp_path)
    eventually(lambda: ready(polling))
    assert polling.get("/v1/models/default").json()["model"] == "small"


def test_a_moved_current_is_followed(polling: Client, small: Small, tmp_path: Path) -> None:
    """Answers come from the version that CURRENT names, forwards and backwards, and never fail on the way."""
    first = small.publish(tmp_path)
    eventually(lambda: ready(polling))
    second = small.renewed().publish(tmp_path)
    eventually(lambda: version(polling) == second)
    (tmp_path / "small" / "CURRENT").write_text(first)
    eventually(lambda: version(polling) == first)


def test_a_damaged_new_version_leaves_the_old_one_answering(
    small: Small, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The service stays ready on what it has, and reports the version that it could not load."""
    old = small.publish(tmp_path)
    with serving(tmp_path, poll_seconds=0.01) as client, caplog.at_level(logging.ERROR):
        staged = tmp_path / "elsewhere"
        new = small.renewed().publish(staged)
        (staged / "small" / new / "embeddings.safetensors").write_bytes(b"damaged")
        shutil.move(staged / "small" / new, tmp_path / "small" / new)
        (tmp_path / "small" / "CURRENT").write_text(new)
        eventually(lambda: "embeddings.safetensors" in caplog.text)
        assert (ready(client), version(client)) == (True, old)


def test_a_damaged_current_version_at_the_start_is_stood_in_for(small: Small, tmp_path: Path) -> None:
    """The service is ready on the version before, and `degraded` says why."""
    old, new = small.publish(tmp_path), small.renewed().publish(tmp_path)
    (tmp_path / "small" / new / "embeddings.safetensors").write_bytes(b"damaged")
    with serving(tmp_path) as client:
        ready = client.get("/readyz").json()
    assert (ready["status"], ready["models"]) == ("ready", {"small": old})
    assert "embeddings.safetensors" in ready["degraded"]["small"]


def test_a_removed_current_unloads_the_model(small: Small, tmp_path: Path) -> None:
    """Without CURRENT there is nothing to serve: the service is no longer ready."""
    small.publish(tmp_path)
    with serving(tmp_path, poll_seconds=0.01) as client:
        (tmp_path / "small" / "CURRENT").unlink()
        eventually(lambda: not ready(client))
        assert_problem(client.get("/v1/models/small"), 404, "unknown-model")


def test_a_look_that_fails_does_not_end_looking(
    polling: Client,
    small: Small,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug in one look is logged with its trace, and the next one works."""
    with monkeypatch.context() as patch:
        patch.setattr(ModelStore, "refresh", lambda _: 1 / 0)
        eventually(lambda: "ZeroDivisionError" in caplog.text)
    small.publish(tmp_path)
    eventually(lambda: ready(polling))


def test_an_empty_start_logs_the_directory_it_waits_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log names the directory in which nothing was found."""
    with caplog.at_level(logging.WARNING), serving(tmp_path):
        pass
    assert str(tmp_path) in caplog.text


def test_health_answers_while_a_large_checkpoint_is_read(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that takes longer to read than a service waits before it listens does not keep it from saying that it lives."""
    small.publish(tmp_path)
    refresh, read = ModelStore.refresh, threading.Event()
    monkeypatch.setattr(lifespan, "FIRST_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(ModelStore, "refresh", lambda store: read.wait(10) and refresh(store))
    with serving(tmp_path) as client:
        assert (client.get("/healthz").status_code, ready(client)) == (200, False)
        read.set()
        eventually(lambda: ready(client))
