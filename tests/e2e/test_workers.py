"""Several workers look like one service."""

import os
import re
import signal
from pathlib import Path

import httpx2
import pytest

from tests.e2e.service import Service, running_service
from tests.support import Small, eventually

pytestmark = pytest.mark.slow

REQUESTS = 60


def metrics(service: Service) -> str:
    """The text of `/metrics`, by any worker."""
    return service.get("/metrics").text


def answered(service: Service) -> float:
    """The number of answered requests for the list of models, by the metrics, once no request but this one is in work.

    A worker notes that an answer is out after it is: the other one may count the last request for a moment longer.
    """
    text = ""

    def settled() -> bool:
        nonlocal text
        text = metrics(service)
        return "latentlink_requests_in_flight 1.0" in text

    eventually(settled)
    found = re.search(r'latentlink_request_seconds_count\{.*"/v1/models",status="200"\} (\S+)', text)
    return float(found[1]) if found else 0


@pytest.fixture
def store(small: Small, tmp_path: Path) -> Path:
    """A store with one model."""
    small.publish(tmp_path / "store")
    return tmp_path / "store"


def test_metrics_add_up_over_workers(store: Path, tmp_path: Path) -> None:
    """Every answer of either worker is counted, whichever answers; what a killed one counted stays; the files go."""
    with running_service(store, "--workers", "2", TMPDIR=str(tmp_path)) as service:
        directory, workers = _both_workers(tmp_path)
        for _ in range(REQUESTS):  # each on a connection of its own, so that both workers get some
            service.get("/v1/models")
        assert {answered(service) for _ in range(8)} == {REQUESTS}
        os.kill(workers[0], signal.SIGKILL)
        # It may have died before it noted that its last answer was out: one request more, until a worker finds it dead.
        eventually(lambda: bool(metrics(service)) and not (directory / f"gauge_livesum_{workers[0]}.db").exists())
        assert answered(service) == REQUESTS
        eventually(lambda: metrics(service).count("process_resident_memory_bytes{pid=") == 2)
        assert service.stop()[0] == 0
    assert list(tmp_path.glob("latentlink-*")) == []


def test_metrics_of_models_stand_once_whichever_worker_answers(small: Small, store: Path) -> None:
    """Of a model the version that is served, and no other once both workers have it; after a repair it is not degraded."""
    current = store / "small" / "CURRENT"
    old = current.read_text()
    with running_service(store, "--workers", "2") as service:
        current.write_text("20990101T000000000000Z")
        eventually(lambda: _all_say(service, 'latentlink_model_degraded{model="small"} 1.0'))
        current.write_text(old)
        eventually(lambda: _all_say(service, 'latentlink_model_degraded{model="small"} 0.0'))
        new = small.renewed().publish(store)
        eventually(lambda: _all_say(service, f'latentlink_model_info{{model="small",version="{new}"}} 1.0'))
        text = metrics(service)
    assert text.count("latentlink_model_info{") == text.count("latentlink_model_degraded{") == 1
    families = re.findall(r"# TYPE (\S+)", text)
    assert len(families) == len(set(families))


def _all_say(service: Service, line: str) -> bool:
    """Whether the metrics have this line, whichever worker answers."""
    return all(line in metrics(service) for _ in range(8))


def test_workers_end_when_what_started_them_is_killed(store: Path, tmp_path: Path) -> None:
    """None is left that holds the port and that nobody can stop, however seldom they look for versions."""
    with running_service(store, "--workers", "2", TMPDIR=str(tmp_path), LATENTLINK_POLL_SECONDS="3600") as service:
        _, workers = _both_workers(tmp_path)
        service.process.kill()
        service.process.join()
        eventually(lambda: _refused(service))
        eventually(lambda: not any(map(_lives, workers)))


def _both_workers(folder: Path) -> tuple[Path, list[int]]:
    """The directory below it in which two workers keep their metrics, once both do, and their process ids, rising."""
    [directory] = folder.glob("latentlink-*")
    eventually(lambda: len(list(directory.glob("gauge_livesum_*.db"))) == 2)
    return directory, sorted(int(path.stem.rpartition("_")[2]) for path in directory.glob("gauge_livesum_*.db"))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _refused(service: Service) -> bool:
    try:
        metrics(service)
    except httpx2.TransportError as error:
        return "refused" in str(error)
    return False
