"""Many models on one replica (P19): start, memory and descriptors of 500, and what a request of a closed one takes.

The named peer is the same service in the same run with all models open (`LATENTLINK_MAX_OPEN_MODELS` as large as the store).
Each model has 2,000 nodes, D = 64; the same files under each name, in its own copy. Memory is RSS, mapped files included, after
the start and after requests to every model. The first request of a model opens and verifies it, the fifth in a row finds it open,
and its pages in memory. Seconds of the processor stand beside those of the start, since other programs share it. Linux only.
Rounds alternate after a warm-up; medians, of the fifth requests the quickest. Exits 1 if a target is missed.

    python -m benchmarks.fleet --quick     60 models, of which 10 are open
    python -m benchmarks.fleet
"""

import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks._results import Claim, conclude, median_ratio, parser_of
from benchmarks._service import Server, publish_random, seconds_each, serving
from latentlink.models.checkpoint.moving import install

NODES, DIM, ROUNDS = 2_000, 64, 3
REQUESTS = 5  # to a model, in a row
_MIB = 2**20


class Run(NamedTuple):
    """One start of the service, and some requests to every model.

    Attributes:
        ready: seconds from the start of the process to the first 200 of `/readyz`.
        worked: seconds of the processor until then.
        memory: MiB in memory then.
        asked: the same after the requests.
        descriptors: open ones, after the requests.
        first: median of the seconds of the first request to a model.
        last: seconds of the quickest last one.
    """

    ready: float
    worked: float
    memory: float
    asked: float
    descriptors: float
    first: float
    last: float


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    options = parser_of(__doc__, quick="60 models, of which 10 are open").parse_args()
    models, kept = (60, 10) if options.quick else (500, 100)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        names = _publish(store, models)
        print(f"{models} models of {NODES:,} nodes, D {DIM}, 1 thread; medians of {ROUNDS} rounds after a warm-up")
        runs = [(_run(store, names, kept), _run(store, names, models)) for _ in range(ROUNDS + 1)][1:]
    return conclude("fleet", _claims(runs, models, kept), quick=options.quick)


def _publish(store: Path, models: int) -> list[str]:
    """Publish one model, and install copies of it; the names."""
    publish_random(store, NODES, DIM, np.random.default_rng(0))
    [source] = (store / "bench").glob("2*")
    return ["bench", *(install(store, source, f"model-{number:03}").parent.name for number in range(1, models))]


def _run(store: Path, names: list[str], kept: int) -> Run:
    started = time.perf_counter()
    with serving(store, LATENTLINK_MAX_OPEN_MODELS=str(kept)) as server:
        ready, worked, memory = time.perf_counter() - started, _worked(server), _memory(server)
        path = "/v1/models/{}/score?source=user_0000001&target=user_0000002"
        asked = seconds_each(server, [server.request(path.format(name)) for name in names for _ in range(REQUESTS)], 1)
        descriptors = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        first, last = statistics.median(asked[::REQUESTS]), min(asked[REQUESTS - 1 :: REQUESTS])
        return Run(ready, worked, memory, _memory(server), descriptors, first, last)


def _worked(server: Server) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(server: Server) -> float:
    [line] = re.findall(r"^VmRSS:\s*(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text(), re.MULTILINE)
    return 1024 * int(line) / _MIB


def _claims(runs: list[tuple[Run, Run]], models: int, kept: int) -> list[Claim]:
    def medians(value: Callable[[Run], float]) -> tuple[float, float]:
        ours, theirs = (statistics.median(value(run) for run in which) for which in zip(*runs, strict=True))
        return ours, theirs

    def claim(what: str, value: Callable[[Run], float], target: float, **more: float) -> Claim:
        ours, theirs = medians(value)
        figures = {"all open": theirs, **more}
        return Claim("P19", f"{what}, {models} models, {kept} open", ours, target, at_most=True, figures=figures)

    worked, worked_of_all = medians(lambda run: run.worked)
    first, last = (1e3 * medians(value)[0] for value in (lambda run: run.first, lambda run: run.last))
    ratio = median_ratio([ours.last for ours, _ in runs], [theirs.last for _, theirs in runs])
    return [
        claim("s from start to ready", lambda run: run.ready, 5, **{"CPU s": worked, "all open, CPU s": worked_of_all}),
        claim("MiB in memory when ready", lambda run: run.memory, 300),
        claim("MiB in memory after requests to each", lambda run: run.asked, 300),
        claim("descriptors after requests to each", lambda run: run.descriptors, 64),
        Claim("P19", "time of a request to an open model", ratio, 1.1, True, {"ms": last, "ms of the first": first}),
    ]


if __name__ == "__main__":
    sys.exit(main())
