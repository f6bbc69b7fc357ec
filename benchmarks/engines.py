"""The best partners of a node: the service beside the databases that `latentlink export` writes to (P18).

The same vectors, random in blocks of 100 nodes, D = 64, N = 10,000, with about ten known links a node, most of them inside its
block: one checkpoint, and an export of it to each database. All are asked for the top 10 of the same nodes without their known
links, which databases get as a filter; answers are held to a full sort in NumPy. Latency is that of one caller, from the
question, which is written down before, to the ids. The service is asked over HTTP; its kernel, in this process, stands beside
Qdrant's local engine, which runs there, too. pgvector scans, and searches by HNSW with the smallest `ef_search` that finds 99 %
of the answers for 50 other nodes. Databases that are not installed are left out, with a line that says so. Qdrant's local
engine and Milvus Lite are for tests: the servers of these names are other programs, and were not measured. One thread each;
rounds alternate; medians after a warm-up. Exits 1 if a target is missed.

    python -m benchmarks.engines --quick          1,000 nodes
    python -m benchmarks.engines
    python -m benchmarks.engines --nodes 100000   another number; keeps no result
"""

import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks._databases import DATABASES, Ask, Asked, K, Question
from benchmarks._results import Claim, conclude, median_ratio, parser_of
from benchmarks._service import name, publish_table, serving
from latentlink.app.services.search.searcher import Searcher
from latentlink.app.services.search.selection import Query
from latentlink.extras import how_to_install
from latentlink.models.arrays import Float32, Int64
from latentlink.models.checkpoint import Checkpoint
from latentlink.models.checkpoint.store import find
from latentlink.models.publishing.exporters.vector_table import VectorTable

N, QUICK, D, BLOCK, LINKS = 10_000, 1_000, 64, 100, 10
ROUNDS, QUERIES, OTHERS, RECALL, FASTER = 5, 10, 50, 0.99, 3.0
HTTP, KERNEL = "service over HTTP", "kernel in process"
IN_PROCESS = "Qdrant's local engine"
Times = Mapping[str, Sequence[Sequence[float]]]  # seconds by engine and round


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = parser_of(__doc__, quick=f"{QUICK:,} nodes")
    parser.add_argument("--nodes", type=int, help="another number of nodes, from 1,000 on; keep no result")
    options = parser.parse_args()
    n, random = options.nodes or (QUICK if options.quick else N), np.random.default_rng(0)
    print(f"N {n:,}, D {D}, top {K}; 1 caller, 1 thread each; medians of {ROUNDS} rounds after a warm-up")
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1), ExitStack() as stack:
        store = Path(folder) / "store"
        publish_table(store, *drawn(n, D, random))
        checkpoint = find(store, "bench")
        rows = random.choice(n, OTHERS + QUERIES * (ROUNDS + 1), replace=False).tolist()
        questions = [question_of(checkpoint, row) for row in rows]
        ways = {HTTP: stack.enter_context(_over_http(store)), KERNEL: _kernel(checkpoint)}
        found, exported = installed(checkpoint, questions[:OTHERS], Path(folder), stack)
        seconds, recall = _measured(ways | found, checkpoint, questions[OTHERS:])
    middle = {
        engine: 1e3 * statistics.median([one for each in rounds for one in each]) for engine, rounds in seconds.items()
    }
    for engine, ms in middle.items():
        print(f"    {engine:32}{ms:8.2f} ms   recall@{K} {recall[engine]:.4f}")
    facts = {"nodes": n, "ms": middle, "recall": recall, "export_s": exported}
    quick = options.quick or options.nodes is not None
    return conclude("engines", _claims(seconds, recall, n), quick=quick, **facts)


def drawn(n: int, dim: int, random: np.random.Generator) -> tuple[Float32, Int64]:
    """Vectors float32 (N, D) around the centres of their blocks, and links int64 (E, 2), nine in ten inside a block."""
    centres = 0.4 * random.standard_normal((n // BLOCK + 1, dim), np.float32)
    mu = 0.2 * random.standard_normal((n, dim), np.float32)
    mu += centres[np.arange(n) // BLOCK]
    source = random.integers(0, n, n * LINKS // 2)
    inside = np.minimum(source // BLOCK * BLOCK + random.integers(0, BLOCK, len(source)), n - 1)
    target = np.where(random.random(len(source)) < 0.1, random.integers(0, n, len(source)), inside)
    pairs = np.sort(np.stack([source, target], axis=1), axis=1)
    return mu, np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def question_of(checkpoint: Checkpoint, row: int) -> Question:
    """The best partners of a node, without itself and its known links."""
    barred = [row, *checkpoint.graph.neighbors(row).tolist()]
    return Question(row, checkpoint.decoder.source_vector(row), checkpoint.nodes.ids(barred))


def recall_of(answers: Sequence[Sequence[str]], checkpoint: Checkpoint, questions: Sequence[Question]) -> float:
    """The share of the top K by a full sort in float64 that is in the answers."""
    shares = []
    for answer, question in zip(answers, questions, strict=True):
        logits = checkpoint.mu.astype(np.float64) @ question.vector.astype(np.float64)
        logits[[checkpoint.nodes.row(node) for node in question.barred]] = -np.inf
        best = checkpoint.nodes.ids(np.argsort(-logits, kind="stable")[:K].tolist())
        shares.append(len({*answer} & {*best}) / K)
    return statistics.fmean(shares)


def installed(
    checkpoint: Checkpoint, others: Sequence[Question], folder: Path, stack: ExitStack
) -> tuple[dict[str, Ask], dict[str, float]]:
    """How to ask each database that is installed, and the seconds of its export; a line about each that is not.

    Args:
        checkpoint: what is exported.
        others: questions that choose between several ways to ask one database.
        folder: where databases keep their files.
        stack: what closes them.
    """
    ways: dict[str, Ask] = {}
    exported: dict[str, float] = {}
    table = VectorTable.of(checkpoint)
    for engine, opened in DATABASES.items():
        try:
            database = stack.enter_context(opened(table, folder / engine))
        except ModuleNotFoundError as error:
            print(f"    {engine} is left out: {how_to_install(error, 'latentlink[proofs]')}")
            continue
        exported[engine] = database.exported
        print(f"    {engine}: exported in {database.exported:.1f} s", flush=True)
        ways |= {way: _sufficient(several, checkpoint, others) for way, several in database.ways.items()}
    return ways, exported


def _sufficient(several: Sequence[Ask], checkpoint: Checkpoint, others: Sequence[Question]) -> Ask:
    """The first way that finds enough, or the last one."""
    for ask in several[:-1]:
        if recall_of([ask(question)() for question in others], checkpoint, others) >= RECALL:
            return ask
    return several[-1]


@contextmanager
def _over_http(store: Path) -> Iterator[Ask]:
    """`GET neighbors`, over one connection."""
    with serving(store) as server, closing(socket.create_connection(("127.0.0.1", server.port))) as connection:
        answers = connection.makefile("rb")

        def ask(question: Question) -> Asked:
            request = server.request(f"/v1/models/bench/neighbors?node={name(question.row)}&k={K}")

            def asked() -> list[str]:
                connection.sendall(request)
                head = b"".join(iter(answers.readline, b"\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                return [entry["node"] for entry in json.loads(answers.read(length))["neighbors"]]

            return asked

        yield ask


def _kernel(checkpoint: Checkpoint) -> Ask:
    searcher = Searcher(checkpoint)

    def ask(question: Question) -> Asked:
        row = np.array([question.row])
        return lambda: checkpoint.nodes.ids(next(searcher.search(row, Query(K))).rows.tolist())

    return ask


def _measured(
    ways: Mapping[str, Ask], checkpoint: Checkpoint, questions: Sequence[Question]
) -> tuple[dict[str, list[list[float]]], dict[str, float]]:
    """Seconds by engine and round, in turns, without the first round; and the recall of all answers."""
    seconds: dict[str, list[list[float]]] = {engine: [] for engine in ways}
    answers: dict[str, list[list[str]]] = {engine: [] for engine in ways}
    for start in range(0, len(questions), QUERIES):
        for engine, ask in ways.items():
            seconds[engine].append([])
            for question in questions[start : start + QUERIES]:
                asked = ask(question)
                started = time.perf_counter()
                answers[engine].append(asked())
                seconds[engine][-1].append(time.perf_counter() - started)
    recall = {engine: recall_of(found, checkpoint, questions) for engine, found in answers.items()}
    return {engine: rounds[1:] for engine, rounds in seconds.items()}, recall


def _claims(seconds: Times, recall: Mapping[str, float], n: int) -> list[Claim]:
    """The service beside the quickest database that finds 99 %, its kernel beside an engine in process, and its recall."""
    middle = {engine: [statistics.median(one) for one in rounds] for engine, rounds in seconds.items()}
    enough = [engine for engine in middle if engine not in (HTTP, KERNEL) and recall[engine] >= RECALL]
    claims = []
    best = min(enough, key=lambda engine: statistics.median(middle[engine]), default=None)
    for ours, theirs in ((HTTP, best), (KERNEL, IN_PROCESS if IN_PROCESS in enough else None)):
        if theirs is not None:
            figures = {f"ms, {engine}": 1e3 * statistics.median(middle[engine]) for engine in (ours, theirs)}
            what = f"times as quick as {theirs}: {ours}, top {K}, N {n:,}, D {D}"
            claims.append(Claim("P18", what, median_ratio(middle[theirs], middle[ours]), FASTER, False, figures))
    what = f"recall@{K} of the service, N {n:,}, D {D}"
    return [*claims, Claim("P18", what, min(recall[HTTP], recall[KERNEL]), 1.0, False, {})]


if __name__ == "__main__":
    sys.exit(main())
