"""Questions answered together."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from latentlink.app.services.search.batching import Batcher, InThread


class Doubler:
    """Doubles numbers, remembers its batches, and holds the first one until it is released; fails on 13."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.released = threading.Event()

    def begin(self, numbers: Sequence[int]) -> int:
        """The factor."""
        self.batches.append(list(numbers))
        self.released.wait(10)
        if 13 in numbers:
            raise ValueError("unlucky")
        return 2

    async def finish(self, numbers: Sequence[int], factor: int, in_thread: InThread) -> list[int]:
        """Two times each, worked out in a thread; fails on 17."""
        if 17 in numbers:
            raise ValueError("odd")
        return list(await in_thread(lambda: [factor * number for number in numbers]))


async def in_thread(work: Callable[[], Any]) -> Any:
    """Run work in some thread."""
    return await asyncio.to_thread(work)


async def ask_while_busy(double: Doubler, numbers: Sequence[int], most: int = 64) -> list[Any]:
    """Ask for 1; while that is worked on, for all numbers; the outcomes of these."""
    batcher = Batcher[int, int, int](double.begin, double.finish, most)
    first = asyncio.create_task(batcher.submit(1, in_thread))
    while not double.batches:
        await asyncio.sleep(0)
    others = [asyncio.create_task(batcher.submit(number, in_thread)) for number in numbers]
    await asyncio.sleep(0)
    if others and 7 in numbers:
        others[numbers.index(7)].cancel()
    double.released.set()
    assert await first == 2
    return await asyncio.gather(*others, return_exceptions=True)


def test_requests_that_arrive_meanwhile_are_answered_at_once() -> None:
    """Those that came during the first batch make the second, and each gets its own answer."""
    double = Doubler()
    assert asyncio.run(ask_while_busy(double, [2, 3, 4])) == [4, 6, 8]
    assert double.batches == [[1], [2, 3, 4]]


def test_a_batch_has_a_limit() -> None:
    """What is over it goes into the next one."""
    double = Doubler()
    assert asyncio.run(ask_while_busy(double, [2, 3, 4, 5, 6], most=2)) == [4, 6, 8, 10, 12]
    assert double.batches == [[1], [2, 3], [4, 5], [6]]


def test_a_failure_reaches_those_of_its_batch_alone() -> None:
    """An error at the beginning or the end is raised to every request of the batch; the next batch is answered."""
    outcomes = asyncio.run(ask_while_busy(Doubler(), [12, 13, 14, 15, 16, 17], most=2))
    assert [str(outcome) for outcome in outcomes] == ["unlucky", "unlucky", "28", "30", "odd", "odd"]


def test_one_who_gives_up_does_not_harm_the_others() -> None:
    """A cancelled request leaves the answers of the rest as they are."""
    outcomes = asyncio.run(ask_while_busy(Doubler(), [6, 7, 8]))
    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert (outcomes[0], outcomes[2]) == (12, 16)


@pytest.mark.parametrize("times", [1, 3])
def test_a_lone_request_is_answered_alone(times: int) -> None:
    """One after the other, nothing waits for company."""
    double = Doubler()
    double.released.set()
    batcher = Batcher[int, int, int](double.begin, double.finish, 64)

    async def one_by_one() -> list[int]:
        return [await batcher.submit(number, in_thread) for number in range(times)]

    assert asyncio.run(one_by_one()) == [2 * number for number in range(times)]
    assert double.batches == [[number] for number in range(times)]
