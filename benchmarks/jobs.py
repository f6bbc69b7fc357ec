"""What a job costs the readers of the same machine: the 99th percentile of `GET score` while it runs, and without it (P17).

One service over 100,000 random vectors of 64 numbers. In turns no job runs, and one that searches the whole graph for its most
likely links, in a process of its own. Meanwhile pairs are scored over a few connections at a steady rate, below what the service
can do: each request is timed from when it is due. Every round has both; the ratio is that of the medians over rounds.

Exits 1 if the target is missed.

    python -m benchmarks.jobs --quick       few nodes, one round, nothing to miss
    python -m benchmarks.jobs
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._results import Claim, conclude, parser_of
from benchmarks._service import Server, name, publish_random, serving
from latentlink.models.host import available_cpus

DIM, ROUNDS, CONNECTIONS = 64, 7, 4
RATE, SECONDS = 200, 10.0  # requests a second, and seconds of one measurement
LIMIT = 100_000


def main() -> int:
    """Measure, print, keep; the exit code."""
    quick = parser_of(__doc__, quick="few nodes, one round").parse_args().quick
    n, rounds, seconds = (20_000, 1, 2.0) if quick else (100_000, ROUNDS, SECONDS)
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        store, jobs = Path(folder) / "store", Path(folder) / "jobs"
        publish_random(store, n, DIM, random)
        with serving(store, LATENTLINK_JOBS=str(jobs)) as server:
            requests = [
                server.request(f"/v1/models/bench/score?source={name(one)}&target={name(other)}")
                for one, other in random.integers(0, n, (int(RATE * seconds), 2)).tolist()
            ]
            asyncio.run(_paced(server.port, requests))  # warm
            found = [_round(server, requests, at) for at in range(rounds)]
    alone, beside = ([statistics.median(each[at][share] for each in found) for share in (0, 1)] for at in (0, 1))
    figures = {
        "p99 alone ms": 1e3 * alone[1],
        "p99 beside a job ms": 1e3 * beside[1],
        "median alone ms": 1e3 * alone[0],
        "median beside a job ms": 1e3 * beside[0],
    }
    what = f"p99 of GET score beside a job over N = {n:,}, of that alone"
    claim = Claim("P17", what, beside[1] / alone[1], 2.0, at_most=True, figures=figures)
    code = conclude("jobs", [claim], quick=quick, cpus=available_cpus(), rounds=rounds, rate=RATE)
    return 0 if quick else code


def _round(server: Server, requests: Sequence[bytes], at: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Median and 99th percentile without a job, and beside one, in s."""
    alone = _shares(asyncio.run(_paced(server.port, requests)))
    job = _ask(server, "POST", "/v1/models/bench/links:search", {"limit": LIMIT + at})  # another question, another job
    while (state := _ask(server, "GET", f"/v1/jobs/{job['id']}")["state"]) == "queued":
        time.sleep(0.05)
    beside = _shares(asyncio.run(_paced(server.port, requests)))
    still = _ask(server, "GET", f"/v1/jobs/{job['id']}")
    if state != "running" or still["state"] != "running":
        print(f"round {at}: the job was {state} and then {still['state']}: not all of it ran beside", file=sys.stderr)
    _ask(server, "DELETE", f"/v1/jobs/{job['id']}")
    time.sleep(2)  # until its process has noticed
    return alone, beside


def _shares(seconds: Sequence[float]) -> tuple[float, float]:
    return float(np.percentile(seconds, 50)), float(np.percentile(seconds, 99))


async def _paced(port: int, requests: Sequence[bytes]) -> list[float]:
    """The time of each request, from when it is due to its whole answer, at `RATE`."""
    seconds, begin = [0.0] * len(requests), time.perf_counter() + 0.1
    waiting = iter(range(len(requests)))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in waiting:
            due = begin + at / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(requests[at])
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            seconds[at] = time.perf_counter() - due
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return seconds


def _ask(server: Server, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    content = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", content, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
    return found


if __name__ == "__main__":
    sys.exit(main())
