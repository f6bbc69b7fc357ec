"""Request ids, and the headers that every answer carries: request id, model, and security headers."""

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latentlink.app.http.responses import GUARDING_HEADERS
from latentlink.app.middleware.paths import is_probe, route_path

_REQUEST_ID = re.compile(r"[\w.-]{1,128}", re.ASCII)
_ALWAYS = tuple((name.encode(), value.encode()) for name, value in GUARDING_HEADERS.items())


class RequestContext:
    """Gives each request an id, each answer its headers, and the scope's state the `status` that was sent.

    Args:
        app: what to wrap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _inbound_id(scope) or secrets.token_hex(8)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                headers = [
                    *message["headers"],
                    *guarding_headers(scope, message),
                    (b"x-request-id", request_id.encode()),
                ]
                headers += state.get("headers", ())  # of what stands further inside
                if model := state.get("model"):
                    headers.append((b"x-model", model.encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _inbound_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            candidate = str(value, "latin-1")
            return candidate if _REQUEST_ID.fullmatch(candidate) else None
    return None


def guarding_headers(scope: Scope, start: Message) -> list[tuple[bytes, bytes]]:
    """The headers that are added to an answer that begins with the message `start`, unless it has them already."""
    said = {name for name, _ in start["headers"]}
    caching = _caching(scope, start["status"])
    wished = _ALWAYS if caching is None else (*_ALWAYS, (b"cache-control", caching))
    return [header for header in wished if header[0] not in said]


def _caching(scope: Scope, status: int) -> bytes | None:
    if status >= 400 or is_probe(scope):
        return b"no-store"
    # The next version may answer otherwise.
    return b"private, no-cache" if route_path(scope).startswith("/v1/") else None
