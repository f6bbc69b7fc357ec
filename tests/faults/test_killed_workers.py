"""A worker that is killed under load."""

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks._clients import Crowd, get
from benchmarks._worst import SCORE
from tests.e2e.service import running_service
from tests.support import eventually

pytestmark = pytest.mark.slow

CLIENTS, SECONDS = 8, 2


def test_a_killed_worker_costs_each_client_one_request(forged: Path, tmp_path: Path) -> None:
    """Eight clients ask two workers without a pause; of all requests at most eight break, and another worker takes the place."""
    found = Counter[int]()
    with running_service(forged, "--workers", "2", TMPDIR=str(tmp_path)) as service:
        [directory] = tmp_path.glob("latentlink-*")
        eventually(lambda: len(_workers(directory)) == 2)
        crowd = Crowd(urlsplit(service.url).port or 0)
        asking = threading.Thread(target=lambda: found.update(crowd.ask([get(SCORE)], CLIENTS, SECONDS)))
        asking.start()
        time.sleep(SECONDS / 2)
        before = _workers(directory)
        os.kill(min(before), signal.SIGKILL)
        asking.join()
        crowd.stop()
        eventually(lambda: bool(_workers(directory) - before))
    assert found[200] > 100
    assert found[0] <= CLIENTS
    assert set(found) <= {0, 200}


def _workers(directory: Path) -> set[int]:
    """Their process ids, by the files of their metrics."""
    return {int(path.stem.rpartition("_")[2]) for path in directory.glob("gauge_livesum_*.db")}
