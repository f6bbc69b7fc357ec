"""Clients in processes of their own: those that ask without end, and one that measures what they cost the others."""

import asyncio
import contextlib
import multiprocessing
import os
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np

_PROCESSES = multiprocessing.get_context("spawn")
_PAUSE, _AFTER_REFUSAL = 0.01, 0.1  # s, of the prober between two requests, and of a client that was refused
_PATIENCE = 120  # s, for an answer
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    """What came of a request; status 0 of a connection that broke."""

    status: int
    seconds: float
    size: int


@dataclass
class Probed:
    """What the prober met.

    Attributes:
        healthz, score: seconds to the answer of each GET, refusals among them.
        asleep: seconds by which it woke later than it asked for: the noise of the machine.
        refused: how many of them were answered 503, by path.
        lost: connections that broke.
        memory: bytes of the service's own at most, without mapped files.
    """

    healthz: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    asleep: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    memory: int = 0

    def milliseconds(self, name: str) -> dict[str, float]:
        """Median, 99th percentile and maximum of `healthz`, `score` or `asleep`."""
        p50, p99, most = np.percentile(getattr(self, name), (50, 99, 100)) * 1e3
        return {"p50": float(p50), "p99": float(p99), "max": float(most)}


class Prober:
    """Asks for `/healthz` and one score in turn, from a process of its own, which does nothing else.

    Args:
        port: of the service.
        process: the service's process id.
        score: the path of a GET of one score.
    """

    def __init__(self, port: int, process: int, score: str) -> None:
        self._end, other = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_probe, args=(port, process, score, other), daemon=True)
        self._process.start()
        self._end.recv()

    @contextlib.contextmanager
    def beside(self) -> Iterator[Probed]:
        """What it meets while a block runs; complete at its end."""
        probed = Probed()
        self._end.send("begin")
        try:
            yield probed
        finally:
            self._end.send("end")
            vars(probed).update(vars(self._end.recv()))

    def stop(self) -> None:
        """End its process."""
        self._process.kill()
        self._process.join()


def _probe(port: int, process: int, score: str, end: Connection) -> None:
    end.send("ready")
    while end.recv() == "begin":
        probed = Probed()
        connections = {path: _KeptConnection(port, path) for path in ("/healthz", score)}
        while not end.poll():
            for path, seconds in (("/healthz", probed.healthz), (score, probed.score)):
                started = time.perf_counter()
                time.sleep(_PAUSE)
                asked = time.perf_counter()
                probed.asleep.append(asked - started - _PAUSE)
                status = connections[path].ask()
                seconds.append(time.perf_counter() - asked)
                probed.refused[path] += status == 503
                probed.lost += status == 0
            probed.memory = max(probed.memory, own_memory(process))
        end.recv()
        end.send(probed)


class _KeptConnection:
    """A connection that stays open between requests, and is made anew when it breaks."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._request = port, get(path, keep=True)
        self._socket: socket.socket | None = None

    def ask(self) -> int:
        """The status of the answer, once it is whole; 0 where the connection broke."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE)
            self._socket.sendall(self._request)
            return self._status(self._socket)
        except OSError:
            self._socket = None
            return 0

    def _status(self, connection: socket.socket) -> int:
        content = b""
        while b"\r\n\r\n" not in content or not _is_whole(content):
            if not (part := connection.recv(65_536)):
                raise ConnectionResetError
            content += part
        if b"\r\nconnection: close" in content.lower():
            self._socket = None
        return int(content[9:12])


def _is_whole(content: bytes) -> bool:
    head, _, body = content.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return length is not None and len(body) >= int(length[1])


def own_memory(process: int) -> int:
    """Bytes that a process has in memory and that no file holds."""
    [line] = re.findall(r"^RssAnon:\s*(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return int(line) * 1024


def get(path: str, *, accept: str = "*/*", keep: bool = False) -> bytes:
    """The bytes of a GET, behind whose answer the connection is closed unless it is kept."""
    close = "" if keep else "connection: close\r\n"
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\n{close}\r\n".encode()


def post(path: str, body: bytes, coding: str = "identity") -> bytes:
    """The bytes of a POST, behind whose answer the connection is closed."""
    lines = ("content-type: application/json", f"content-encoding: {coding}", f"content-length: {len(body)}")
    head = "\r\n".join((f"POST {path} HTTP/1.1", "host: localhost", "connection: close", *lines))
    return f"{head}\r\n\r\n".encode() + body


class Crowd:
    """Clients that ask without end, from a process of their own, which gives way to the service and the prober.

    Args:
        port: of the service.
    """

    def __init__(self, port: int) -> None:
        self._end, other = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_crowd, args=(port, other), daemon=True)
        self._process.start()

    def ask(self, requests: Sequence[bytes], clients: int, seconds: float) -> Counter[int]:
        """Let that many clients ask for the same requests in turn; how often each status came.

        A client that is refused waits a tenth of a second. At the end connections are closed, whatever is in work.
        """
        self._end.send((requests, clients, seconds))
        found: Counter[int] = self._end.recv()
        return found

    def stop(self) -> None:
        """End its process."""
        self._process.kill()
        self._process.join()


def _crowd(port: int, end: Connection) -> None:
    os.nice(10)  # they stand for other machines
    while True:
        end.send(asyncio.run(_ask_all(port, *end.recv())))


async def _ask_all(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Counter[int]:
    found = Counter[int]()

    async def client(first: int) -> None:
        for at in range(first, 10**9):
            answer = await answer_to(port, requests[at % len(requests)])
            found[answer.status] += 1
            if answer.status in (0, 503):
                await asyncio.sleep(_AFTER_REFUSAL)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(client(at) for at in range(clients)))
    return found


def ask(port: int, request: bytes) -> Answer:
    """The answer to one request."""
    return asyncio.run(answer_to(port, request))


async def answer_to(port: int, request: bytes) -> Answer:
    """The answer to one request on a connection of its own, which is read to its end and not kept."""
    started, size, head = time.perf_counter(), 0, b""
    writer = None
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        writer.write(request)
        while part := await reader.read(2**20):
            head = head or part[:12]
            size += len(part)
    except OSError:
        pass  # a refusal may come before the whole request is sent
    finally:
        if writer is not None:
            writer.transport.abort()
    return Answer(int(head[9:12] or 0), time.perf_counter() - started, size)
