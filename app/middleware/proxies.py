"""The word of trusted proxies: the client, its scheme, and the path below which they serve the service."""

import os

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from latentlink.app.middleware.paths import route_path
from latentlink.app.settings.values import ROOT_PATH

_HEADER = b"x-forwarded-prefix"


def trusted_proxies() -> str:
    """Addresses and networks of proxies in uvicorn's variable, or else those of this machine, separated by commas."""
    return os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")


class Proxies:
    """Reads `X-Forwarded-Prefix` of a trusted proxy into the scope's `root_path`, and its other headers as uvicorn does.

    The server must leave these headers alone: uvicorn's own middleware would replace the proxy's address by the client's.

    Args:
        app: what to wrap.
        trusted: addresses and networks of proxies, separated by commas; * for any.
        root_path: the prefix where no header names one; it begins with / and does not end with it.
    """

    def __init__(self, app: ASGIApp, trusted: str, root_path: str = "") -> None:
        self.app = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]  # uvicorn types scopes one by one
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and (root := self._forwarded(scope) or self._root_path):
            path = route_path(scope)
            # Most proxies remove the prefix, which ASGI wants there.
            if path != root and not path.startswith(f"{root}/"):
                path = root + path
            scope.update(root_path=root, path=path)  # in place: whoever stands outside reads it, too
            if path == root:  # relative addresses of the page would miss the prefix
                query = scope["query_string"].decode("latin-1")
                await RedirectResponse(f"{root}/{'?' * bool(query)}{query}", 308)(scope, receive, send)
                return
        await self.app(scope, receive, send)  # type: ignore[arg-type]

    def _forwarded(self, scope: Scope) -> str:
        """The prefix that a trusted proxy names; proxies in a row add one each, as headers or separated by commas."""
        client = scope.get("client")
        if not client or client[0] not in self.app.trusted_hosts:
            return ""
        given = b",".join(value for name, value in scope["headers"] if name == _HEADER).decode("latin-1")
        prefix = "".join(part.strip().rstrip("/") for part in given.split(","))
        return prefix if ROOT_PATH.fullmatch(prefix) else ""
