"""The time limit of a request: to the first byte of its answer, and between the parts of a long one."""

import asyncio
import logging

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentlink.app.errors import TimedOutError
from latentlink.app.http.leaving import PART_IS_THERE
from latentlink.app.http.problem_answers import error_response

logger = logging.getLogger(__name__)


class TimeLimit:
    """Ends a request that takes too long; a client that is slow to send its body, or to take its answer, counts as well.

    Args:
        app: what to wrap.
        seconds: time to the first byte, and from then on between one part of the answer and the next; of a body in parts also
            between these.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        started = expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            task.cancel()

        timer = loop.call_later(self._seconds, expire)  # `asyncio.timeout` does the same in twice the time

        def begin_anew() -> None:
            nonlocal timer
            timer.cancel()
            timer = loop.call_later(self._seconds, expire)

        async def send_in_time(message: Message) -> None:
            nonlocal started
            if message.get("more_body"):  # a stream has the time for each of its parts
                begin_anew()
            started = True
            await send(message)

        scope.setdefault("state", {})[PART_IS_THERE] = begin_anew

        try:
            await self.app(scope, receive, send_in_time)
        except asyncio.CancelledError:
            if not expired or task.uncancel():  # someone else's
                raise
            await self._give_up(scope, receive, send, started=started)
        finally:
            timer.cancel()

    async def _give_up(self, scope: Scope, receive: Receive, send: Send, *, started: bool) -> None:
        if started:  # half an answer is out; the server closes the connection
            logger.warning("gave up an answer to %s %r that stalled", scope["method"], scope["path"])
            return
        error = TimedOutError(f"answer: expected the first byte within {self._seconds:g} s, found none")
        response = error_response(Request(scope), error)
        response.headers["Connection"] = "close"  # the rest of a slow body is not waited for
        await response(scope, receive, send)
