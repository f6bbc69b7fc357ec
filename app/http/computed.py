"""Answers that are computed off the event loop, and streamed where they are large."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import TypeVar

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from latentlink.app.deps import State
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.leaving import while_there
from latentlink.app.http.negotiation import JSON_TYPE
from latentlink.app.services.steps import Steps, Turn
from latentlink.models.steps import finished

T = TypeVar("T")

AT_ONCE = 500_000  # operations that are done on the event loop: half a millisecond


Work = Mapping[str, int]
"""Operations, by the field of the request that makes for them."""


async def answer_in_steps(
    request: Request, state: State, steps: Iterator[bytes], work: Work, media_type: str = JSON_TYPE
) -> Response:
    """The answer whose parts `steps` make: at once where that takes no time, whole after one turn of a thread, else a stream.

    No step after the first part may raise an error of the service.

    Args:
        request: as long as its client is there, the work goes on.
        state: of the service.
        steps: of the work.
        work: what they take, which decides whether and where they are taken.
        media_type: of the parts together.

    Raises:
        InvalidRequestError: the work is over the limit.
        OverloadedError: as `Computing.turns`.
        ClientDisconnect: the client left.
    """
    require_affordable(state, work)
    return await _answer(request, state, steps, sum(work.values()), media_type)


def require_affordable(state: State, work: Work) -> None:
    """Refuse work over the limit of the service.

    Raises:
        InvalidRequestError: it is, and names the field that makes for most of it.
    """
    if (millions := sum(work.values()) // 10**6) > (limit := state.settings.max_work):
        state.metrics.unaffordable.inc()
        expected = f"work of at most {limit:,} million operations (LATENTLINK_MAX_WORK)"
        raise InvalidRequestError.of(
            max(work, key=work.__getitem__), expected, f"about {millions:,} million; ask for less"
        )


async def result_in_steps(request: Request, state: State, steps: Steps[T], work: int) -> T:
    """What steps that make no part of an answer return: at once where that takes no time, else in turns of a thread.

    Raises:
        OverloadedError, ClientDisconnect: as `answer_in_steps`, and what the steps raise.
    """
    if work <= AT_ONCE:
        return finished(steps)
    made: list[T] = []

    def keep() -> Iterator[bytes]:
        made.append((yield from steps))

    await _answer(request, state, keep(), work, JSON_TYPE)
    return made[0]


async def result_of(state: State, compute: Callable[[], T], work: int) -> T:
    """What light work returns: done at once where that takes no time, else in a thread."""
    return compute() if work <= AT_ONCE else await state.computing.light.run(compute)


async def answer_with_all(
    request: Request, state: State, steps: Iterator[bytes], work: int, media_type: str
) -> Response:
    """As `answer_in_steps`, of all that a model has: it has no limit and raises nothing, so that none of it is done for HEAD."""
    if request.method == "HEAD":
        return StreamingResponse(iter(()), media_type=media_type)
    return await _answer(request, state, steps, work, media_type)


async def _answer(request: Request, state: State, steps: Iterator[bytes], work: int, media_type: str) -> Response:
    if work <= AT_ONCE:
        return Response(b"".join(steps), media_type=media_type)
    turns = state.computing.turns(steps, work)
    while not (turn := await while_there(request, anext(turns))).last:
        if turn.content:
            return StreamingResponse(_contents(turn, turns), media_type=media_type)
    return Response(turn.content, media_type=media_type)


async def _contents(first: Turn, others: AsyncGenerator[Turn]) -> AsyncIterator[bytes]:
    async with aclosing(others):
        yield first.content
        async for turn in others:
            if turn.content:
                yield turn.content
