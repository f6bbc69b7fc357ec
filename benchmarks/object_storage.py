"""A replica of an object storage whose every tenth read breaks: cut, refused, a second late, or with other bytes.

It starts with an empty cache. A model of a gigabyte is copied while 20 versions of a small one are pushed, a corrupt one before
every fifth, and clients ask for the small one without a pause. No request may fail (R1), no answer be of two versions (R2), no
version be seen in the directory of copies whose digests are not those of its manifest (R3), and once the large model has
answered, it must go on to (R4). Then the storage is killed: again no request may fail (R5), and the service must start from its
cache (R6). The named peer for the seconds of the copy is obstore, which copies the same objects from the same storage without
faults in the same run: R7 is how much longer the replica takes to start, copy, verify and serve, with the faults, the swaps and
the clients beside it. Publishers use the broken storage as well. Exits 1 if a target is missed.

    python -m benchmarks.object_storage --quick     a model of 80 MB
    python -m benchmarks.object_storage             1 GB, for some minutes
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._results import Claim, conclude, parser_of
from benchmarks.swaps import graph
from latentlink.models.checkpoint.remote.location import StoreURL
from tests.e2e.replica import BREAK_EVERY, Outcome, follow
from tests.e2e.storages.own import s3
from tests.support import Small

SWAPS, REST = 20, 10
SLOWER, RESTART = 10.0, 60.0  # times, seconds


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = parser_of(__doc__, quick="a model of 80 MB, 2,000 nodes swapped")
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    nodes, dim, swapped = (10_000, 2_048, 2_000) if arguments.quick else (61_000, 4_096, 20_000)
    with tempfile.TemporaryDirectory() as folder:
        large = _large(nodes, dim)
        small, connections = graph(swapped), arguments.connections
        with s3(Path(folder) / "storage", break_every=BREAK_EVERY) as storage:
            outcome = follow(
                Path(folder), storage, small, large, swaps=SWAPS, connections=connections, pause=1, rest=REST
            )
        plain = _plain(Path(folder))
    return conclude(
        "object_storage", _claims(outcome, plain, 4 * nodes * dim), quick=arguments.quick, break_every=BREAK_EVERY
    )


def _large(nodes: int, dim: int) -> Small:
    row = np.arange(nodes)
    mu = np.random.default_rng(0).normal(0, 0.1, (nodes, dim)).astype(np.float32)
    return Small(mu, np.stack([row[:-1], row[1:]], axis=1), ids=tuple(f"n{i}" for i in range(nodes)), mapped=False)


def _plain(folder: Path) -> float:
    """Seconds in which obstore itself copies the large model from the storage of `follow`, without faults."""
    with s3(folder / "storage") as storage:
        os.environ |= storage.environment
        bucket = StoreURL(storage.url).open()
        started = time.perf_counter()
        for key in bucket.stored("large"):
            with (folder / "plain").open("wb") as file:
                file.writelines(bucket.stream(f"large/{key}"))
        return time.perf_counter() - started


def _claims(outcome: Outcome, plain: float, size: int) -> list[Claim]:
    seen, away = outcome.seen, outcome.away
    p99 = {
        f"ms p99 {name}": 1e3 * float(np.percentile(of.seconds, 99)) for name, of in (("pushing", seen), ("away", away))
    }
    versions = {
        "versions": float(len({version for version, _, _ in seen.answers})),
        "answers": float(len(seen.seconds)),
    }
    copied = {"s": outcome.seconds, "s plain": plain, "MB": size / 1e6}
    return [
        Claim("R1", "failed requests while versions are pushed", len(seen.failures), 0, True, versions),
        Claim("R2", "answers of two versions or none", len(outcome.wrong), 0, True, {}),
        Claim(
            "R3",
            "versions seen that were not whole",
            len(outcome.watch.broken),
            0,
            True,
            {"whole": len(outcome.watch.whole)},
        ),
        Claim("R4", "answers of the large model other than 200, after the first", len(outcome.late), 0, True, {}),
        Claim(
            "R5",
            "failed requests without the storage",
            len(away.failures),
            0,
            True,
            {"answers": len(away.seconds), **p99},
        ),
        Claim("R6", "s to start from the cache without the storage", outcome.restarted, RESTART, True, {}),
        Claim(
            "R7",
            "times as long to start, copy and serve as a plain copy",
            outcome.seconds / plain,
            SLOWER,
            True,
            copied,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
