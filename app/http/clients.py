"""Clients that leave, and the bytes that all of them together may have the service hold."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from latentlink.app.errors import OverloadedError

T = TypeVar("T")


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


class Room:
    """Bytes of bodies that are held at once, beside the first ones of each.

    Args:
        size: in bytes.
        free: bytes of each body that are not counted, so that small ones always have room.
    """

    def __init__(self, size: int, free: int) -> None:
        self._size = self._left = size
        self._free = free

    @contextmanager
    def held(self) -> Iterator[Callable[[int], None]]:
        """Room for one body: to call with its size as it grows; what it took is given back at the end.

        Raises:
            OverloadedError: there is no more.
        """
        taken = 0

        def grow(size: int) -> None:
            nonlocal taken
            more = max(0, size - self._free) - taken
            if more > self._left:
                raise OverloadedError(
                    f"bodies: expected at most {self._size:,} bytes of large ones at once, found more; try again"
                )
            self._left -= more
            taken += more

        try:
            yield grow
        finally:
            self._left += taken
