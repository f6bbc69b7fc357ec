"""What one client can do to another: nobody's request may hurt anyone else.

A prober in a process of its own asks for `/healthz` and one score, over and over, first beside nothing: that is the noise of
the machine. Then one client, and then 64, ask for the most expensive legal request of each route, which is found by trying sizes,
on a graph of 400,000 nodes with ten hubs of 100,000 links; and for bodies of 16 MiB, plain and gzip. Beside any the prober is to
wait under 100 ms for its 99th percentile and 250 ms at most (F1 to F4), no connection of it may break (F5), and the service
is to have at most 300 MB more of its own than at its start (F6). Ten seconds after 64 clients whose requests run into a limit of
two seconds, every route is to answer within twice its time of before, or 10 ms (F7). 32 clients ask for a minute while 20
versions are swapped, a corrupt one before every fifth: no request may fail, and no answer be of two versions (F8). Exits 1 if a
target is missed. Clients and prober share the CPUs with the service; how late the prober woke by itself stands beside its times.

    python -m benchmarks.faults --quick     40,000 nodes, for some minutes
    python -m benchmarks.faults             for a quarter of an hour
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks._clients import Crowd, Probed, Prober, ask, own_memory
from benchmarks._forged import forge
from benchmarks._results import Claim, conclude
from benchmarks._service import Server, serving
from benchmarks._worst import SCORE, Route, bodies, routes, sizes
from benchmarks.swaps import graph
from tests.e2e.service import running_service
from tests.e2e.swapping import Publisher, swap_under_load, wrong_answers

CLIENTS, SWAPS, REST, ROUNDS = 64, 20, 10, 5
LIMIT = 2  # s, of the storm of requests that time out
P99, MOST, GROWTH, SLOWER = 100.0, 250.0, 300.0, 2.0  # ms, ms, MB, times
NOISE = 0.005  # s, below which a shared machine tells no times apart


class Scale(NamedTuple):
    """How much is measured: nodes and links of a hub, seconds of each storm, and between two swaps."""

    nodes: int
    links: int
    seconds: float
    pause: float


class Row(NamedTuple):
    """What a storm did to the prober and the service: milliseconds, bytes, and how often the storm got each status."""

    name: str
    clients: int
    probed: Probed
    growth: int
    statuses: dict[int, int]

    def line(self) -> str:
        """As it is printed."""
        times = (
            f"{name} {of['p50']:6.1f} {of['p99']:7.1f} {of['max']:7.1f}"
            for name in ("healthz", "score", "asleep")
            for of in [self.probed.milliseconds(name)]
        )
        refused, statuses = self.probed.refused.total(), dict(sorted(self.statuses.items()))
        grown = f"+{self.growth / 1e6:4.0f} MB"
        return f"{self.name:32}{self.clients:3}  {'  '.join(times)}  {grown}  {refused:4} refused  {statuses}"

    def facts(self) -> dict[str, Any]:
        """As it is kept."""
        times = {name: self.probed.milliseconds(name) for name in ("healthz", "score", "asleep")}
        others = {"refused": self.probed.refused.total(), "lost": self.probed.lost, "growth": self.growth}
        return {"name": self.name, "clients": self.clients, **times, **others, "statuses": self.statuses}


def main() -> int:
    """Measure, print a line a storm and a line a claim, keep the result; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="40,000 nodes, short storms")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="storms whose name holds this word, and nothing else"
    )
    arguments = parser.parse_args()
    scale = Scale(40_000, 10_000, 1.5, 0) if arguments.quick else Scale(400_000, 100_000, 4, 3)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        forge(store, nodes=scale.nodes, links=scale.links)
        kinds = [route for route in (*routes(scale.nodes, 10), *bodies()) if arguments.only in route.name]
        with serving(store) as server:
            memory = own_memory(server.process.pid)
            worst = [_worst(server, kind) for kind in kinds]
            idle, *beside = list(_storms(server, worst, scale.seconds, memory))
        if arguments.only:
            return 0
        before, after = _recovery(store, kinds, worst, scale.seconds)
        swapped, failures = _swaps(Path(folder) / "swapped", scale.pause)
    claims = [
        *_claims(idle, [*beside, swapped]),
        _recovered(before, after),
        Claim("F8", "failed or mixed answers while versions are swapped", failures, 0, True, {"swaps": SWAPS}),
    ]
    rows = [row.facts() for row in (idle, *beside, swapped)]
    missed = conclude("faults", claims, quick=arguments.quick, rows=rows, before=before, after=after)
    print("\n".join(f"missed: {claim.what}" for claim in claims if not claim.reached()) or "all targets reached")
    return missed


def _worst(server: Server, route: Route) -> Route:
    """The request that takes longest, as a route of the one size."""
    found = {}
    for size in sizes(route.most):
        answer = ask(server.port, route.request(size))
        if answer.status >= 500 or answer.status == 200 or route.name.startswith("body"):
            found[size] = answer
    size = max(found, key=lambda size: found[size].seconds)
    print(
        f"{route.name:32}{size:9,}  {found[size].status} {found[size].seconds:7.2f} s {found[size].size:11,} bytes",
        flush=True,
    )
    return Route(route.name, lambda _: route.request(size))


def _storms(server: Server, worst: Sequence[Route], seconds: float, memory: int) -> Iterator[Row]:
    """First beside nothing, then beside each request by one client and by many; `memory` is the service's at its start."""
    prober, crowd = Prober(server.port, server.process.pid, SCORE), Crowd(server.port)
    yield _beside(prober, "nothing", 0, memory, lambda: _rest(4 * seconds))
    for route in worst:
        request = route.request(1)
        for clients in (1, CLIENTS):
            yield _beside(prober, route.name, clients, memory, lambda: crowd.ask([request], clients, seconds))  # noqa: B023
            time.sleep(1)
    prober.stop()
    crowd.stop()


def _rest(seconds: float) -> dict[int, int]:
    time.sleep(seconds)
    return {}


def _beside(prober: Prober, name: str, clients: int, memory: int, work: Callable[[], dict[int, int]]) -> Row:
    with prober.beside() as probed:
        statuses = work()
    row = Row(name, clients, probed, max(0, probed.memory - memory), dict(statuses))
    print(row.line(), flush=True)
    return row


def _recovery(
    store: Path, kinds: Sequence[Route], worst: Sequence[Route], seconds: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of each route's smallest request before a storm of requests that time out, and some time after it."""
    requests = [route.request(1) for route in worst if not route.name.startswith("body")]
    with serving(store, LATENTLINK_TIMEOUT_SECONDS=str(LIMIT)) as server:
        crowd, before = Crowd(server.port), _times(server, kinds)
        statuses = crowd.ask(requests, CLIENTS, 4 * seconds)
        crowd.stop()
        print(f"storm of all routes, with a limit of {LIMIT} s: {dict(statuses)}", flush=True)
        time.sleep(REST)
        return before, _times(server, kinds)


def _times(server: Server, kinds: Sequence[Route]) -> dict[str, float]:
    """The median of some rounds, by route; of those that are answered before they run into the limit."""
    found = {}
    for route in kinds:
        if ask(server.port, route.request(1)).status < 500:  # which warms it up, too
            found[route.name] = statistics.median(ask(server.port, route.request(1)).seconds for _ in range(ROUNDS))
    return found


def _swaps(store: Path, pause: float) -> tuple[Row, int]:
    """The prober beside clients whose versions are swapped, and how many of their answers failed or were mixed."""
    publisher = Publisher(store, graph(20_000))
    publisher.publish()
    with running_service(store) as service:
        prober = Prober(
            urlsplit(service.url).port or 0, service.process.pid or 0, "/v1/models/small/score?source=n1&target=n2"
        )
        work, failed = swap_under_load(service.url, publisher, connections=32, swaps=SWAPS, pause=pause), []

        def swap() -> dict[int, int]:
            seen = asyncio.run(work)
            failed.extend([*seen.failures, *wrong_answers(publisher, seen)])
            return {200: len(seen.seconds)}

        row = _beside(prober, "swaps", 32, own_memory(service.process.pid or 0), swap)
        prober.stop()
    print(*failed[:5], sep="\n")
    return row, len(failed)


def _claims(idle: Row, rows: Sequence[Row]) -> list[Claim]:
    """The largest value of all storms against each target, with the idle service's."""
    claims = []
    for at, (name, what, target) in enumerate(
        (name, what, target) for name in ("healthz", "score") for what, target in (("p99", P99), ("max", MOST))
    ):
        values = {f"{row.name} by {row.clients}": row.probed.milliseconds(name)[what] for row in rows}
        most = max(values, key=values.__getitem__)
        figures = {"idle": idle.probed.milliseconds(name)[what], "over": sum(v > target for v in values.values())}
        claims.append(Claim(f"F{at + 1}", f"ms, {what} of {name} beside {most}", values[most], target, True, figures))
    largest = max(rows, key=lambda row: row.growth)
    growth = f"MB of memory more beside {largest.name} by {largest.clients}"
    return [
        *claims,
        Claim("F5", "connections of the prober that broke", sum(row.probed.lost for row in rows), 0, True, {}),
        Claim("F6", growth, largest.growth / 1e6, GROWTH, True, {}),
    ]


def _recovered(before: dict[str, float], after: dict[str, float]) -> Claim:
    """The route that is slowest beside before; one without an answer now never is back."""
    ratios = {name: after.get(name, float("inf")) / max(seconds, NOISE) for name, seconds in before.items()}
    name = max(ratios, key=ratios.__getitem__)
    figures = {"ms before": 1e3 * before[name], "ms after": 1e3 * after.get(name, float("inf"))}
    return Claim("F7", f"times as long {REST} s after a storm: {name}", ratios[name], SLOWER, True, figures)


if __name__ == "__main__":
    sys.exit(main())
