"""The score of one pair beside other servers (P10): LitServe, BentoML and Ray Serve, each in an environment of its own.

Every peer answers with what runs in Latentlink between request and answer, over the same checkpoint of 20,000 × 64, in the way
its own documentation shows for a function without batching (`peers_apps/`). One worker and one core for a server with all of its
processes, the client on the others, 32 connections; a peer takes turns with Latentlink, medians. LitServe and BentoML answer POST
only, so `POST scores` of one pair stands beside them, too. A peer that can't be installed or started is named and left out.
Exits 1 if Latentlink's `GET score` is below twice the best of them, or if there is none.

    python -m benchmarks.peers --quick          five rounds of a second and a half
    python -m benchmarks.peers
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np

from benchmarks._environments import environment, kept
from benchmarks._results import Claim, conclude, median_ratio, parser_of
from benchmarks._service import (
    Server,
    name,
    publish_random,
    requests_per_second,
    running,
    serving,
)

_SETTLE = 3  # s; a proxy that answers may load its table once more, and drops connections then
N, D, CONNECTIONS = 20_000, 64, 32
SHARED = [f"{package}=={version(package)}" for package in ("numpy", "orjson", "safetensors")]  # what the scoring needs
PAIR = {"source": name(1), "target": name(2)}
QUERY = urlencode(PAIR)


class Question(NamedTuple):
    """The score of one pair, as a client requests it: with GET, or with POST where there is a body."""

    server: Server
    path: str
    body: Any = None

    def answer(self) -> Any:
        """The answer."""
        url, headers = f"http://127.0.0.1:{self.server.port}{self.path}", {"content-type": "application/json"}
        with urlopen(Request(url, self._bytes(), headers)) as response:
            return json.load(response)

    def rate(self, count: int) -> float:
        """Answers a second to `count` requests over the connections."""
        return requests_per_second(self.server, [self.server.request(self.path, self._bytes())] * count, CONNECTIONS)

    def _bytes(self) -> bytes | None:
        return None if self.body is None else json.dumps(self.body).encode()


class Peer(NamedTuple):
    """A server to compare with."""

    title: str
    requirement: str
    arguments: tuple[str, ...]
    ready: str  # the path that answers 200 once requests can be answered
    get: bool  # whether the request is a GET, else a POST
    settings: dict[str, str]


_LITSERVE = ("-m", "benchmarks.peers_apps.on_litserve")
_BENTOML = ("-m", "bentoml", "serve", "benchmarks.peers_apps.on_bentoml:Score")
_RAY = ("-m", "benchmarks.peers_apps.on_ray")
_QUIET = {"BENTOML_DO_NOT_TRACK": "True", "RAY_USAGE_STATS_ENABLED": "0"}
_FAST = {"RAY_SERVE_ENABLE_HA_PROXY": "1", "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}  # its guide to high throughput

PEERS = (
    Peer("LitServe", "litserve==0.2.19", _LITSERVE, "/health", False, _QUIET),
    Peer("BentoML", "bentoml==1.4.40", _BENTOML, "/readyz", False, _QUIET),
    Peer("Ray Serve", "ray[serve]==2.60.0", _RAY, f"/score?{QUERY}", True, _QUIET),
    Peer("Ray Serve for throughput", "ray[serve]==2.60.0", _RAY, f"/score?{QUERY}", True, _QUIET | _FAST),
)


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    parser = parser_of(__doc__, quick="five rounds of a second and a half")
    parser.add_argument("--environments", type=Path, default=kept(), help="where they are kept (default: %(default)s)")
    arguments = parser.parse_args()
    rounds, seconds = (5, 1.5) if arguments.quick else (9, 5.0)
    print(f"N {N:,}, D {D}, 1 worker, 1 core; {CONNECTIONS} connections, medians of {rounds} rounds after a warm-up")
    claims, skipped = [], {}
    with tempfile.TemporaryDirectory() as store:
        publish_random(Path(store), N, D, np.random.default_rng(0))
        for peer in PEERS:
            try:
                python = environment(arguments.environments / peer.requirement, [peer.requirement, *SHARED])
                claims.append(_beside(peer, python, Path(store), rounds, seconds))
            except (OSError, EOFError, RuntimeError, subprocess.CalledProcessError) as error:
                skipped[peer.title] = str(error)
                print(f"{peer.title} ({peer.requirement}) is left out: {error}", flush=True)
    code = conclude("peers", claims, quick=arguments.quick, skipped=skipped)
    return code if claims else 1


def _beside(peer: Peer, python: Path, store: Path, rounds: int, seconds: float) -> Claim:
    """Start both, on one core, and ask them in turns from the others."""
    first, *others = _cores()
    settings = {"LATENTLINK_CHECKPOINTS": str(store), "PYTHONPATH": str(Path(__file__).parents[1]), **peer.settings}
    with (
        _bound({first}),
        serving(store) as service,
        running(peer.arguments, peer.ready, python, **settings) as server,
        _bound(set(others) or {first}),
    ):
        time.sleep(_SETTLE)
        ours = Question(service, f"/v1/models/bench/score?{QUERY}")
        posted = Question(service, "/v1/models/bench/scores", {"pairs": [list(PAIR.values())]})
        theirs = Question(server, f"/score?{QUERY}") if peer.get else Question(server, "/score", PAIR)
        if theirs.answer() != ours.answer():
            raise RuntimeError(f"expected the answer {ours.answer()}, found {theirs.answer()}")
        rates = _rates([ours, posted, theirs], rounds, seconds)
    ratio = median_ratio(rates[0], rates[2])
    names = ("requests/s", "of one pair by POST", "theirs")
    figures = {what: statistics.median(of) for what, of in zip(names, rates, strict=True)}
    return Claim("P10", f"GET score beside {peer.title}", ratio, 2.0, at_most=False, figures=figures)


def _rates(questions: list[Question], rounds: int, seconds: float) -> list[list[float]]:
    """Requests/s of each question in each round, about so many seconds long; a warm-up shows how many requests that are."""
    counts = [max(100, int(seconds * question.rate(300))) for question in questions]
    found = [[question.rate(count) for question, count in zip(questions, counts, strict=True)] for _ in range(rounds)]
    return [list(of) for of in zip(*found, strict=True)]


def _cores() -> list[int]:
    """The processors that may be used; one where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


@contextlib.contextmanager
def _bound(cores: set[int]) -> Iterator[None]:
    """Run here, and start processes, on these cores only, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


if __name__ == "__main__":
    sys.exit(main())
