"""A `latentlink serve` of its own, on a free port, for as long as a block lasts."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

LATENTLINK = Path(sys.executable).with_name("latentlink")


class Service(NamedTuple):
    """Where it answers, and its process."""

    url: str
    process: "subprocess.Popen[bytes]"

    def stop(self) -> tuple[int, float]:
        """Send SIGTERM; the exit code and the seconds until it came."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20), time.monotonic() - started


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_service(
    checkpoints: Path,
    *options: str,
    path: str = "/readyz",
    log: str = os.devnull,
    latentlink: Path = LATENTLINK,
    folder: Path | None = None,
    **environment: str,
) -> Iterator[Service]:
    """Start it in a folder, wait until `path` answers 200, and end it; what it says goes to the file `log`."""
    port = free_port()
    command = [str(latentlink), "serve", "--checkpoints", str(checkpoints), "--port", str(port), *options]
    environment = {**os.environ, "LATENTLINK_POLL_SECONDS": "0.1", **environment}
    with (
        Path(log).open("wb") as errors,
        subprocess.Popen(command, cwd=folder, env=environment, stderr=errors) as process,
    ):
        try:
            service = Service(f"http://127.0.0.1:{port}", process)
            wait_for(service.url + path)
            yield service
        finally:
            process.kill()


def wait_for(url: str, status: int = 200, seconds: float = 30) -> None:
    """Ask until `status` is the answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer: object = httpx.get(url).status_code
        except httpx.TransportError as error:
            answer = error
        if answer == status:
            return
        assert time.monotonic() < deadline, f"{url}: expected {status} within {seconds} s, found {answer}"
        time.sleep(0.05)
