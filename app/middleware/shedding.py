"""Load shedding: requests beyond capacity are refused at once, never queued without bound."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentlink.app.errors import OverloadedError
from latentlink.app.http.problem_answers import error_response
from latentlink.app.middleware.paths import is_probe


class LoadShedding:
    """Refuses a request while the limit of requests in work is reached.

    One is in work from the end of its body, which its client may send slowly, until the end of its answer is sent.

    Args:
        app: what to wrap.
        limit: requests in work at once, in this process.
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
        request = _InWork(self, receive, send)
        try:
            self.require_place()
            if not _has_body(scope):
                request.enter()
        except OverloadedError as error:
            await error_response(Request(scope), error)(scope, receive, send)
            return
        try:
            await self.app(scope, request.receive, request.send)
        finally:
            request.leave()

    def require_place(self) -> None:
        """Refuse a request while there is none.

        Raises:
            OverloadedError: there is none.
        """
        if self._in_work >= self._limit:
            self._on_shed()
            raise OverloadedError(f"requests in work: expected fewer than {self._limit:,}, found as many; try again")

    def count(self, change: int) -> None:
        """Count requests that begin, or end."""
        self._in_work += change


class _InWork:
    """One request on its way through the house."""

    def __init__(self, house: LoadShedding, receive: Receive, send: Send) -> None:
        self._house, self._receive, self._send = house, receive, send
        self._entered = self._left = False

    def enter(self) -> None:
        self._house.require_place()
        self._house.count(1)
        self._entered = True

    def leave(self) -> None:
        if self._entered and not self._left:
            self._house.count(-1)
        self._left = True

    async def receive(self) -> Message:
        message = await self._receive()
        if not self._entered and message["type"] == "http.request" and not message.get("more_body"):
            self.enter()
        return message

    async def send(self, message: Message) -> None:
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            # The client may ask again at once, while a stream still takes turns of the event loop to end.
            self.leave()


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
