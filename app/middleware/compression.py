"""Large answers compressed for clients that accept it."""

import re
import zlib
from collections.abc import Sequence

import anyio
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentlink.app.http.negotiation import ARROW_TYPE

_LARGE = 1024  # bytes of an answer that are worth it
_LONG = 32 * 1024  # bytes that take half a millisecond, and so leave the event loop
_LEVEL = 1  # JSON of vectors: 0.48 of its size at 70 MB/s; level 6 makes it 0.43 at 11
_DENSE = (ARROW_TYPE, "image/", "font/")  # float32 would lose a fourteenth of their size, at 30 MB/s
_TAKEN = re.compile(rb"(?<![\w-])(?:x-)?gzip(?![\w-])(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


class Compression:
    """Gzip, streams part by part; every answer has `Vary: Accept-Encoding`.

    Starlette's middleware compresses for `gzip;q=0`, sends `Vary` with large answers only, and leaves strong tags strong.

    Args:
        app: what to wrap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            wanted = any(name == b"accept-encoding" and _TAKEN.search(value) for name, value in scope["headers"])
            send = _Answer(send, wanted=wanted).send
        await self.app(scope, receive, send)


class _Answer:
    """One answer on its way: its headers wait for the first part of the body, which shows whether it is large."""

    def __init__(self, send: Send, *, wanted: bool) -> None:
        self._send = send
        self._wanted = wanted
        self._start: Message | None = None
        self._gzip: zlib._Compress | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            await self._send(self._begun(self._start, message))
            self._start = None
        if self._gzip is not None:
            message = {**message, "body": await _compressed(self._gzip, message)}
        await self._send(message)

    def _begun(self, start: Message, first: Message) -> Message:
        """The start of the answer, now that the first part of its body is there."""
        large = first.get("more_body", False) or len(first.get("body", b"")) >= _LARGE
        if not large:
            return {**start, "headers": _varying(start["headers"])}
        headers = MutableHeaders(raw=list(start["headers"]))
        headers.add_vary_header("Accept-Encoding")
        dense = headers.get("content-type", "").startswith(_DENSE) or "content-encoding" in headers
        whole = start["status"] != 206  # the bytes of a range are those of the file
        if self._wanted and whole and not dense:
            self._gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
            headers["Content-Encoding"] = "gzip"
            del headers["Content-Length"]
            if (tag := headers.get("etag", "")).startswith('"'):
                headers["ETag"] = f"W/{tag}"  # the same answer, in other bytes
        return {**start, "headers": headers.raw}


def _varying(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers with `Vary: Accept-Encoding` beside what they vary by already."""
    varied = [value for name, value in headers if name == b"vary"]
    others = headers if not varied else [header for header in headers if header[0] != b"vary"]
    return [*others, (b"vary", b", ".join([*varied, b"Accept-Encoding"]))]


async def _compressed(gzip: "zlib._Compress", message: Message) -> bytes:
    """A part of the body; flushed, so that a client can read it before the next."""
    body, end = message.get("body", b""), zlib.Z_SYNC_FLUSH if message.get("more_body", False) else zlib.Z_FINISH

    def work() -> bytes:
        return gzip.compress(body) + gzip.flush(end)

    return await anyio.to_thread.run_sync(work) if len(body) >= _LONG else work()
