"""Which other web sites may read the answers in a browser (CORS)."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALLOWED = "Accept, Authorization, Content-Encoding, Content-Type, If-None-Match, X-Request-ID"
_EXPOSED = "ETag, Retry-After, WWW-Authenticate, X-Model, X-Request-ID"
_KEPT = "600"  # seconds for which a browser need not ask again


class CrossOrigin:
    """Tells browsers that pages of some origins may ask; of another origin the browser keeps the answer to itself.

    Starlette's own answers a refused preflight with a text, not a problem; no cookies are used, so little else is needed.

    Args:
        app: what to wrap.
        origins: such as `https://example.org`; `*` for any.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self.app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Headers(scope=scope)
        allowed = self._allowed(request.get("origin"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                headers.update(allowed)
                if "*" not in self._origins:
                    headers.add_vary_header("Origin")
                message = {**message, "headers": headers.raw}
            await send(message)

        preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in request
        if preflight and allowed:
            await _PREFLIGHT(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _allowed(self, origin: str | None) -> dict[str, str]:
        if origin is None or not ({"*", origin} & self._origins):
            return {}
        named = "*" if "*" in self._origins else origin
        return {"Access-Control-Allow-Origin": named, "Access-Control-Expose-Headers": _EXPOSED}


_PREFLIGHT = Response(
    status_code=204,
    headers={
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": _ALLOWED,
        "Access-Control-Max-Age": _KEPT,
    },
)
