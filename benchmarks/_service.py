"""Services in processes of their own, checkpoints of any size without training, and a client that costs little."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import uvloop

from latentlink.models.arrays import Array, Float32, Int64
from latentlink.models.checkpoint import encode_nodes, publish
from latentlink.models.facts.metrics import Metrics
from latentlink.models.facts.published import Counts, IndexFacts, ModelFacts, Parts
from latentlink.models.facts.training import TrainingSettings
from latentlink.models.graph.graph import adjacency
from latentlink.models.inference.link_decoder import LinkDecoder, SharedLinks
from latentlink.models.publishing.export import index_parts

_PATIENCE, _DRAIN = 120, 10  # s, to get ready and to end
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Server(NamedTuple):
    """A server that answers on a port of this machine."""

    process: subprocess.Popen[bytes]
    port: int

    def request(self, path: str, body: bytes | None = None) -> bytes:
        """The bytes of an HTTP request to it."""
        method = "GET" if body is None else "POST"
        length = "" if body is None else f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n{length}\r\n".encode() + (body or b"")


def publish_table(store: Path, mu: Float32, edges: Int64, shared_weights: Float32 | None = None) -> IndexFacts | None:
    """Publish a checkpoint named `bench`; the facts of its index, None where it needs none.

    Args:
        store: where to.
        mu: float32 (N, D).
        edges: int64 (E, 2), the known links.
        shared_weights: float32 (3,), of shared links, or None for a model of dense columns alone.
    """
    n, dim = mu.shape
    known = adjacency(n, edges)
    shared, parts, weighted = None, None, {}
    weights: dict[str, Array] = {"w": np.ones(1, np.float32)}
    if shared_weights is not None:
        shared = SharedLinks(known.indptr, known.indices, shared_weights.astype(np.float64))
        parts = Parts(dense=dim, spectral=0, bias=0, shared_links=True)
        weighted = {"column_weights": np.ones(dim, np.float32)}
        weights["shared_links.weight"] = shared_weights
    index, index_files = index_parts(LinkDecoder(mu, shared=shared), edges, seed=0)
    facts = ModelFacts(
        model="gae",
        encoder="gcn",
        config=TrainingSettings(),
        seed=0,
        software={},
        counts=Counts(nodes=n, edges=len(edges), features=0, dim=dim),
        data_fingerprint="0" * 64,
        metrics=Metrics(),
        index=index,
    )
    if parts is not None:
        facts = facts.model_copy(update={"parts": parts})
    files: dict[str, dict[str, Array]] = {
        "embeddings.safetensors": {"mu": mu, **weighted},
        "graph.safetensors": {"indptr": known.indptr, "indices": known.indices.astype(np.int32)},
        "nodes.safetensors": encode_nodes([name(row) for row in range(n)]),
        "weights.safetensors": weights,
    }
    publish(store, "bench", facts, files | index_files)
    return index


def publish_random(store: Path, n: int, dim: int, random: np.random.Generator) -> Float32:
    """Publish `bench` of random vectors and about 5 N random links; the vectors, float32 (N, D)."""
    mu = random.normal(0, 0.3, (n, dim)).astype(np.float32)
    publish_table(store, mu, random_links(n, 10, random))
    return mu


def name(row: int) -> str:
    """The id of a row of `publish_table`."""
    return f"user_{row:07}"


def random_links(n: int, per_node: int, random: np.random.Generator) -> Int64:
    """int64 (E, 2): distinct links without loops, at most `per_node` · N / 2 of them."""
    pairs = np.sort(random.integers(0, n, (n * per_node // 2, 2)), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


@contextlib.contextmanager
def serving(checkpoints: Path, **environment: str) -> Iterator[Server]:
    """The service over some checkpoints, with one worker."""
    command = ["-c", "from latentlink.app.cli import main; main()", "serve", "--checkpoints", str(checkpoints)]
    with running(command, "/readyz", **environment) as server:
        yield server


@contextlib.contextmanager
def running(
    arguments: Sequence[str], ready: str, python: Path | str = sys.executable, **environment: str
) -> Iterator[Server]:
    """A Python process that listens on the port in LATENTLINK_PORT, from when it answers 200 at the path `ready` on.

    Raises:
        RuntimeError: it ended before that, or took longer than two minutes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = os.environ | {"LATENTLINK_PORT": str(port), "OMP_NUM_THREADS": "1", **environment}
    with subprocess.Popen(
        [python, *arguments],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            _wait(f"http://127.0.0.1:{port}{ready}", process)
            yield Server(process, port)
        finally:
            _stop(process)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.01)
    ended = f"ended with code {process.returncode}" if process.returncode is not None else f"took {_PATIENCE} s"
    raise RuntimeError(f"{url}: expected a server that gets ready, found one that {ended}: {process.args!r}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, and end what is left of its group: not every server takes its children along."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_DRAIN)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def seconds_each(server: Server, requests: Sequence[bytes], connections: int) -> list[float]:
    """The time of each request to its whole answer, in order of `requests`, asked over that many connections at once."""
    return uvloop.run(_ask(server.port, requests, connections))


def seconds_alone(server: Server, request: bytes, times: int) -> list[float]:
    """The time of one request, asked several times over one connection that does nothing else."""
    seconds = []
    buffer = bytearray(2**24)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        for _ in range(times):
            started = time.perf_counter()
            connection.sendall(request)
            size = expected = 0
            while not expected or size < expected:
                size += connection.recv_into(memoryview(buffer)[size:])
                expected = expected or _whole(bytes(buffer[: min(size, 4096)]))
            seconds.append(time.perf_counter() - started)
    return seconds


def _whole(beginning: bytes) -> int:
    """The size of the answer that begins so, or 0 while that is not known."""
    head, end, _ = beginning.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return len(head) + len(end) + int(length[1]) if end and length else 0


def requests_per_second(server: Server, requests: Sequence[bytes], connections: int) -> float:
    """How many of these requests are answered a second over that many connections."""
    started = time.perf_counter()
    seconds_each(server, requests, connections)
    return len(requests) / (time.perf_counter() - started)


async def _ask(port: int, requests: Sequence[bytes], connections: int) -> list[float]:
    seconds = [0.0] * len(requests)
    waiting = iter(range(len(requests)))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        for at in waiting:
            started = time.perf_counter()
            writer.write(requests[at])
            await _answer(reader)
            seconds[at] = time.perf_counter() - started
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return seconds


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    assert length is not None
    body = await reader.readexactly(int(length[1]))
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"expected 200, found {head!r}: {body[:500]!r}")
    return body
