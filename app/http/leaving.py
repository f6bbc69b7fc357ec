"""Work for clients that may leave, or that take their time."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

T = TypeVar("T")

PART_IS_THERE = "part_is_there"
"""The name in a request's state of what lets its time limit begin anew."""


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """The result of some work, which is given up when the client leaves; the body must have been read.

    Raises:
        ClientDisconnect: it left.
    """
    result, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_leaving(request))
    try:
        await asyncio.wait((result, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            raise ClientDisconnect
        return result.result()
    finally:
        result.cancel()
        leaving.cancel()


async def _leaving(request: Request) -> None:
    """Wait until the client leaves."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def part_is_there(request: Request) -> None:
    """Let the time limit, if there is one, begin anew: a part of the body is read that stands for itself."""
    if begin_anew := request.scope.get("state", {}).get(PART_IS_THERE):
        begin_anew()
