"""Headers that keep browsers and caches from doing more with an answer than they should."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.middleware.paths import is_probe, route_path

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'none'",
}


class SecureHeaders:
    """Adds them to every answer that does not say otherwise.

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

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if caching := _caching(scope, message["status"]):
                    headers.setdefault("Cache-Control", caching)
                message = {**message, "headers": headers.raw}
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _caching(scope: Scope, status: int) -> str | None:
    if status >= 400 or is_probe(scope):
        return "no-store"
    return (
        "private, no-cache" if route_path(scope).startswith("/v1/") else None
    )  # the next version may answer otherwise
