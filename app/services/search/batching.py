"""Batching: requests that arrive at the same time are answered together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Generic, TypeVar

Request = TypeVar("Request")
Begun = TypeVar("Begun")
Answer = TypeVar("Answer")
InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


class Batcher(Generic[Request, Begun, Answer]):
    """Requests that arrive while others are being worked on wait for each other and are answered as one batch.

    A request that comes alone is answered alone, without delay.

    Args:
        begin: begins to answer several requests, off the event loop, one batch at a time.
        finish: goes on from there to the answers, in the order of the requests, while the next batch is begun; its last
            argument runs work off the event loop.
        most: requests in one batch, at most.
    """

    def __init__(
        self,
        begin: Callable[[Sequence[Request]], Begun],
        finish: Callable[[Sequence[Request], Begun, InThread], Awaitable[Sequence[Answer]]],
        most: int,
    ) -> None:
        self._begin = begin
        self._finish = finish
        self._most = most
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._work: asyncio.Task[None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()  # the event loop itself keeps no task alive

    async def submit(self, request: Request, in_thread: InThread) -> Answer:
        """The answer to one request, worked out with `in_thread`; raises what answering its batch raised."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all(in_thread))
        return await future

    async def _answer_all(self, in_thread: InThread) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            requests, futures = zip(*batch, strict=True)
            with _failing_together(futures):
                begun = await in_thread(partial(self._begin, requests))
                task = asyncio.create_task(self._answer(requests, begun, futures, in_thread))
                self._finishing.add(task)
                task.add_done_callback(self._finishing.discard)

    async def _answer(
        self,
        requests: Sequence[Request],
        begun: Begun,
        futures: Sequence[asyncio.Future[Answer]],
        in_thread: InThread,
    ) -> None:
        with _failing_together(futures):
            for future, answer in zip(futures, await self._finish(requests, begun, in_thread), strict=True):
                if not future.done():  # the request was not given up
                    future.set_result(answer)


@contextmanager
def _failing_together(futures: Sequence[asyncio.Future[Any]]) -> Iterator[None]:
    """Every waiting request receives an error."""
    try:
        yield
    except Exception as error:
        for future in futures:
            if not future.done():
                future.set_exception(error)
