"""The most likely missing links of a whole graph, beside the product of all its vectors and beside torch (P16).

Each graph is searched for its best links that are not known, and the same vectors are multiplied with each other in the same
blocks, every pair of them once, without looking at a number: the bare GEMM, which whoever scores all pairs computes. torch
multiplies a block of rows with all vectors and keeps the `topk` of what it has and of what is above the last of these. Every
method has a process of its own for each graph, all take the CPUs of the cgroup, rounds alternate; medians, and the memory of
the method, on Linux.

The graphs of LATENTLINK_DATA: Slashdot by 64 eigenvectors of its adjacency, Amazon Photo and DBLP trained for a few epochs, and
the persons of `--dataset films` likewise. Then vectors without a graph, top 100,000: of equal lengths, where no bound rules out
a pair; Gaussian; and around 1,000 centres. Exits 1 if a target is missed.

    python -m benchmarks.links --quick       few nodes, nothing to miss
    python -m benchmarks.links
    python -m benchmarks.links --large       also 300,000 vectors
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks._graphs import attributed, data_folder
from benchmarks._results import Claim, conclude, parser_of
from latentlink.models.arrays import Array, Float32, Int64
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.graph import Graph, adjacency
from latentlink.models.host import available_cpus
from latentlink.models.inference.link_decoder import LinkDecoder, SharedLinks
from latentlink.models.inference.top_links.pair_classes import PairClasses
from latentlink.models.inference.top_links.search import BLOCK, LeftOut
from latentlink.models.inference.top_links.whole_graph import Searched, WholeGraph
from latentlink.models.sources import load_graph
from latentlink.models.training.protocol import train

EPOCHS, EIGENVECTORS = 20, 64
ROUNDS = {"search": 3, "gemm": 3, "topk": 1}  # torch takes minutes for some of them
FIGURES = ("seconds", "peak", "share")
MIB = 2**20


class Case(NamedTuple):
    """What is searched.

    Attributes:
        name: in words.
        limit: of links.
        target: the most time of the search, in times of the bare GEMM.
        arrays: `z`, and perhaps `weights`, `shared`, `indptr` and `indices`.
    """

    name: str
    limit: int
    target: float
    arrays: Mapping[str, Array]


def main() -> int:
    """Measure each case, print, keep; the exit code."""
    parser = parser_of(__doc__, quick="few nodes")
    parser.add_argument("--large", action="store_true", help="also 300,000 vectors")
    parser.add_argument(
        "--measure", nargs=3, metavar=("METHOD", "FILE", "LIMIT"), help="measure one here, and print JSON"
    )
    given = parser.parse_args()
    if given.measure:
        method, file, limit = given.measure
        print(json.dumps(_measured(METHODS[method], Path(file), int(limit))))
        return 0
    print(f"{available_cpus()} threads; medians of the rounds of each method, {ROUNDS}")
    claims = [claim for case in _cases(quick=given.quick, large=given.large) for claim in _claims(case)]
    code = conclude("links", claims, quick=given.quick)
    return 0 if given.quick else code


def _cases(*, quick: bool, large: bool) -> Iterator[Case]:
    folder = data_folder()
    if folder is not None and not quick:
        slashdot = _spectral(_slashdot(folder / "slashdot" / "soc-Slashdot0902.txt.gz"))
        yield Case("Slashdot, top 100,000", 100_000, 1 / 5, slashdot)
        yield Case("Slashdot, top 10,000", 10_000, 1 / 5, slashdot)
        for name in ("dblp", "amazon_photo"):
            yield Case(f"{name}, top 10,000", 10_000, 1 / 3, _trained(attributed(folder / name / "graph.npz")))
    if not quick:
        yield Case("films, top 10,000", 10_000, 1.0, _trained(load_graph(dataset="films")))
    random, dim = np.random.default_rng(0), 128
    for n in (3_000,) if quick else (100_000, 300_000) if large else (100_000,):
        limit = 1_000 if quick else 100_000
        gaussian = random.normal(0, 1, (n, dim)).astype(np.float32)
        lengths = np.linalg.norm(gaussian, axis=1, keepdims=True)
        centres = random.normal(0, 1, (1_000, dim)) * random.lognormal(0, 0.5, (1_000, 1))
        clustered = centres[random.integers(0, 1_000, n)] + random.normal(0, 0.3, (n, dim))
        drawn = {"equal lengths": (gaussian / lengths, 1.5), "Gaussian": (gaussian, 1.5), "clustered": (clustered, 1.5)}
        for name, (z, target) in drawn.items():
            yield Case(f"{name}, N {n:,}, D {dim}, top {limit:,}", limit, target, {"z": z.astype(np.float32)})


def _claims(case: Case) -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.npz"
        np.savez(file, **case.arrays)  # type: ignore[arg-type]  # none of them is an option
        turns = [[name for name in METHODS if turn < ROUNDS[name]] for turn in range(max(ROUNDS.values()))]
        rounds = [(name, _apart(name, file, case.limit)) for turn in turns for name in turn]
    found = {
        method: {
            figure: statistics.median(each[figure] for name, each in rounds if name == method) for figure in FIGURES
        }
        for method in METHODS
    }
    ours, gemm, topk = (found[name] for name in ("search", "gemm", "topk"))
    figures = {
        "s": ours["seconds"],
        "GEMM s": gemm["seconds"],
        "topk s": topk["seconds"],
        "MiB": ours["peak"] / MIB,
        "topk MiB": topk["peak"] / MIB,
        "% of the pairs": 100 * ours["share"],
    }
    yield Claim("P16", case.name, ours["seconds"] / gemm["seconds"], case.target, at_most=True, figures=figures)
    yield Claim(
        "P16", f"{case.name}, of torch's time", ours["seconds"] / topk["seconds"], 1.0, at_most=True, figures={}
    )
    yield Claim("P16", f"{case.name}, memory, MiB", ours["peak"] / MIB, 500, at_most=True, figures={})


def _apart(method: str, file: Path, limit: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.links", "--measure", method, str(file), str(limit)]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer


def _measured(method: Callable[[Mapping[str, Array], int], float], file: Path, limit: int) -> dict[str, float]:
    with np.load(file) as stored:
        arrays = dict(stored)
    threads = available_cpus()
    torch.set_num_threads(threads)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: imports take more than what is measured
    before, start = _memory("VmRSS"), time.perf_counter()
    with threadpool_limits(threads):
        share = method(arrays, limit)
    return {"seconds": time.perf_counter() - start, "peak": _memory("VmHWM") - before, "share": share}


def _search(arrays: Mapping[str, Array], limit: int) -> float:
    """The share of all pairs whose logits were computed of products."""
    n, known = len(arrays["z"]), None
    shared = None
    if "indptr" in arrays:
        known = LeftOut(arrays["indptr"], arrays["indices"])
        shared = SharedLinks(known.indptr, known.indices, arrays["shared"]) if "shared" in arrays else None
    decoder = LinkDecoder(arrays["z"], arrays.get("weights"), shared)
    search = WholeGraph(PairClasses.make(n), [lambda: Searched(decoder, known)], limit)
    return sum(advance.items for advance in search.steps()) / (n * (n - 1) / 2)


def _gemm(arrays: Mapping[str, Array], _: int) -> float:
    z, weights = arrays["z"], arrays.get("weights")
    left = z if weights is None else z * weights
    scores = np.empty((BLOCK, BLOCK), np.float32)
    for start in range(0, len(z), BLOCK):
        for other in range(start, len(z), BLOCK):
            one, two = left[start : start + BLOCK], z[other : other + BLOCK].T
            np.matmul(one, two, out=scores[: len(one), : two.shape[1]])
    return 1.0


def _topk(arrays: Mapping[str, Array], limit: int) -> float:
    """Of all pairs, known links and the second part of logits among them: less work than the search has."""
    z, weights = torch.from_numpy(arrays["z"]), arrays.get("weights")
    left = z if weights is None else z * torch.from_numpy(weights)
    n, rows = len(z), max(1, BLOCK * BLOCK // len(z))
    best, places, floor = torch.empty(0), torch.empty(0, dtype=torch.int64), -torch.inf
    for start in range(0, n, rows):
        scores = left[start : start + rows] @ z[start:].T
        size = len(scores)
        scores[:, :size].masked_fill_(torch.ones(size, size, dtype=torch.bool).tril(), -torch.inf)
        at = torch.nonzero(scores.flatten() > floor).flatten()
        row, column = at // scores.shape[1] + start, at % scores.shape[1] + start
        high = torch.cat([best, scores.flatten()[at]])
        best, kept = high.topk(min(limit, len(high)))
        places = torch.cat([places, row * n + column])[kept]
        floor = float(best[-1]) if len(best) == limit else -torch.inf
    return 1.0


METHODS: Mapping[str, Callable[[Mapping[str, Array], int], float]] = {"search": _search, "gemm": _gemm, "topk": _topk}


def _slashdot(path: Path) -> Graph:
    """As undirected, as the file of SNAP has it between tabs below lines of comments."""
    pairs = np.loadtxt(path, np.int64)
    return Graph.from_pairs([str(row) for row in range(int(pairs.max()) + 1)], pairs)


def _trained(graph: Graph) -> dict[str, Array]:
    embeddings = train(graph, TrainingConfig(dim=64, epochs=EPOCHS, refit=False)).embeddings
    decoder = embeddings.decoder
    arrays: dict[str, Array] = {"z": decoder.z, **_known(graph.n_nodes, embeddings.edges)}
    if decoder.column_weights is not None:
        arrays["weights"] = decoder.column_weights
    return arrays if decoder.shared is None else {**arrays, "shared": decoder.shared.weights}


def _spectral(graph: Graph) -> dict[str, Array]:
    """√|λ| times the eigenvectors of the normalised adjacency of the largest |λ|, and the signs of λ."""
    from scipy import sparse
    from scipy.sparse.linalg import eigsh

    known = _known(graph.n_nodes, graph.edges)
    scale = 1 / np.sqrt(np.maximum(np.diff(known["indptr"]), 1))
    ones = np.ones(len(known["indices"]))
    matrix = sparse.diags(scale) @ sparse.csr_array((ones, known["indices"], known["indptr"])) @ sparse.diags(scale)
    values, vectors = eigsh(matrix, EIGENVECTORS, v0=np.ones(graph.n_nodes), which="LM")
    z: Float32 = (vectors * np.sqrt(np.abs(values)) / scale[:, None] ** 0.5).astype(np.float32)
    return {"z": z, "weights": np.sign(values).astype(np.float32), **known}


def _known(n: int, edges: Int64) -> dict[str, Array]:
    csr = adjacency(n, edges)
    return {"indptr": csr.indptr, "indices": csr.indices.astype(np.int32)}


def _memory(name: str) -> float:
    """Bytes of this process, as Linux counts them: `VmRSS` now, `VmHWM` at most."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name)]
    return 1024.0 * int(line.split()[1])


if __name__ == "__main__":
    sys.exit(main())
