"""Neighbours: what scoring concurrent searches together gains (P6), and what the index gains (P7).

P6: `GET neighbors` from 32 concurrent callers, N = 100k, D = 64, requests/s, against the same service scanning once per request;
every answer is held to an exact one of NumPy. Rounds alternate; medians. Exits 1 if a target is missed.

    python -m benchmarks.topk --quick          fewer requests
    python -m benchmarks.topk
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from benchmarks._results import Claim, conclude
from benchmarks._service import Server, name, publish_table, random_links, requests_per_second, running, serving
from models.csr import Float32

N, D, CALLERS, ROUNDS = 100_000, 64, 32, 5

ONE_BY_ONE = """
import sys
import app.services.search
app.services.search._TOGETHER = 1
sys.argv = ["latentlink", "serve", "--checkpoints", {store!r}]
from app.cli import main
main()
"""


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer requests")
    requests = 640 if parser.parse_args().quick else 6_400
    print(f"1 worker, 1 thread a scan; medians of {ROUNDS} rounds after a warm-up")
    return conclude("topk", [_together(requests, np.random.default_rng(0))])


def _together(count: int, random: np.random.Generator) -> Claim:
    mu = random.normal(0, 0.3, (N, D)).astype(np.float32)
    with tempfile.TemporaryDirectory() as store:
        publish_table(Path(store), mu, random_links(N, 10, random))
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
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    figures = {"requests/s": statistics.median(ours), "one scan each": statistics.median(theirs), "recall": 1.0}
    return Claim("P6", f"neighbors, {CALLERS} callers, N {N:,}, D {D}", ratio, 4.0, at_most=False, figures=figures)


def _require_exact(server: Server, mu: Float32, random: np.random.Generator) -> None:
    """Hold some answers, known links among them, to a full sort in float64."""
    for row in random.integers(0, N, 20).tolist():
        url = f"http://127.0.0.1:{server.port}/v1/models/bench/neighbors?node={name(row)}&known=true"
        with urlopen(url) as response:
            found = [entry["node"] for entry in json.load(response)["neighbors"]]
        logits = mu.astype(np.float64) @ mu[row]
        logits[row] = -np.inf
        expected = [name(other) for other in np.argsort(-logits, kind="stable")[:10].tolist()]
        if found != expected:
            raise RuntimeError(f"neighbours of row {row}: expected {expected}, found {found}")


if __name__ == "__main__":
    sys.exit(main())
