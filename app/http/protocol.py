"""HTTP/1 of uvicorn, and what it lacks: bounds on connections, heads and unread answers; HTTP/1.0 without chunks; problems."""

import asyncio
import secrets
from typing import Any, NamedTuple

from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from latentlink.app.errors import HeadTooLargeError, MalformedRequestError, OverloadedError, ServiceError
from latentlink.app.http.problem_answers import MEDIA_TYPE, problem_content, retry_after
from latentlink.app.http.problems import PROBLEMS, SLUGS
from latentlink.app.http.responses import GUARDING_HEADERS, JSON

_HEAD_BYTES = 65_536  # of a head, and of what else comes without a byte of a body: trailers, extensions of chunks


class Limits(NamedTuple):
    """What an operator allows the clients of a worker.

    Attributes:
        connections: open at once; one more closes the one that is idle longest.
        stall_seconds: for which an answer may lie unread.
        head_seconds: from the connection, or the first byte of a later request, to the end of the head.
    """

    connections: int
    stall_seconds: float
    head_seconds: float = 10.0


class Protocol(HttpToolsProtocol):
    """One connection.

    Args:
        limits: of this worker.
    """

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._idle_since = self.loop.time()
        self._fed = 0  # bytes since the last that belonged to a body or ended a head
        self._refusal: ServiceError | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    # Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; the place of a connection over the limit is that of the longest idle one."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        for timer in (self._head_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _is_answered(self) -> bool:
        """Whether no request is in work."""
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> None:
        others = [one for one in self.connections if isinstance(one, Protocol) and one is not self]
        idle = [one for one in others if one._is_answered() and not one.transport.is_closing()]
        if idle:  # those that have read their answer first
            min(idle, key=lambda one: (one.transport.get_write_buffer_size() > 0, one._idle_since)).transport.abort()
        else:
            limit = self._limits.connections
            self._refuse(OverloadedError(f"connections: expected at most {limit:,}, found more, none of them idle"))

    # Heads

    def data_received(self, data: bytes) -> None:
        """Parse; bytes that neither end a head nor belong to a body are counted."""
        self._fed += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._fed > _HEAD_BYTES:
            self._refuse(_too_large())
        elif self._is_answered() and self._head_timer is None and self.timeout_keep_alive_task is None:
            # What came begins no request, such as the rest of a body that was refused: the server awaits the next as before.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Begin to answer, unless the head is too large."""
        self._head_is_there()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > _HEAD_BYTES:
            self._refusal = _too_large()
            raise self._refusal  # the parser stops, and `send_400_response` follows
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of a body."""
        self._fed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._fed = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End an answer."""
        self._idle_since = self.loop.time()
        super().on_response_complete()
        self._watch_reader()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._limits.head_seconds, self._give_up_head)

    def _head_is_there(self) -> None:
        self._fed = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up_head(self) -> None:
        self._head_timer = None
        if self._is_answered() and not self.transport.get_write_buffer_size():
            self.transport.abort()
        else:  # half a head behind a request in work, or behind an answer that the client is still reading
            self._await_head()

    # Answers

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._watch_reader()

    def _watch_reader(self) -> None:
        """See to it that the client reads what is on its way; if it reads nothing for the time limit, it is given up."""
        unread = self.transport.get_write_buffer_size()
        if unread and self._unread_timer is None:
            self._unread_timer = self.loop.call_later(self._limits.stall_seconds, self._require_progress, unread)

    def _require_progress(self, before: int) -> None:
        self._unread_timer = None
        if self.transport.get_write_buffer_size() < before:
            self._watch_reader()
            return
        self.logger.warning("gave up an answer of which %s bytes lay unread", f"{before:,}")
        self.transport.abort()  # closing would wait for the client

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; the rest of an answer that nobody reads does not keep it open."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["http_version"] == "1.0":
            cycle.__class__ = _UnchunkedCycle
        super()._start_asgi_task(cycle, app)

    # Refusals

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # of the server, in plain text
        """Answer what the parser stopped at with a problem; requests before it end first, and the connection with them."""
        if not self._is_answered() and self._refusal is None:
            self.flow.pause_reading()
            self.cycle.keep_alive = False
            return
        self._refuse(self._refusal or MalformedRequestError(PROBLEMS[SLUGS[MalformedRequestError]].example))

    def _refuse(self, error: ServiceError) -> None:
        """Answer with a problem, without the app, and close; half an answer is not answered with another one."""
        if not self._is_answered() and self.cycle.response_started:
            self.transport.close()
            return
        problem, request_id = PROBLEMS[SLUGS[type(error)]], secrets.token_hex(8)
        self.logger.info("%s %s, request %s", problem.status, problem.slug, request_id)
        path = getattr(self, "url", b"").partition(b"?")[0].decode("latin-1") or "/"
        body = JSON(problem_content(problem, str(error), path, request_id)).body
        headers = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "cache-control": "no-store",
            "x-request-id": request_id,
            "connection": "close",
            **GUARDING_HEADERS,
            **retry_after(problem),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[problem.status] + lines.encode() + b"\r\n" + bytes(body))
        self.transport.close()


def _too_large() -> HeadTooLargeError:
    return HeadTooLargeError(f"address and headers: expected at most {_HEAD_BYTES:,} bytes, found more")


class _UnchunkedCycle(RequestResponseCycle):
    """An answer to HTTP/1.0, which knows no chunks: the end of the connection ends a body of unknown length (RFC 9112, 6.3)."""

    until_close = False

    async def send(self, message: ASGISendEvent) -> None:
        """Send the head, or a part of the body."""
        if message["type"] == "http.response.start":
            self.until_close = all(name.lower() != b"content-length" for name, _ in message.get("headers", []))
            if self.until_close:
                self.chunked_encoding = False
        elif message["type"] == "http.response.body" and self.until_close:
            self.expected_content_length = len(message.get("body", b""))  # what is left to send, as far as is known
        await super().send(message)
