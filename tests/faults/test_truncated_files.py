"""Files of a served version that others truncate."""

import os
import signal
from pathlib import Path

import httpx2
import pytest

from latentlink.app.services.stores.store import ModelStore
from latentlink.models.checkpoint import Cache
from tests.e2e.service import running_service
from tests.support import Small, serving

ASKED = "/v1/models/small/embedding?node=a"


def _truncate(store: Path) -> None:
    """Empty the vectors of every version, as `> file` does."""
    for path in store.glob("small/2*/embeddings.safetensors"):
        os.truncate(path, 0)


def test_with_copies_the_service_goes_on(small: Small, tmp_path: Path) -> None:
    """It answers as before, and so does the next start."""
    version = small.publish(tmp_path / "store")
    for _ in range(2):
        with serving(tmp_path / "store", cache=tmp_path / "cache", poll_seconds=3600) as client:
            _truncate(tmp_path / "store")
            assert (client.get(ASKED).status_code, client.get(ASKED).json()["version"]) == (200, version)


def test_a_process_that_ends_says_why(small: Small, tmp_path: Path) -> None:
    """Without copies it is SIGBUS, in words on standard error."""
    small.publish(tmp_path / "store")
    log = tmp_path / "log"
    with running_service(tmp_path / "store", log=str(log), LATENTLINK_POLL_SECONDS="3600") as service:
        _truncate(tmp_path / "store")
        with pytest.raises(httpx2.TransportError):
            httpx2.get(service.url + ASKED)
        service.process.join(10)
    assert service.process.exitcode == -signal.SIGBUS
    assert "Fatal Python error: Bus error" in log.read_text()


def test_copies_of_replaced_versions_are_removed(small: Small, tmp_path: Path) -> None:
    """After a swap those of the new version are left, and after a request those of the version that it opened."""
    old = small.publish(tmp_path / "store")
    store = ModelStore(tmp_path / "store", None, cache=Cache(tmp_path / "cache"))
    counts = []
    for step in (lambda: None, lambda: small.renewed().publish(tmp_path / "store"), lambda: store.open("small", old)):
        step()
        store.refresh()
        counts.append(len(list((tmp_path / "cache").glob("[!.]*"))))
    assert counts == [5, 5, 7]  # vectors and weights are of each version; graph and ids are shared
