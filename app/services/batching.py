"""Answering together what is asked at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


class Batcher(Generic[Question, Answer]):
    """Questions that come while others are being answered wait for each other and are answered at once.

    A question that comes alone is answered alone, without delay.

    Args:
        answer: begins to answer several questions, off the event loop, one batch at a time; what it returns is called on the
            event loop, and gives the answers in their order.
        most: questions in one batch.
    """

    def __init__(self, answer: Callable[[Sequence[Question]], Callable[[], Sequence[Answer]]], most: int) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, question: Question, in_thread: InThread) -> Answer:
        """The answer to one question, worked out by `in_thread`; raises what answering its batch raised."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all(in_thread))
        return await future

    async def _answer_all(self, in_thread: InThread) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            questions, futures = zip(*batch, strict=True)
            try:
                finish = await in_thread(partial(self._answer, questions))
                answers = finish()
            except Exception as error:  # every asker is told
                for future in futures:
                    if not future.done():
                        future.set_exception(error)
            else:
                for future, answer in zip(futures, answers, strict=True):
                    if not future.done():  # the request was not given up
                        future.set_result(answer)
