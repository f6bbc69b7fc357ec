"""What one replica takes and gives by the number of nodes: bytes, start, memory, requests/s. Facts without a target.

Vectors in blocks and about ten links a node, as `benchmarks.engines` draws them; a service of one worker and one thread, warm
files. Bytes are those of each file of the checkpoint; the page on sizing has the formula. The start is from the process to the
first 200 of `/readyz`, which includes the digests of all files; the bytes while verifying are the most that Python and numpy
take for it. Memory is that of the process itself (`RssAnon`) and its mapped files in memory (`RssFile`), after the requests.
Requests/s over 16 connections of one client on the same machine; medians of three rounds after a warm-up. Linux only.

    python -m benchmarks.sizing --quick          20,000 nodes
    python -m benchmarks.sizing
"""

import re
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

from benchmarks._results import keep, parser_of
from benchmarks._service import Server, name, publish_table, requests_per_second, serving
from benchmarks.engines import drawn
from latentlink.models.checkpoint.reader import open_checkpoint
from latentlink.models.checkpoint.store import find

ROUNDS, CONNECTIONS = 3, 16
ROUTES = {  # requests of a round, and their paths
    "score": (2_000, "score?source={}&target=user_0000001"),
    "neighbors": (400, "neighbors?node={}"),
    "neighbors, exact": (100, "neighbors?node={}&exact=true"),
}


def main() -> int:
    """Measure each size, print it, keep the result."""
    quick = parser_of(__doc__, quick="20,000 nodes").parse_args().quick
    random, rows = np.random.default_rng(0), []
    print(f"1 worker, 1 thread, {CONNECTIONS} connections; medians of {ROUNDS} rounds after a warm-up")
    for n in [20_000] if quick else [100_000, 1_000_000]:
        for dim in (64, 128):
            rows.append(_measured(n, dim, random))
            print(", ".join(f"{what} {value:,.6g}" for what, value in rows[-1].items()), flush=True)
    keep("sizing", quick=quick, rows=rows)
    return 0


def _measured(n: int, dim: int, random: np.random.Generator) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        mu, links = drawn(n, dim, random)
        published = time.perf_counter()
        index = publish_table(store, mu, links)
        published = time.perf_counter() - published
        path = find(store, "bench").path
        sizes = {file.stem: file.stat().st_size for file in path.glob("*.safetensors")}
        verifying = _peak_of_opening(path)
        started = []
        for _ in range(ROUNDS + 1):
            begun = time.perf_counter()
            with serving(store) as server:
                started.append(time.perf_counter() - begun)
                if len(started) > ROUNDS:
                    rates = {route: _rate(server, n, *asked, random) for route, asked in ROUTES.items()}
                    memory = {f"{part} MiB": _resident(server, part) for part in ("RssAnon", "RssFile")}
    return {
        "nodes": n,
        "dim": dim,
        "links": len(links),
        **{f"{part} bytes": size for part, size in sorted(sizes.items())},
        "index probes": 0 if index is None else index.probes,
        "bytes a node while verifying": verifying / n,
        "s to publish": published,
        "s to start": statistics.median(started[1:]),
        **memory,
        **{f"{route}, requests/s": rate for route, rate in rates.items()},
    }


def _peak_of_opening(path: Path) -> int:
    tracemalloc.start()
    open_checkpoint(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _rate(server: Server, n: int, count: int, path: str, random: np.random.Generator) -> float:
    rates = []
    for _ in range(ROUNDS + 1):
        rows = random.integers(2, n, count).tolist()
        requests = [server.request("/v1/models/bench/" + path.format(name(row))) for row in rows]
        rates.append(requests_per_second(server, requests, CONNECTIONS))
    return statistics.median(rates[1:])


def _resident(server: Server, part: str) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [kilobytes] = re.findall(rf"^{part}:\s*(\d+) kB", status, re.MULTILINE)
    return int(kilobytes) / 1024


if __name__ == "__main__":
    sys.exit(main())
