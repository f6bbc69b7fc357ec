"""Work off the event loop, in two lanes, so that light work never waits for heavy work."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TypeVar

from latentlink.app.errors import OverloadedError
from latentlink.app.metrics import Metrics
from latentlink.app.services.steps import Turn, take_turn

T = TypeVar("T")

LIGHT = 50_000_000  # operations, a twentieth of a second: more are heavy work


class Lane:
    """Threads that take turns between pieces of work.

    Args:
        name: of the threads.
        threads: how many.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, name)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns; of a request that is given up it does not begin, or goes on to its end unheeded."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class Computing:
    """The lanes of one service process.

    Args:
        cpus: that this process has; light work has a thread for each, heavy work leaves one to the event loop.
        most_heavy: requests of heavy work at once.
        metrics: the service's counters.

    Attributes:
        light: the lane of work that takes a moment.
    """

    def __init__(self, cpus: int, most_heavy: int, metrics: Metrics) -> None:
        self.light = Lane("light", cpus)
        self._heavy = Lane("heavy", max(1, cpus - 1))
        self._most_heavy = most_heavy
        self._in_work = 0  # of heavy requests
        self._metrics = metrics

    @property
    def busy(self) -> bool:
        """Whether heavy work is being done."""
        return self._in_work > 0

    def lane(self, work: int) -> Lane:
        """The lane of so many operations."""
        return self.light if work <= LIGHT else self._heavy

    async def turns(self, steps: Iterator[bytes], work: int) -> AsyncGenerator[Turn]:
        """The answer that `steps` make, a turn of a thread at a time; who closes it ends the work.

        Args:
            steps: to advance.
            work: operations.

        Raises:
            OverloadedError: it is heavy work, and the limit of that is reached.
        """
        lane = self.lane(work)
        if lane is self._heavy:
            self._require_place()
        try:
            while not (turn := await self._turn(lane, steps)).last:
                yield turn
        except (asyncio.CancelledError, GeneratorExit):
            self._metrics.given_up.inc()
            raise
        yield turn

    def _require_place(self) -> None:
        if self._in_work >= self._most_heavy:
            self._metrics.heavy_shed.inc()
            raise OverloadedError(
                f"heavy requests in work: expected fewer than {self._most_heavy:,}, found as many; try again"
            )

    async def _turn(self, lane: Lane, steps: Iterator[bytes]) -> Turn:
        with nullcontext() if lane is self.light else self._place():
            return await lane.run(partial(take_turn, steps))

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Count a heavy request while it computes, or waits for a thread: who reads its answer slowly takes no place."""
        self._in_work += 1
        self._metrics.heavy_in_flight.inc()
        try:
            yield
        finally:
            self._in_work -= 1
            self._metrics.heavy_in_flight.dec()
