"""Swapping versions under load: no request may fail, and every answer must be wholly of one version.

The named peer for the times is the same service, asked by the same clients in the same run while nothing is swapped: the ratio
of the 99th percentiles says what a swap costs those who ask. Exits 1 if a request failed or an answer was mixed.

    python -m benchmarks.swaps --quick     20 swaps within at least a minute, 20,000 nodes
    python -m benchmarks.swaps             200 swaps, 200,000 nodes, for some minutes
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import httpx2
import numpy as np

from benchmarks._results import parser_of
from tests.e2e.service import running_service
from tests.e2e.swapping import Publisher, Seen, ask_for, swap_under_load, wrong_answers
from tests.support import Small


def main() -> int:
    """Measure, print, and tell by the exit code."""
    parser = parser_of(__doc__, quick="20 swaps of 20,000 nodes within a minute")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    nodes, swaps = (20_000, 20) if arguments.quick else (200_000, 200)
    with tempfile.TemporaryDirectory() as folder:
        publisher = Publisher(Path(folder) / "store", graph(nodes))
        publisher.publish()
        with running_service(publisher.store, "--workers", str(arguments.workers)) as service:
            calm = asyncio.run(ask_for(service.url, publisher, connections=arguments.connections, seconds=10))
            work = swap_under_load(
                service.url,
                publisher,
                connections=arguments.connections,
                swaps=swaps,
                pause=3 if arguments.quick else 1,
            )
            swapped = asyncio.run(work)
            degraded = httpx2.get(f"{service.url}/readyz").json()["degraded"]
    return _report(calm, swapped, wrong_answers(publisher, swapped), degraded)


def graph(n: int, dim: int = 64) -> Small:
    """n nodes, each linked to the next."""
    row = np.arange(n)
    mu = np.random.default_rng(0).normal(0, 0.3, (n, dim)).astype(np.float32)
    return Small(mu, np.stack([row[:-1], row[1:]], axis=1), ids=tuple(f"n{i}" for i in range(n)))


def _report(calm: Seen, swapped: Seen, mixed: list[str], degraded: dict[str, str]) -> int:
    for name, seen in (("calm", calm), ("while swapping", swapped)):
        p50, p99 = np.percentile(seen.seconds, (50, 99)) * 1e3
        print(f"{name:15} {len(seen.seconds):8,} answers  p50 {p50:7.1f} ms  p99 {p99:7.1f} ms")
    print(f"p99 while swapping / calm: {np.percentile(swapped.seconds, 99) / np.percentile(calm.seconds, 99):.2f}")
    failures = calm.failures + swapped.failures
    print(
        f"failed: {len(failures)}  mixed: {len(mixed)}  versions that answered: {len({v for v, _, _ in swapped.answers})}"
    )
    print(*failures[:5], *mixed[:5], *degraded.items(), sep="\n", end="")
    return int(bool(failures or mixed or degraded))


if __name__ == "__main__":
    sys.exit(main())
