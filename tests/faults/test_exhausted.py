"""A full disk, and too few descriptors: the service goes on with what it has, and is whole again once there is room."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from tests.e2e.service import Service, running_service
from tests.support import Small, eventually

CEILING = 1.0  # s, for what takes milliseconds: the machine may be busy


@contextmanager
def limited(service: Service, what: int, soft: int) -> Iterator[None]:
    """A service with a limit of the system that it meets while the block runs."""
    process = service.process.pid or 0
    before = resource.prlimit(process, what)
    resource.prlimit(process, what, (soft, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, what, before)


def test_a_full_disk_keeps_the_old_version_served(small: Small, tmp_path: Path) -> None:
    """No byte can be written, neither to the cache nor to the log: all is answered, and with room the new version is served."""
    old = small.publish(tmp_path / "store")
    cache, log = str(tmp_path / "cache"), str(tmp_path / "log")
    with running_service(tmp_path / "store", log=log, LATENTLINK_CACHE=cache) as service:
        written = Path(log).stat().st_size
        with limited(service, resource.RLIMIT_FSIZE, 0):
            new = small.renewed().publish(tmp_path / "store")
            eventually(lambda: bool(service.get("/readyz").json()["degraded"]))
            assert _version(service) == old
            assert Path(log).stat().st_size == written
        eventually(lambda: _version(service) == new)
        assert service.get("/readyz").json()["degraded"] == {}
        assert Path(log).stat().st_size > written


def test_too_few_descriptors_refuse_and_recover(small: Small, tmp_path: Path) -> None:
    """With 64 of them and 200 clients the process lives; the version that can't be opened is served once the clients are gone."""
    store = tmp_path / "store"
    small.publish(store)
    with running_service(store) as service, limited(service, resource.RLIMIT_NOFILE, 64):
        address = ("127.0.0.1", urlsplit(service.url).port or 0)
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(socket.create_connection(address, timeout=20))
            new = small.renewed().publish(store)
            for _ in range(20):  # each is answered or refused
                try:
                    assert service.get("/healthz", timeout=CEILING).status_code == 200
                except httpx2.TransportError:
                    continue
        eventually(lambda: _is_served(service, new))
        assert service.process.is_alive()
        assert service.get("/readyz").json()["degraded"] == {}


def _version(service: Service) -> str:
    return str(service.get("/v1/models/small", timeout=CEILING).json()["version"])


def _is_served(service: Service, version: str) -> bool:
    try:
        return _version(service) == version
    except httpx2.TransportError:
        return False
