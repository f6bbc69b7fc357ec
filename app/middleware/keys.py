"""API keys: a request without one is refused before its body is read; and the owner, who needs none."""

import time

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from latentlink.app.errors import AuthenticationRequiredError, RateLimitedError
from latentlink.app.http.problem_answers import error_response
from latentlink.app.keys.key import OWNER
from latentlink.app.keys.ring import KeyRing
from latentlink.app.metrics import Metrics
from latentlink.app.middleware.paths import route_path

_OPEN = frozenset({"/", "/docs", "/healthz", "/readyz"})
_OPEN_BELOW = ("/static/", "/docs/assets/", "/problems/")  # all else is closed, so that no new route is open by mistake


class ApiKeys:
    """Requires `Authorization: Bearer KEY` on every path that is not open, as often as the key may ask.

    Notes the key in the request's state; routes decide what it is for.

    Args:
        app: what to wrap.
        keys: those that open it.
        metrics: where to count refusals.
        metrics_open: whether `/metrics` is open.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing, metrics: Metrics, *, metrics_open: bool) -> None:
        self.app = app
        self._keys = keys
        self._on_limited = metrics.rate_limited
        self._open = _OPEN | {"/metrics"} if metrics_open else _OPEN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or self._is_open(route_path(scope)):
            await self.app(scope, receive, send)
            return
        given = _bearer(scope)
        key = self._keys.find(given) if given is not None else None
        if key is None or key.expires <= time.time():
            found = _found(scope) if given is None else "one that is not known here"
            if key is not None:
                found = f"key {key.name!r}, which expired at {key.expiry}"
            error = AuthenticationRequiredError(
                f"Authorization: expected Bearer and an API key, found {found}", given=given is not None
            )
            await error_response(Request(scope), error)(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["key"] = key
        bucket = self._keys.bucket(key)
        if bucket is not None:
            seconds = bucket.take()
            state["headers"] = bucket.headers()
            if seconds:
                self._on_limited(key.name)
                limited = RateLimitedError(
                    f"requests of key {key.name!r}: expected up to {key.rate:g} a second, {key.burst} at once, found more",
                    seconds,
                )
                await error_response(Request(scope), limited)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path in self._open or path.startswith(_OPEN_BELOW)


class Owner:
    """Admits every request to everything: it comes from the program that holds the model.

    Args:
        app: what to wrap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        scope.setdefault("state", {})["key"] = OWNER
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
