"""Time of an epoch and peak memory as a graph grows from 10⁴ to 10⁷ edges, at ten edges a node (P3).

Each size is a process of its own: a block-model graph with communities of 50 nodes, 64 float features, the default encoder with
d = 64, without node embeddings; peak memory is what it takes above the bare imports. Beside it runs a bare gather of as many
random rows of 64 numbers as the graph has directed links, which shows where the caches end. Exits 1 if the slope of memory
from 10⁶ to 10⁷ edges is above 1.05, or that of time above both 1.3 and the gather's.

    python -m benchmarks.growth --quick       10⁴ to 10⁶ edges, nothing to miss
    python -m benchmarks.growth
    python -m benchmarks.growth --whole       also a whole training on 10⁷ edges on the command line, 30 epochs, within 12 GiB
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._results import keep, parser_of
from latentlink.models.arrays import Float32, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.evaluation.splits import split_edges
from latentlink.models.graph.graph import Graph
from latentlink.models.training.planning.cost import training_bytes
from latentlink.models.training.trainers.trainer import Trainer

SIZES = (10**4, 10**5, 10**6, 10**7)
DIM, FEATURES, COMMUNITY, EDGES_A_NODE = 64, 64, 50, 10
MEMORY_SLOPE, TIME_SLOPE, WHOLE_GIB = 1.05, 1.3, 12.0
GIB = 2**30


def main() -> int:
    """Measure each size in a process of its own, print, keep; the exit code."""
    parser = parser_of(__doc__, quick="up to 10⁶ edges")
    parser.add_argument("--whole", action="store_true", help="also a whole training on 10⁷ edges")
    parser.add_argument("--size", type=int, help="measure this one here, and print JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.size:
        print(json.dumps(_measure(arguments.size)))
        return 0
    sizes = SIZES[:-1] if arguments.quick else SIZES
    print(f"normalized VGAE, d = {DIM}, {FEATURES} float features, 1 thread; a step is an epoch")
    print(
        f"{'edges':>11}{'nodes':>11}{'step ms':>10}{'gather ms':>11}{'peak GiB':>10}{'estimate':>10}{'prepare s':>11}"
    )
    rows = [_row(size) for size in sizes]
    slopes = {key: _slope(rows, key) for key in ("step", "gather", "peak")}
    print("slopes of the last tenfold growth: " + ", ".join(f"{key} {slope:.2f}" for key, slope in slopes.items()))
    whole = _whole() if arguments.whole else None
    missed = [] if arguments.quick else _missed(slopes, whole)
    keep("growth", quick=arguments.quick, rows=rows, slopes=slopes, whole=whole)
    print("\n".join(f"missed: {line}" for line in missed) or "all targets reached")
    return 1 if missed else 0


def _row(size: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.growth", "--size", str(size)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "THP_MEM_ALLOC_ENABLE": "1"}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    row: dict[str, Any] = json.loads(output)
    print(
        f"{row['edges']:>11,}{row['nodes']:>11,}{row['step']:>10.1f}{row['gather']:>11.1f}{row['peak'] / GIB:>10.2f}"
        f"{row['estimate'] / GIB:>10.2f}{row['prepare']:>11.1f}",
        flush=True,
    )
    return row


def _measure(size: int) -> dict[str, Any]:
    bare, started = peak_bytes(), time.perf_counter()
    n_nodes, pairs, x = block_model(size)
    graph = Graph.from_pairs([str(i) for i in range(n_nodes)], pairs, features=x)
    config = TrainingConfig.model_validate({"dim": DIM, "node_rows": "off"})
    run = Trainer(graph, split_edges(graph, 0.05, 0.10, np.random.default_rng(0)).train, config)
    prepared = time.perf_counter() - started
    step = [_ms(run.step) for _ in range(6)]
    run.embed()
    peak = peak_bytes() - bare
    rows = torch.from_numpy(np.random.default_rng(1).integers(0, n_nodes, 2 * graph.n_edges))
    table = torch.ones(n_nodes, DIM)
    gather = [_ms(lambda: _gather(table, rows)) for _ in range(6)]
    return {
        "edges": graph.n_edges,
        "nodes": n_nodes,
        "step": float(np.median(step[1:])),
        "gather": float(np.median(gather[1:])),
        "peak": peak,
        "estimate": training_bytes(graph, config),
        "prepare": prepared,
    }


def block_model(n_edges: int) -> tuple[int, Int64, Float32]:
    """N, int64 pairs (n_edges, 2), seven in ten within a community of 50, and features (N, 64) around the community's."""
    rng, n_nodes = np.random.default_rng(0), n_edges // EDGES_A_NODE
    source = rng.integers(0, n_nodes, n_edges)
    inside = source // COMMUNITY * COMMUNITY + rng.integers(0, COMMUNITY, n_edges)
    target = np.where(rng.random(n_edges) < 0.7, inside, rng.integers(0, n_nodes, n_edges)) % n_nodes
    centres = rng.standard_normal((n_nodes // COMMUNITY + 1, FEATURES), np.float32)
    x = rng.standard_normal((n_nodes, FEATURES), np.float32)
    x *= 2
    x += centres[np.arange(n_nodes) // COMMUNITY]
    return n_nodes, np.stack([source, target], axis=1), x


def _gather(table: torch.Tensor, rows: torch.Tensor) -> None:
    for start in range(0, len(rows), 2**16):
        table.index_select(0, rows[start : start + 2**16])


def _ms(work: Any) -> float:
    started = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - started)


def peak_bytes() -> int:
    """Bytes: the most that this process has held (ru_maxrss has KiB on Linux and bytes on macOS)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _slope(rows: list[dict[str, Any]], key: str) -> float:
    """Log-log, over the last two rows."""
    (a, b), (x, y) = ([row[name] for row in rows[-2:]] for name in (key, "edges"))
    return float(np.log(b / a) / np.log(y / x))


def _whole() -> dict[str, Any]:
    """`latentlink train` on 10⁷ edges from npz and Parquet, to the published checkpoint."""
    import duckdb

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        n_nodes, pairs, x = block_model(SIZES[-1])
        np.savez(folder / "x.npz", ids=np.arange(n_nodes).astype(str), x=x)
        edges = {"source": pairs[:, 0], "target": pairs[:, 1]}  # noqa: F841 - the query reads it
        duckdb.sql(f"COPY (SELECT * FROM edges) TO '{folder / 'edges.parquet'}'")
        command = [
            sys.executable,
            "-c",
            "from latentlink.app.cli import main; main()",
            "train",
            "--edges",
            "edges.parquet",
        ]
        options = ["--features", "x.npz", "--dim", str(DIM), "--epochs", "30", "--node-embeddings", "off", "--json"]
        started = time.perf_counter()
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        done = subprocess.run(
            [*command, *options], cwd=folder, env=environment, check=True, capture_output=True, text=True
        )
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / GIB
        test = json.loads(done.stdout.splitlines()[-1])["metrics"]["test"]
    print(
        f"whole training, 30 epochs and as many of the refit: {seconds:.0f} s, peak {peak:.1f} GiB, test AUC {test['auc']:.4f}"
    )
    print(done.stderr.strip())
    return {"seconds": seconds, "peak_gib": peak, "test": test}


def _missed(slopes: dict[str, float], whole: dict[str, Any] | None) -> list[str]:
    targets = {
        f"slope of memory {slopes['peak']:.2f} of {MEMORY_SLOPE}": slopes["peak"] <= MEMORY_SLOPE,
        f"slope of time {slopes['step']:.2f} of {TIME_SLOPE}, or the gather's": slopes["step"]
        <= max(TIME_SLOPE, slopes["gather"]),
    }
    if whole:
        targets[f"whole training in {whole['peak_gib']:.1f} GiB of {WHOLE_GIB}"] = whole["peak_gib"] <= WHOLE_GIB
    return [target for target, reached in targets.items() if not reached]


if __name__ == "__main__":
    sys.exit(main())
