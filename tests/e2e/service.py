"""A `latentlink serve` of its own, on a free port, for as long as a block lasts."""

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from latentlink.app.cli import main

LATENTLINK = Path(sys.executable).with_name("latentlink")
# A process that has imported the service forks for every start, which saves a second each; training is not in it.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "latentlink.app.cli.commands", "latentlink.app.main"])


class Service(NamedTuple):
    """Where it answers, and its process."""

    url: str
    process: BaseProcess

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """The answer to a GET on a connection of its own, so that any worker may take it."""
        return httpx2.get(self.url + path, verify=False, **options)  # certificates take longer to load than the answer

    def stop(self) -> tuple[int | None, float]:
        """Send SIGTERM; the exit code, None after 20 seconds without one, and the seconds until it came."""
        started = time.monotonic()
        self.process.terminate()
        self.process.join(20)
        return self.process.exitcode, time.monotonic() - started


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_service(
    checkpoints: Path | str, *options: str, path: str = "/readyz", log: str = os.devnull, **environment: str
) -> Iterator[Service]:
    """Start it, wait until `path` answers 200, and end it; what it writes goes to the file `log`."""
    port = free_port()
    arguments = ["serve", "--checkpoints", str(checkpoints), "--port", str(port), *options]
    service = Service(f"http://127.0.0.1:{port}", start(arguments, environment, Path(log)))
    try:
        wait_for(service.url + path)
        yield service
    finally:
        service.process.kill()
        service.process.join()


def start(
    arguments: list[str], environment: dict[str, str], log: Path = Path(os.devnull), folder: Path = Path()
) -> BaseProcess:
    """A new process that runs `latentlink` in a folder, with more in its environment, and writes to the file `log`."""
    environment = {**os.environ, "LATENTLINK_POLL_SECONDS": "0.1", **environment}
    process = FORKS.Process(target=_run, args=(arguments, log.absolute(), folder.absolute(), environment))
    process.start()
    return process


def _run(arguments: list[str], log: Path, folder: Path, environment: dict[str, str]) -> None:
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stderr.fileno())
    sys.stdin = None  # closed, but workers would open it again
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["latentlink", *arguments]
    main()


def wait_for(url: str, status: int = 200, seconds: float = 30) -> None:
    """Ask until `status` is the answer."""
    deadline = time.monotonic() + seconds
    with httpx2.Client(verify=False) as http:
        while (answer := _outcome(http, url)) != status:
            assert time.monotonic() < deadline, f"{url}: expected {status} within {seconds} s, found {answer}"
            time.sleep(0.02)


def _outcome(http: httpx2.Client, url: str) -> int | httpx2.TransportError:
    try:
        return http.get(url).status_code
    except httpx2.TransportError as error:
        return error
