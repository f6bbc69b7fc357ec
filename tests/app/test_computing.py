"""Work in threads: its end, and its two lanes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from prometheus_client import Counter, Gauge

from latentlink.app.computing import LIGHT, Computing
from latentlink.app.errors import OverloadedError
from latentlink.app.metrics import Metrics
from latentlink.app.services import steps as stepping
from latentlink.app.services.steps import Steps, Turn, stepwise, take_turn

HEAVY = LIGHT + 1


@pytest.fixture(autouse=True)
def every_step_is_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that tests count steps."""
    monkeypatch.setattr(stepping, "TURN_SECONDS", 0)


@pytest.fixture
def metrics() -> Metrics:
    """Of a service of its own."""
    return Metrics()


class Work:
    """Steps that wait until they are let on, without end.

    Attributes:
        taken: how many began.
        begun: set by each that begins.
        further: lets one go on.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.begun = threading.Event()
        self.further = threading.Semaphore(0)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += 1
            self.begun.set()
            self.further.acquire(timeout=10)
            yield b""


async def contents(turns: AsyncIterator[Turn]) -> list[bytes]:
    """What all turns made."""
    return [turn.content async for turn in turns]


def value(metric: Counter | Gauge) -> float:
    """Of a metric without labels."""
    [sample] = (sample for family in metric.collect() for sample in family.samples)
    return float(sample.value)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it, ten seconds at most."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.001)


def test_work_that_is_given_up_takes_no_further_step(metrics: Metrics) -> None:
    """It is ended in its first step, of which a thread can't be stopped, and is counted; its place is free again."""
    work = Work()

    async def run() -> None:
        computing = Computing(1, 1, metrics)
        asked = asyncio.create_task(contents(computing.turns(iter(work), HEAVY)))
        await until(work.begun.is_set)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        for _ in range(3):
            work.further.release()
        assert await contents(computing.turns(iter([b"next"]), HEAVY)) == [b"next", b""]

    asyncio.run(run())
    assert work.taken == 1
    assert (value(metrics.given_up), value(metrics.heavy_in_flight)) == (1, 0)


def test_who_stops_reading_ends_the_work(metrics: Metrics) -> None:
    """A stream that is closed between two parts is given up as well, and its place is free."""

    async def run() -> int:
        computing, taken = Computing(1, 1, metrics), 0

        def parts() -> Iterator[bytes]:
            nonlocal taken
            for _ in range(1000):
                taken += 1
                yield b"part"

        turns = computing.turns(parts(), HEAVY)
        assert (await anext(turns)).content == b"part"
        await turns.aclose()
        assert await contents(computing.turns(iter([b"next"]), HEAVY)) == [b"next", b""]
        return taken

    assert asyncio.run(run()) == 1
    assert value(metrics.given_up) == 1


def test_light_work_does_not_wait_for_heavy_work(metrics: Metrics) -> None:
    """While every thread of the heavy lane is taken, it is answered."""
    works = [Work() for _ in range(4)]

    async def run() -> None:
        computing = Computing(2, 4, metrics)
        tasks = [asyncio.create_task(contents(computing.turns(iter(work), HEAVY))) for work in works]
        await until(works[0].begun.is_set)
        assert value(metrics.heavy_in_flight) == 4
        async with asyncio.timeout(10):
            assert await contents(computing.turns(iter([b"light"]), LIGHT)) == [b"light", b""]
        for task in tasks:
            task.cancel()
        for work in works:
            work.further.release()

    asyncio.run(run())


def test_heavy_requests_take_turns(metrics: Metrics) -> None:
    """Of two that share one thread, neither waits for the end of the other."""
    order = []

    def parts(name: str) -> Iterator[bytes]:
        for _ in range(3):
            order.append(name)
            yield b"x"

    async def run() -> None:
        computing = Computing(1, 2, metrics)
        await asyncio.gather(*(contents(computing.turns(parts(name), HEAVY)) for name in "ab"))

    asyncio.run(run())
    assert order == ["a", "b"] * 3


def test_more_heavy_requests_than_the_limit_are_refused(metrics: Metrics) -> None:
    """At once, with the number, and counted; light ones are not."""
    work = Work()

    async def run() -> None:
        computing = Computing(1, 1, metrics)
        first = asyncio.create_task(contents(computing.turns(iter(work), HEAVY)))
        await until(work.begun.is_set)
        with pytest.raises(OverloadedError, match="fewer than 1,"):
            await contents(computing.turns(iter([b""]), HEAVY))
        first.cancel()
        work.further.release()

    asyncio.run(run())
    assert value(metrics.heavy_shed) == 1


def test_a_turn_ends_with_a_megabyte(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast the parts are made: 4 x 300,000 bytes."""
    monkeypatch.setattr(stepping, "TURN_SECONDS", 60)
    steps = iter([bytes(300_000)] * 5)
    assert [(len(turn.content), turn.last) for turn in (take_turn(steps), take_turn(steps))] == [
        (1_200_000, False),
        (300_000, True),
    ]


def test_a_list_is_made_item_by_item() -> None:
    """Its items and a step after each."""
    made = list[str]()

    def collect() -> Steps[None]:
        made.extend((yield from stepwise(iter("abc"))))

    assert (list(collect()), made) == ([b""] * 3, ["a", "b", "c"])
