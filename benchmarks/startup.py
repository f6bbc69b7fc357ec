"""How soon the service is ready (P8) and what a worker costs (P9).

P8: from process start to the first 200 of `/readyz`, 100,000 nodes, D = 64, against `python -c "import fastapi, uvicorn, numpy"`;
and its memory beside the mapped files, by RSS. P9: memory of four workers on 1M × 64 against one worker, by PSS, which counts a
page that is shared by its share. Linux only. Rounds alternate; medians. Exits 1 if a target is missed.

    python -m benchmarks.startup --quick          200,000 nodes for P9
    python -m benchmarks.startup
    python -m benchmarks.startup --cache          with copies in LATENTLINK_CACHE, made by the warm-up; keeps no result
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._results import Claim, conclude, median_ratio, parser_of
from benchmarks._service import publish_random, serving

D, ROUNDS, WORKERS = 64, 5, 4
_MIB = 2**20
_MAPPING = re.compile(
    r"^[0-9a-f]+-[0-9a-f]+ (.*?)$.*?^(Rss): +(\d+) kB$.*?^(Pss): +(\d+) kB$", re.MULTILINE | re.DOTALL
)


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = parser_of(__doc__, quick="200,000 nodes for P9")
    parser.add_argument("--cache", action="store_true", help="map copies, which the warm-up makes; keep no result")
    options = parser.parse_args()
    quick, cache = options.quick or options.cache, ".cache" if options.cache else None
    n = 200_000 if options.quick else 1_000_000
    print(f"D {D}, 1 thread; medians of {ROUNDS} rounds after a warm-up")
    return conclude("startup", [*_start(100_000, cache), _workers(n, cache)], quick=quick)


def _start(n: int, cache: str | None) -> list[Claim]:
    ready, imported, memory = [], [], 0.0
    with tempfile.TemporaryDirectory() as store:
        publish_random(Path(store), n, D, np.random.default_rng(0))
        for _ in range(ROUNDS + 1):
            started = time.perf_counter()
            with serving(Path(store), **_cached(store, cache)) as server:
                ready.append(time.perf_counter() - started)
                memory = _resident(server.process.pid, beside=store)
                maps = Path(f"/proc/{server.process.pid}/maps").read_text()
            if "/torch/" in maps:
                raise RuntimeError("expected a service without torch, found it loaded")
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import fastapi, uvicorn, numpy"], check=True)
            imported.append(time.perf_counter() - started)
    ours, theirs = statistics.median(ready[1:]), statistics.median(imported[1:])
    ratio = median_ratio(ready[1:], imported[1:])
    figures = {"s": ours, "imports alone": theirs}
    return [
        Claim("P8", f"start to ready, {n:,} nodes", ratio, 3.0, at_most=True, figures=figures),
        Claim("P8", f"MiB beside the mapped files, {n:,} nodes", memory / _MIB, 150, at_most=True, figures={}),
    ]


def _workers(n: int, cache: str | None) -> Claim:
    with tempfile.TemporaryDirectory() as store:
        publish_random(Path(store), n, D, np.random.default_rng(0))
        shares = {}
        for workers in (1, WORKERS):
            with serving(Path(store), LATENTLINK_WORKERS=str(workers), **_cached(store, cache)) as server:
                shares[workers] = _settled(server.process.pid, store, workers)
    each = (shares[WORKERS] - shares[1]) / (WORKERS - 1) / _MIB
    figures = {f"{workers} workers": share / _MIB for workers, share in shares.items()}
    return Claim("P9", f"MiB of one more worker, {n:,} nodes", each, 100, at_most=True, figures=figures)


def _cached(store: str, cache: str | None) -> dict[str, str]:
    """The variable for copies within the store, so that they count as its files."""
    return {} if cache is None else {"LATENTLINK_CACHE": f"{store}/{cache}"}


def _settled(pid: int, store: str, workers: int) -> float:
    """Bytes of a process and its children, shared pages by their share, once all have loaded and nothing changes."""
    before = -1.0
    while True:
        family = [pid, *_children(pid)]
        loaded = sum(f"{store}/" in Path(f"/proc/{member}/maps").read_text() for member in family)
        share = sum(_mappings(member)[1] for member in family)
        if loaded == workers and abs(share - before) < _MIB:
            return share
        before = share
        time.sleep(2)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident(pid: int, beside: str) -> float:
    """Bytes in memory but for the files under `beside`."""
    return _mappings(pid, beside)[0]


def _mappings(pid: int, beside: str | None = None) -> tuple[float, float]:
    """RSS and PSS in bytes, but for the files under `beside`."""
    rss = pss = 0
    for mapping in _MAPPING.finditer(Path(f"/proc/{pid}/smaps").read_text()):
        if beside is None or beside not in mapping[1]:
            rss, pss = rss + int(mapping[3]), pss + int(mapping[5])
    return 1024 * rss, 1024 * pss


if __name__ == "__main__":
    sys.exit(main())
