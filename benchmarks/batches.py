"""Millions of pairs as Arrow: the time beside bare numpy, and the memory of the service (P11).

A service of one worker over 100,000 random vectors of 64 numbers. A million pairs of ids, texts, are sent as an Arrow stream, and
their scores come back as one. Beside it numpy does what no service can leave out, on the same mapped files: it finds the rows of
the ids, in blocks, multiplies both vectors in float64, and looks for known links. Rounds alternate; one BLAS thread; medians.
Then five million pairs: the peak memory of the worker is compared with that of one million, on Linux.

Exits 1 if a target is missed.

    python -m benchmarks.batches --quick       few pairs, nothing to miss
    python -m benchmarks.batches
"""

import http.client
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._results import Claim, conclude, median_ratio, parser_of
from benchmarks._service import Server, name, publish_random, serving
from latentlink.client.arrow import ARROW, numbers_of, write_ids
from latentlink.models.arrays import Float64, Int64
from latentlink.models.checkpoint import Checkpoint, Texts
from latentlink.models.checkpoint.store import open_version
from latentlink.models.host import available_cpus
from latentlink.models.inference.scoring import sigmoid

N, DIM, ROUNDS, BLOCK = 100_000, 64, 5, 2**16
MIB = 2**20


def main() -> int:
    """Measure, print, keep; the exit code."""
    quick = parser_of(__doc__, quick="few pairs").parse_args().quick
    n, pairs, rounds = (5_000, 20_000, 1) if quick else (N, 1_000_000, ROUNDS)
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        publish_random(store, n, DIM, random)
        rows = random.integers(0, n, (5 * pairs, 2))
        checkpoint = open_version(store / "bench", "bench", (store / "bench" / "CURRENT").read_text().strip())
        body = _body(rows[:pairs])
        with serving(store) as server:
            taken = [(_numpy(checkpoint, rows[:pairs]), _service(server, body)) for _ in range(rounds)]
            ours, theirs = [answer[0] for _, answer in taken], [bare[0] for bare, _ in taken]
            same = bool((taken[0][1][1] == taken[0][0][1]).all())
            one = _peak(server)
            many = _service(server, _body(rows))[0]
            five = _peak(server)
    print(f"the same logits as numpy, to the bit: {same}")
    figures = {"service s": statistics.median(ours), "numpy s": statistics.median(theirs)}
    memory = {"MiB": one / MIB, f"MiB at {5 * pairs:,}": five / MIB, f"s for {5 * pairs:,}": many}
    claims = [
        Claim("P11", f"{pairs:,} pairs as Arrow, of numpy's time", median_ratio(ours, theirs), 2.0, True, figures),
        Claim("P11", f"peak memory of {5 * pairs:,} pairs, of that of {pairs:,}", five / one, 1.1, True, memory),
    ]
    code = conclude("batches", claims, quick=quick, cpus=available_cpus(), rounds=rounds)
    return 0 if quick else code


def _body(rows: Int64) -> bytes:
    ends = zip(("source", "target"), rows.T, strict=True)
    return write_ids({end: [name(row) for row in column.tolist()] for end, column in ends})


def _service(server: Server, body: bytes) -> tuple[float, Float64]:
    """Seconds, and the logits."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    start = time.perf_counter()
    connection.request("POST", "/v1/models/bench/scores", body, {"Content-Type": ARROW})
    answer = connection.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - start
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"expected scores, found {answer.status}: {content[:500]!r}")
    return seconds, numbers_of(content)["logit"].values


def _numpy(checkpoint: Checkpoint, rows: Int64) -> tuple[float, Float64]:
    """The same; the texts are there, as in a batch."""
    ids = [Texts.of([name(row) for row in column.tolist()]) for column in rows.T]
    z, found = checkpoint.decoder.z, np.empty(len(rows))
    start = time.perf_counter()
    for first in range(0, len(rows), BLOCK):
        part = slice(first, first + BLOCK)
        one, other = (checkpoint.nodes.rows(texts.take(part)) for texts in ids)
        found[part] = np.einsum("md,md->m", z[one].astype(np.float64), z[other].astype(np.float64))
        sigmoid(found[part])
        checkpoint.graph.has_edges(one, other)
    seconds = time.perf_counter() - start
    return seconds, checkpoint.decoder.pairs(*rows.T)


def _peak(server: Server) -> float:
    """The most memory that the worker has had beside mapped files, in bytes: `RssAnon` at most is not kept, so all of it."""
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        return float("nan")
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return 1024.0 * int(line.split()[1])


if __name__ == "__main__":
    sys.exit(main())
