"""Load shedding: requests beyond capacity are refused at once, never queued without bound."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentlink.app.errors import OverloadedError
from latentlink.app.http.problem_answers import error_response
from latentlink.app.middleware.paths import is_probe


class LoadShedding:
    """Refuses a request while the limit of requests in work is reached.

    Args:
        app: what to wrap.
        limit: requests in work at once, in this process; one is in work until the end of its answer is sent.
        on_shed: called for each that is refused.
    """

    def __init__(self, app: ASGIApp, limit: int, on_shed: Callable[[], object] = lambda: None) -> None:
        self.app = app
        self._limit = limit
        self._on_shed = on_shed
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or is_probe(scope):  # a probe must answer during an overload
            await self.app(scope, receive, send)
            return
        if self._in_work >= self._limit:
            self._on_shed()
            error = OverloadedError(f"requests in work: expected fewer than {self._limit:,}, found as many; try again")
            await error_response(Request(scope), error)(scope, receive, send)
            return
        self._in_work += 1
        held = 1

        async def send_and_release(message: Message) -> None:
            nonlocal held
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                # The client may ask again at once, while a stream still takes turns of the event loop to end.
                self._in_work -= held
                held = 0

        try:
            await self.app(scope, receive, send_and_release)
        finally:
            self._in_work -= held
