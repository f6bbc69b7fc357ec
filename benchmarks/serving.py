"""What the service adds to the framework (P4) and to reading and writing JSON (P5).

P4: `GET score` and `POST scores` with one pair, requests/s, against a bare FastAPI endpoint with the same parameters that returns
a constant. P5: `POST scores` with 10,000 pairs of string ids, against decoding that body and encoding that answer with msgspec,
nothing else. Rounds alternate between the two; medians. Exits 1 if a target is missed.

    python -m benchmarks.serving --quick          fewer requests
    python -m benchmarks.serving
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec
import numpy as np

from benchmarks._results import Claim, conclude, median_ratio, parser_of
from benchmarks._service import (
    Server,
    name,
    publish_random,
    requests_per_second,
    running,
    seconds_alone,
    serving,
)

N, D, PAIRS, CONNECTIONS, ROUNDS = 100_000, 64, 10_000, 16, 7

BARE = """
import os
from typing import Annotated, Literal
import uvicorn
from fastapi import FastAPI, Query
from pydantic import BaseModel
from latentlink.app.schemas.answers import Score, Scores
class Body(BaseModel):
    pairs: list[tuple[str, str]]
    on_unknown: Literal["error", "null"] = "error"
app = FastAPI()
one = {"model": "bench", "version": "20260102T030405000000Z", "source": "user_0000001", "target": "user_0000002"}
@app.get("/v1/models/{model}/score")
async def score(model: str, source: Annotated[str, Query()], target: Annotated[str, Query()]) -> Score:
    return {**one, "probability": 0.93, "logit": 2.59, "known": False}
@app.post("/v1/models/{model}/scores")
async def scores(model: str, body: Body) -> Scores:
    return {"model": "bench", "version": one["version"], "probability": [0.93], "logit": [2.59], "known": [False]}
uvicorn.run(app, port=int(os.environ["LATENTLINK_PORT"]))
"""


class Body(msgspec.Struct):
    """The body of `POST scores`."""

    pairs: list[tuple[str, str]]


def main() -> int:
    """Measure, print a line a claim, keep the result; the exit code."""
    quick = parser_of(__doc__, quick="fewer requests").parse_args().quick
    requests = 2_000 if quick else 10_000
    random = np.random.default_rng(0)
    print(f"N {N:,}, D {D}, 1 worker, 1 thread; {CONNECTIONS} connections, medians of {ROUNDS} rounds after a warm-up")
    with tempfile.TemporaryDirectory() as store:
        publish_random(Path(store), N, D, random)
        with serving(Path(store)) as service, running(["-c", BARE], "/openapi.json") as bare:
            claims = [
                _one_pair("GET score", service, bare, requests, lambda server: _get_score(server)),
                _one_pair("POST scores, 1 pair", service, bare, requests, lambda server: _post_scores(server)),
                _many_pairs(service, random),
            ]
    return conclude("serving", claims, quick=quick)


def _get_score(server: Server) -> bytes:
    return server.request(f"/v1/models/bench/score?source={name(1)}&target={name(2)}")


def _post_scores(server: Server) -> bytes:
    return server.request("/v1/models/bench/scores", json.dumps({"pairs": [[name(1), name(2)]]}).encode())


def _one_pair(what: str, service: Server, bare: Server, count: int, request: Callable[[Server], bytes]) -> Claim:
    rates: dict[str, list[float]] = {"service": [], "bare": []}
    for _ in range(ROUNDS + 1):
        for of, server in (("service", service), ("bare", bare)):
            rates[of].append(requests_per_second(server, [request(server)] * count, CONNECTIONS))
    ours, theirs = (statistics.median(rates[of][1:]) for of in ("service", "bare"))
    ratio = median_ratio(rates["service"][1:], rates["bare"][1:])
    return Claim("P4", what, ratio, 0.85, at_most=False, figures={"requests/s": ours, "bare FastAPI": theirs})


def _many_pairs(service: Server, random: np.random.Generator) -> Claim:
    pairs = [[name(a), name(b)] for a, b in random.integers(0, N, (PAIRS, 2)).tolist()]
    body = json.dumps({"pairs": pairs}).encode()
    url = f"http://127.0.0.1:{service.port}/v1/models/bench/scores"
    with urlopen(Request(url, body, {"content-type": "application/json"})) as response:
        answer = json.load(response)
    decoder, encoder = msgspec.json.Decoder(Body), msgspec.json.Encoder()
    request = service.request("/v1/models/bench/scores", body)
    ours, floor = [], []
    for _ in range(5 * ROUNDS + 1):
        ours.append(statistics.median(seconds_alone(service, request, 5)))
        started = time.perf_counter()
        for _ in range(5):
            decoder.decode(body)
            encoder.encode(answer)
        floor.append((time.perf_counter() - started) / 5)
    figures = {"ms": 1e3 * statistics.median(ours[1:]), "msgspec": 1e3 * statistics.median(floor[1:])}
    ratio = median_ratio(ours[1:], floor[1:])
    return Claim("P5", f"POST scores, {PAIRS:,} pairs", ratio, 2.5, at_most=True, figures=figures)


if __name__ == "__main__":
    sys.exit(main())
