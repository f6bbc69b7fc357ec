"""Loading at the start and following the store."""

import gc
import logging
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from latentlink.app import lifespan
from latentlink.app.services.stores.store import ModelStore
from tests.support import Client, Small, eventually, serving

FROZEN = lifespan._frozen  # which other tests go without


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
    assert not ready(polling)
    small.publish(tmp_path)
    eventually(lambda: ready(polling))
    assert polling.get("/v1/models/default").json()["model"] == "small"


def test_a_moved_current_is_followed(polling: Client, small: Small, tmp_path: Path) -> None:
    """Answers come from the version that CURRENT names, forwards and backwards; without it the service is not ready."""
    first = small.publish(tmp_path)
    eventually(lambda: ready(polling))
    second = small.renewed().publish(tmp_path)
    eventually(lambda: version(polling) == second)
    (tmp_path / "small" / "CURRENT").write_text(first)
    eventually(lambda: version(polling) == first)
    (tmp_path / "small" / "CURRENT").unlink()
    eventually(lambda: not ready(polling))


def test_a_look_that_fails_does_not_end_looking(
    polling: Client, small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
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


def test_what_blocks_the_event_loop_shows_in_its_lag(polling: Client) -> None:
    """A loop that was blocked for 1.2 s was once more than a second late; before, never."""

    def late() -> float:
        families = text_string_to_metric_families(polling.get("/metrics").text)
        [lag] = [family for family in families if family.name == "latentlink_loop_lag_seconds"]
        values = {sample.labels.get("le", sample.name): sample.value for sample in lag.samples}
        return values["+Inf"] - values["1.0"]

    assert late() == 0
    assert polling.portal is not None
    polling.portal.call(time.sleep, 1.2)
    eventually(lambda: late() == 1)


def test_what_is_there_at_the_start_is_not_searched_for_cycles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only while a service runs: what was there is collected as ever after its end."""
    monkeypatch.setattr(lifespan, "_frozen", FROZEN)
    gc.unfreeze()
    assert gc.get_freeze_count() == 0
    with serving(tmp_path):
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
    gc.freeze()  # as tests found it


def test_threads_that_compute_give_way_to_the_event_loop(client: Client) -> None:
    """Ten times as soon as Python's 5 ms, for which it would wait several times in a request."""
    assert client.get("/healthz").status_code == 200
    assert sys.getswitchinterval() == pytest.approx(0.0005)
