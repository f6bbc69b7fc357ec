"""API keys: a request without one is refused before its body is read; and the owner, who needs none."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from latentlink.app.errors import AuthenticationRequiredError
from latentlink.app.http.problem_answers import error_response
from latentlink.app.keys import Keys
from latentlink.app.middleware.paths import route_path

_OPEN = frozenset({"/", "/docs", "/healthz", "/readyz"})
_OPEN_BELOW = ("/static/", "/docs/assets/", "/problems/")  # all else is closed, so that no new route is open by mistake


class ApiKeys:
    """Requires `Authorization: Bearer KEY` on every path that is not open; notes in the request's state whose key it is.

    Args:
        app: what to wrap.
        keys: those that open it.
        metrics_open: whether `/metrics` is open.
    """

    def __init__(self, app: ASGIApp, keys: Keys, *, metrics_open: bool) -> None:
        self.app = app
        self._keys = keys
        self._open = _OPEN | {"/metrics"} if metrics_open else _OPEN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or self._is_open(route_path(scope)):
            await self.app(scope, receive, send)
            return
        given = _bearer(scope)
        key = self._keys.find(given) if given is not None else None
        if key is None:
            found = _found(scope) if given is None else "one that is not known here"
            error = AuthenticationRequiredError(f"Authorization: expected Bearer and an API key, found {found}")
            response = error_response(Request(scope), error)
            response.headers["WWW-Authenticate"] = 'Bearer realm="latentlink"' + (
                "" if given is None else ', error="invalid_token"'
            )
            await response(scope, receive, send)
            return
        scope.setdefault("state", {}).update(key=key.name, admin=key.admin)
        await self.app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path in self._open or path.startswith(_OPEN_BELOW)


class Owner:
    """Admits every request as an admin's: it comes from the program that holds the model.

    Args:
        app: what to wrap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        scope.setdefault("state", {})["admin"] = True
        await self.app(scope, receive, send)


def _found(scope: Scope) -> str:
    """What stands in the place of a key."""
    return "a value without Bearer" if any(name == b"authorization" for name, _ in scope["headers"]) else "none"


def _bearer(scope: Scope) -> bytes | None:
    """The key that a request carries; None unless there is exactly one."""
    values: list[bytes] = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) != 1:
        return None
    scheme, _, key = values[0].strip().partition(b" ")
    return key.strip() or None if scheme.lower() == b"bearer" else None
