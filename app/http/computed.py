"""Answers that are computed off the event loop, and streamed where they are large."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from latentlink.app.deps import State
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.negotiation import JSON_TYPE
from latentlink.app.services.steps import Turn

_AT_ONCE = 500_000  # operations that are done on the event loop: half a millisecond


def require_affordable(state: State, field: str, work: int) -> None:
    """Refuse a request before its work begins, where that is estimated to be over the limit.

    Args:
        state: of the service.
        field: of the request, which makes it so much.
        work: operations.

    Raises:
        InvalidRequestError: it is.
    """
    if (millions := work // 10**6) > (limit := state.settings.max_work):
        state.metrics.unaffordable.inc()
        expected = f"work of at most {limit:,} million operations (LATENTLINK_MAX_WORK)"
        raise InvalidRequestError.of(field, expected, f"about {millions:,} million; send fewer in each request")


async def answer_in_steps(
    request: Request, state: State, steps: Iterator[bytes], work: int, media_type: str = JSON_TYPE
) -> Response:
    """The answer whose parts `steps` make: at once where that takes no time, whole after one turn of a thread, else a stream.

    No step after the first part may raise an error of the service.

    Args:
        request: as long as its client is there, the work goes on.
        state: of the service.
        steps: of the work.
        work: operations, which decide on the place of the work.
        media_type: of the parts together.

    Raises:
        OverloadedError: as `Computing.turns`.
        ClientDisconnect: the client left.
    """
    if work <= _AT_ONCE:
        return Response(b"".join(steps), media_type=media_type)
    turns = state.computing.turns(steps, work)
    while not (turn := await _next(turns, request)).last:
        if turn.content:
            return StreamingResponse(_contents(turn, turns), media_type=media_type)
    return Response(turn.content, media_type=media_type)


async def answer_with_all(
    request: Request, state: State, steps: Iterator[bytes], work: int, media_type: str
) -> Response:
    """As `answer_in_steps`, of work that raises nothing, so that none of it is done for HEAD."""
    if request.method == "HEAD":
        return StreamingResponse(iter(()), media_type=media_type)
    return await answer_in_steps(request, state, steps, work, media_type)


async def _next(turns: AsyncIterator[Turn], request: Request) -> Turn:
    """The next turn; of a client that leaves before its end, also while it waits for a thread, the work is given up."""
    turn, leaving = asyncio.ensure_future(anext(turns)), asyncio.ensure_future(_leaving(request))
    try:
        await asyncio.wait((turn, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not turn.done():
            raise ClientDisconnect
        return turn.result()
    finally:
        turn.cancel()
        leaving.cancel()


async def _leaving(request: Request) -> None:
    """Wait until the client leaves."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _contents(first: Turn, others: AsyncGenerator[Turn]) -> AsyncIterator[bytes]:
    async with aclosing(others):
        yield first.content
        async for turn in others:
            if turn.content:
                yield turn.content
