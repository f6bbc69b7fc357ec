"""Neighbour-sampling against full-batch training after as many steps: peak memory, time of a step and test AUC.

Each is a process of its own, on a block-model graph of 200,000 nodes and two million edges with 64 float features in a mapped
.npy, with the default encoder, d = 64, without node embeddings. Memory is the peak above imports and edges, and stands
beside its estimate. Exits 1 if the sampled one takes more than 0.7 of the full-batch one's, or is behind by 0.01 in AUC.

    python -m benchmarks.neighbor_sampling --quick      a tenth of the graph, nothing to miss
    python -m benchmarks.neighbor_sampling
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._results import Claim, conclude, parser_of
from benchmarks.growth import DIM, GIB, block_model, peak_bytes
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.metrics import auc_ap
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.training.objectives import score
from latentlink.models.training.planning.cost import training_bytes
from latentlink.models.training.trainers.neighbor_sampling import NeighborSamplingTrainer
from latentlink.models.training.trainers.trainer import Trainer

EDGES, STEPS = 2 * 10**6, 40
WAYS = {"off": Trainer, "on": NeighborSamplingTrainer}


def main() -> int:
    """Measure both, print, keep; the exit code."""
    parser = parser_of(__doc__, quick="a tenth of the graph")
    parser.add_argument("--measure", nargs=2, metavar=("FOLDER", "WAY"), help="measure this one here, and print JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.measure:
        print(json.dumps(_measure(Path(arguments.measure[0]), arguments.measure[1])))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        _write(Path(temporary), EDGES // 10 if arguments.quick else EDGES)
        whole, sampled = (_child(temporary, way) for way in WAYS)
    for name, row in (("full-batch", whole), ("sampled", sampled)):
        print(
            f"{name:11}{row['ms']:>8.0f} ms a step{row['peak'] / GIB:>7.2f} GiB, estimate {row['estimate'] / GIB:.2f}"
            f"   test AUC {row['auc']:.4f}  AP {row['ap']:.4f} after {STEPS} steps, 1 thread"
        )
    figures = {"full-batch": whole["peak"] / GIB, "sampled": sampled["peak"] / GIB}
    behind = {"full-batch": whole["auc"], "sampled": sampled["auc"]}
    claims = [
        Claim("", "peak memory, GiB", sampled["peak"] / whole["peak"], 0.7, True, figures),
        Claim("", "test AUC behind", whole["auc"] - sampled["auc"], 0.01, True, behind),
    ]
    missed = conclude("neighbor_sampling", claims, quick=arguments.quick, whole=whole, sampled=sampled)
    return 0 if arguments.quick else missed


def _write(folder: Path, n_edges: int) -> None:
    n, pairs, x = block_model(n_edges)
    np.save(folder / "edges.npy", Graph.from_pairs(range(n), pairs).edges)  # type: ignore[arg-type] # only counted
    np.save(folder / "x.npy", x)


def _child(folder: str, way: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.neighbor_sampling", "--measure", folder, way]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    row: dict[str, Any] = json.loads(
        subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    )
    return row


def _measure(folder: Path, way: str) -> dict[str, Any]:
    x = np.asarray(np.load(folder / "x.npy", mmap_mode="r"))
    graph = Graph(range(len(x)), np.load(folder / "edges.npy"), features=x)  # type: ignore[arg-type] # only counted
    split = split_edges(graph, 0.05, 0.10, np.random.default_rng(0))
    config = TrainingConfig.model_validate({"dim": DIM, "node_rows": "off", "sampled": way})
    before = peak_bytes()
    run = WAYS[way](graph, split.train, config)
    started = time.perf_counter()
    for _ in range(STEPS):
        run.step()
    seconds = time.perf_counter() - started
    embeddings = run.embed()
    taken = peak_bytes() - before
    scores = auc_ap(score(embeddings, split.test), score(embeddings, split.test_negatives))
    return {"ms": 1e3 * seconds / STEPS, "peak": taken, "estimate": training_bytes(graph, config), **scores}


if __name__ == "__main__":
    sys.exit(main())
