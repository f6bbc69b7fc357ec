"""Neighbours: scoring concurrent searches together (P6), the index (P7), shared links (P11), and filters (P12).

P6: `GET neighbors` from 32 concurrent callers, N = 100k, D = 64, requests/s, against the same service scanning once per request;
some answers are held to a full sort in NumPy. P7: `GET neighbors` one after the other on a VGAE trained on a block-model graph of
1M nodes, D = 64, against the same requests with `exact=true`: p50 and recall@10. Rounds alternate; medians. Exits 1 if a
target is missed. P11: exact searches with the terms of shared links, beside the same without, N = 100k, D = 256, 15 links a
node, some of them hubs; in one process, one thread. P12: a search with a filter that keeps 1 % of the nodes of P7, its
evaluation included, beside an exact one without; in one process, one thread.

    python -m benchmarks.topk --quick          fewer requests; P7 on vectors drawn in blocks, without training
    python -m benchmarks.topk
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks._results import Claim, conclude, median_ratio, parser_of
from benchmarks._service import (
    Server,
    name,
    publish_random,
    publish_table,
    random_links,
    requests_per_second,
    running,
    seconds_alone,
    serving,
)
from latentlink.app.schemas.filters import Filter
from latentlink.app.services.filters import allowed_by
from latentlink.app.services.search.searcher import Searcher
from latentlink.app.services.search.selection import Query
from latentlink.models.arrays import Float32, Int64
from latentlink.models.checkpoint.store import find
from latentlink.models.config import TrainingConfig
from latentlink.models.graph.filter_columns import TextColumn
from latentlink.models.graph.graph import Graph
from latentlink.models.steps import finished
from latentlink.models.training.protocol import train

WIDE, LINKS = 256, 15  # of P11
N, MANY, D, CALLERS, ROUNDS, EPOCHS = 100_000, 1_000_000, 64, 32, 5, 25
Table = tuple[Float32, Int64]  # vectors and links

ONE_BY_ONE = """
import sys
import latentlink.app.services.search.searcher
latentlink.app.services.search.searcher._TOGETHER = 1
sys.argv = ["latentlink", "serve", "--checkpoints", {store!r}]
from latentlink.app.cli import main
main()
"""


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    quick = parser_of(__doc__, quick="fewer requests").parse_args().quick
    random = np.random.default_rng(0)
    torch.set_num_threads(1)
    print(f"1 worker, 1 thread a scan; medians of {ROUNDS} rounds after a warm-up")
    claims = [_together(640 if quick else 6_400, random), *_indexed(_drawn if quick else _trained, random)]
    claims += _with_shared_links(random)
    return conclude("topk", claims, quick=quick)


def _together(count: int, random: np.random.Generator) -> Claim:
    with tempfile.TemporaryDirectory() as store:
        mu = publish_random(Path(store), N, D, random)
        script = ["-c", ONE_BY_ONE.format(store=store)]
        with serving(Path(store)) as together, running(script, "/readyz") as alone:
            _require_exact(together, mu, random)
            rates: dict[Server, list[float]] = {together: [], alone: []}
            for _ in range(ROUNDS + 1):
                rows = random.integers(0, N, count).tolist()
                for server, measured in rates.items():
                    requests = [server.request(f"/v1/models/bench/neighbors?node={name(row)}") for row in rows]
                    measured.append(requests_per_second(server, requests, CALLERS))
    ours, theirs = (measured[1:] for measured in rates.values())
    ratio = median_ratio(ours, theirs)
    figures = {"requests/s": statistics.median(ours), "one scan each": statistics.median(theirs), "recall": 1.0}
    return Claim("P6", f"neighbors, {CALLERS} callers, N {N:,}, D {D}", ratio, 4.0, at_most=False, figures=figures)


def _indexed(make: Callable[[int, np.random.Generator], Table], random: np.random.Generator) -> list[Claim]:
    n = MANY
    mu, edges = make(n, random)
    with tempfile.TemporaryDirectory() as store:
        facts = publish_table(Path(store), mu, edges)
        if facts is None:
            raise RuntimeError("expected an index, found that the neighbours are spread over too many clusters")
        filtered = _filtered(Searcher(find(Path(store), "bench")), n, random)
        with serving(Path(store)) as server:
            hits: list[float] = []
            seconds: list[float] = []
            scans: list[float] = []
            for rows in np.array_split(random.integers(0, n, ROUNDS * 40), ROUNDS):
                paths = [f"/v1/models/bench/neighbors?node={name(row)}" for row in rows.tolist()]
                # A round of each: a scan of all vectors leaves nothing in the caches for a search that comes right after it.
                for query, measured in (("", seconds), ("&exact=true", scans)):
                    for path in paths:
                        measured += seconds_alone(server, server.request(path + query), 1)
                for path in paths:
                    found, expected = (_neighbors(server, path + query) for query in ("", "&exact=true"))
                    hits.append(len(set(found) & set(expected)) / len(expected))
    ours, theirs = (1e3 * statistics.median(measured[10:]) for measured in (seconds, scans))
    recall = float(np.mean(hits))
    figures = {"p50 ms": ours, "exact": theirs, "probes": facts.probes, "recall in the manifest": facts.recall_at_10}
    what = f"neighbors through the index, N {n:,}, D {D}"
    return [
        Claim("P7", f"{what}, p50 of the scan's", ours / theirs, 0.1, at_most=True, figures=figures),
        Claim(
            "P7",
            f"{what}, recall@10",
            recall,
            0.99,
            at_most=False,
            figures={"recall in the manifest": facts.recall_at_10},
        ),
        filtered,
    ]


def _filtered(searcher: Searcher, n: int, random: np.random.Generator) -> Claim:
    """Of searches with a condition on a column of 100 texts; those of 30 of them, for the figures."""
    columns = {"city": TextColumn(tuple(f"{city:02}" for city in range(100)), random.integers(0, 100, n, np.int32))}
    cities = [f"{city:02}" for city in range(30)]
    filters = {"1 %": Filter.model_validate({"city": "07"}), "30 %": Filter.model_validate({"city": cities})}
    seconds: dict[str, list[float]] = {"all": [], **{share: [] for share in filters}}
    with threadpool_limits(1):
        for row in random.integers(0, n, 10 * ROUNDS).tolist():
            for share, measured in seconds.items():
                start = time.perf_counter()
                allowed = finished(allowed_by(columns, filters[share], n)) if share in filters else None
                next(searcher.search(np.array([row]), Query(10, exact=True, allowed=allowed)))
                measured.append(time.perf_counter() - start)
    every, few, many = (1e3 * statistics.median(measured[5:]) for measured in seconds.values())
    figures = {"p50 ms": few, "without": every, "30 %": many}
    what = f"exact top 10 with a filter that keeps 1 %, N {n:,}, D {D}"
    return Claim("P12", what, few / every, 1.0, at_most=True, figures=figures)


def _drawn(n: int, random: np.random.Generator) -> Table:
    """Vectors around the centres of blocks of 100 nodes, which stand around centres of their own, and random links."""
    outer = random.normal(0, 1, (n // 2000, D))
    centres = 0.7 * outer[random.integers(0, len(outer), n // 100)] + random.normal(0, 0.7, (n // 100, D))
    mu = 0.3 * (centres[random.integers(0, len(centres), n)] + random.normal(0, 0.35, (n, D)))
    return mu.astype(np.float32), random_links(n, 6, random)


def _trained(n: int, random: np.random.Generator) -> Table:
    """Embeddings float32 (N, D) and links of a VGAE on blocks of 100 nodes, ten links a node, one in ten of them to anywhere."""
    block = random.integers(0, n // 100, n)
    order = np.argsort(block, kind="stable")
    starts = np.searchsorted(block[order], np.arange(n // 100 + 1))
    source = random.integers(0, n, 5 * n)
    first, last = starts[block[source]], starts[block[source] + 1]
    target = order[first + (random.random(len(source)) * (last - first)).astype(np.int64)]
    target = np.where(random.random(len(source)) < 0.1, random.integers(0, n, len(source)), target)
    graph = Graph.from_pairs([name(row) for row in range(n)], np.stack([source, target], axis=1))
    trained = train(graph, TrainingConfig.model_validate({"dim": D, "epochs": EPOCHS, "refit": False}))
    return trained.embeddings.mu, trained.embeddings.edges


def _with_shared_links(random: np.random.Generator) -> list[Claim]:
    """Of one search alone, and of 16 in one scan."""
    mu = random.normal(0, 0.3, (N, WIDE)).astype(np.float32)
    ends = random.integers(0, N, (LINKS * N // 2, 2))
    ends[:, 0] = (N * random.random(len(ends)) ** 3).astype(np.int64)  # the first nodes are hubs
    edges = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    made = []
    for weights in (None, np.array([0.3, 0.5, 1.0], np.float32)):
        with tempfile.TemporaryDirectory() as store:
            publish_table(Path(store), mu, edges, weights)
            made.append(Searcher(find(Path(store), "bench")))
    claims = []
    for together in (1, 16):
        seconds: list[list[float]] = [[], []]
        with threadpool_limits(1):
            for _ in range(20 * ROUNDS):
                searches = [(row, Query(10)) for row in random.integers(0, N, together).tolist()]
                for searcher, measured in zip(made, seconds, strict=True):
                    start = time.perf_counter()
                    searcher.search_together(searches)
                    measured.append(time.perf_counter() - start)
        without, with_shared = (1e3 * statistics.median(measured[10:]) for measured in seconds)
        what = f"exact top 10 with shared links, {together} in a scan, N {N:,}, D {WIDE}, {LINKS} links a node"
        figures = {"p50 ms": with_shared, "without": without}
        claims.append(Claim("P11", what, with_shared / without, 1.3, at_most=True, figures=figures))
    return claims


def _neighbors(server: Server, path: str) -> list[str]:
    with urlopen(f"http://127.0.0.1:{server.port}{path}") as response:
        return [entry["node"] for entry in json.load(response)["neighbors"]]


def _require_exact(server: Server, mu: Float32, random: np.random.Generator) -> None:
    """Hold some answers, known links among them, to a full sort in float64."""
    for row in random.integers(0, N, 20).tolist():
        found = _neighbors(server, f"/v1/models/bench/neighbors?node={name(row)}&known=true")
        logits = mu.astype(np.float64) @ mu[row]
        logits[row] = -np.inf
        expected = [name(other) for other in np.argsort(-logits, kind="stable")[:10].tolist()]
        if found != expected:
            raise RuntimeError(f"neighbours of row {row}: expected {expected}, found {found}")


if __name__ == "__main__":
    sys.exit(main())
