"""Clients that ask for as much as they may do not keep others waiting."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from benchmarks._clients import Crowd, Prober
from benchmarks._worst import SCORE, bodies, routes
from tests.contracts.operations import WITH_MODEL, Operation
from tests.e2e.service import Service, running_service
from tests.faults.conftest import HUBS, NODES
from tests.support import eventually

pytestmark = pytest.mark.slow

CLIENTS, SECONDS = 64, 0.6
CEILING = 1.0  # s, for what takes milliseconds: the machine may be busy
_IN_FLIGHT = r"^latentlink_(?:heavy_)?requests_in_flight (\S+)"
WORST = {route.name: route for route in (*routes(NODES, HUBS), *bodies())}
ASKED = (
    *("GET score, support", "POST scores", "POST scores, support", "GET neighbors", "POST neighbors"),
    *("POST unseen, explanation", "POST unseen, linked", "POST unseen, support", "GET explanation"),
    *("GET embeddings, JSON", "GET map", "GET nodes, contains", "body of keys, identity"),
)


def largest(name: str) -> bytes:
    """The largest request of a kind; a body is of two megabytes, of which 64 are sent in no time."""
    return WORST[name].request(min(WORST[name].most, 2**21))


class Crowded:
    """A service, clients that ask it for too much, and one that measures how long others wait."""

    def __init__(self, service: Service) -> None:
        port = urlsplit(service.url).port or 0
        self.service, self.crowd = service, Crowd(port)
        self.prober = Prober(port, service.process.pid or 0, SCORE)

    def in_work(self) -> list[float]:
        """Requests in work, this one among them, and heavy ones, by the metrics."""
        found = re.findall(_IN_FLIGHT, self.service.get("/metrics").text, re.MULTILINE)
        return sorted(map(float, found))

    def stop(self) -> None:
        """End the clients."""
        self.crowd.stop()
        self.prober.stop()


@pytest.fixture(scope="module")
def crowded(forged: Path) -> Iterator[Crowded]:
    """One for all storms, one after the other, with a short time limit, that their requests run into."""
    with running_service(forged, LATENTLINK_TIMEOUT_SECONDS="0.5") as service:
        crowded = Crowded(service)
        yield crowded
        crowded.stop()


@pytest.mark.parametrize("name", ASKED)
def test_the_largest_request_of_64_clients_holds_up_nobody(crowded: Crowded, name: str) -> None:
    """Beside it `/healthz` and one score are answered within a second, and none of its work is left soon after."""
    with crowded.prober.beside() as probed:
        crowded.crowd.ask([largest(name)], CLIENTS, SECONDS)
    assert max(probed.healthz + probed.score) < CEILING
    assert probed.lost == 0
    eventually(lambda: crowded.in_work() == [0, 1])


def test_after_a_storm_of_requests_that_time_out_all_is_as_before(crowded: Crowded) -> None:
    """Every route has the same bytes for the same request, within a second."""
    before = {operation.id: _answer(crowded.service, operation) for operation in WITH_MODEL}
    statuses = crowded.crowd.ask([largest(name) for name in ASKED], CLIENTS, 1.5)
    assert statuses[504]
    eventually(lambda: crowded.in_work() == [0, 1])
    begun = time.monotonic()
    assert {operation.id: _answer(crowded.service, operation) for operation in WITH_MODEL} == before
    assert time.monotonic() - begun < CEILING * len(WITH_MODEL)


def _answer(service: Service, operation: Operation) -> tuple[int, bytes]:
    names = {"a": "n1", "b": "n2", "c": "n3"}
    query = {name: names.get(value, value) for name, value in operation.query().items()}
    answer = httpx2.request(
        operation.method, service.url + operation.url(), params=query, json=operation.body and operation.example
    )
    return answer.status_code, answer.content if answer.status_code == 200 else b""
