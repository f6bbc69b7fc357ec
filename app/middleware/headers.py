"""Headers that keep browsers and caches from doing more with an answer than they should."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.middleware.paths import is_probe, route_path

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
)


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
                said = {name for name, _ in message["headers"]}
                caching = _caching(scope, message["status"])
                wished = _ALWAYS if caching is None else (*_ALWAYS, (b"cache-control", caching))
                headers = [*message["headers"], *(header for header in wished if header[0] not in said)]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _caching(scope: Scope, status: int) -> bytes | None:
    if status >= 400 or is_probe(scope):
        return b"no-store"
    # The next version may answer otherwise.
    return b"private, no-cache" if route_path(scope).startswith("/v1/") else None
