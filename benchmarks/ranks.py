"""Test AP of a sampled training by one process and by two ranks of torchrun, on Cora and the co-star graph; and the times.

The defaults but for neighbour sampling, one thread each process, the same splits by seed. Two ranks talk by gloo over
loopback. Exits 1 if the mean AP of two ranks is more than half a point from that of one process, on either graph. Times, of
fit and test, have no target: two ranks share the machine's processors with whatever else runs. Cora needs LATENTLINK_DATA.

    python -m benchmarks.ranks --quick     the co-star graph, 10 epochs, 1 seed, nothing to miss
    python -m benchmarks.ranks
"""

import json
import os
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import torch

from benchmarks._graphs import data_folder, load
from benchmarks._results import Claim, conclude, parser_of
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph
from latentlink.models.training.distributed.following import follow
from latentlink.models.training.distributed.group import Group
from latentlink.models.training.distributed.leading import Leader
from latentlink.models.training.launch import read_launch
from latentlink.models.training.objectives import SamplingTrainer
from latentlink.models.training.protocol import train
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer

WITHIN = 0.5  # percent
GRAPHS = ("movies", "cora")
WAYS = {"one": (), "two": ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")}
Rows = list[dict[str, Any]]


def main() -> int:
    """Measure, print, keep; the exit code."""
    parser = parser_of(__doc__, quick="the co-star graph, 10 epochs, 1 seed")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    parser.add_argument("--measure", action="store_true", help="measure as one of the processes, and print JSON")
    arguments = parser.parse_args()
    if arguments.measure:
        _take_part(arguments)
        return 0
    rows = {way: list(_launched(way, arguments)) for way in WAYS}
    claims = [_claim(name, rows) for name in dict.fromkeys(row["graph"] for row in rows["one"])]
    missed = conclude("ranks", claims, quick=arguments.quick, rows=rows)
    return 0 if arguments.quick else missed


def _launched(way: str, arguments: Namespace) -> Iterator[dict[str, Any]]:
    given = ["--seeds", str(arguments.seeds), *["--quick"] * arguments.quick]
    command = [sys.executable, *WAYS[way], "-m", "benchmarks.ranks", "--measure", *given]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            row = json.loads(line)
            print(f"{row['graph']:8}seed {row['seed']}  {way}  AP {row['ap']:.2f}  {row['seconds']:.0f} s", flush=True)
            yield row
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")


def _take_part(arguments: Namespace) -> None:
    torch.set_num_threads(1)
    launch = read_launch(os.environ)
    if launch.rank:
        follow(launch)
    elif launch.size == 1:
        _measure(arguments, NeighborSamplingTrainer)
    else:
        leader = Leader(Group(launch))
        _measure(arguments, leader.trainer)
        leader.end()


def _measure(arguments: Namespace, sampling: SamplingTrainer) -> None:
    for name, graph in _graphs(arguments):
        for seed in range(1 if arguments.quick else arguments.seeds):
            given = {"neighbor_sampling": "on", "seed": seed} | ({"epochs": 10} if arguments.quick else {})
            started = time.perf_counter()
            test = train(graph, TrainingConfig.model_validate(given), sampling=sampling).metrics.test
            seconds = time.perf_counter() - started
            print(json.dumps({"graph": name, "seed": seed, "ap": 100 * (test.ap or 0), "seconds": seconds}), flush=True)


def _graphs(arguments: Namespace) -> Iterator[tuple[str, Graph]]:
    for name in GRAPHS:
        if name == "movies" or not (arguments.quick or data_folder() is None):
            yield name, load(name, data_folder())


def _claim(name: str, rows: dict[str, Rows]) -> Claim:
    figures = dict[str, float]()
    for way, every in rows.items():
        values = defaultdict[str, list[float]](list)
        for row in (row for row in every if row["graph"] == name):
            values["AP"].append(row["ap"])
            values["s"].append(row["seconds"])
        figures |= {f"{way}, {what}": statistics.fmean(several) for what, several in values.items()}
    return Claim("", f"{name}: AP apart, points", abs(figures["two, AP"] - figures["one, AP"]), WITHIN, True, figures)


if __name__ == "__main__":
    sys.exit(main())
