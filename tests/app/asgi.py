"""One request without a server or a client between, for bodies and endings that neither would let through."""

from collections.abc import Sequence
from typing import Any

import anyio
from starlette.types import ASGIApp, Message


def http_scope(method: str, path: str, **headers: str) -> dict[str, Any]:
    """The scope of one request; an underscore in a header's name stands for a hyphen."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http"},
        **{"path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": raw},
        **{"client": ("test", 1), "server": ("test", 80)},
    }


def exchange(app: ASGIApp, method: str, path: str, chunks: Sequence[Message], **headers: str) -> list[Message]:
    """What an app sends for one request whose body comes as `chunks`; past the last, the app waits in vain and fails."""
    sent: list[Message] = []
    waiting = iter(chunks)

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(app, http_scope(method, path, **headers), receive, send)
    return sent
