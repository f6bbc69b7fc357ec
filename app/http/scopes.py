"""Which key a route is for, and a line in the audit log for each request to change something."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi.routing import APIRoute
from starlette.types import Receive, Send
from starlette.types import Scope as ASGIScope

from latentlink.app import audit
from latentlink.app.deps import key_of
from latentlink.app.errors import ForbiddenError
from latentlink.app.keys.key import Key, Scope

Handler = TypeVar("Handler", bound=Callable[..., object])

_NEEDS = "__needs__"
_AUDITED = frozenset[Scope]({"write", "admin"})


def needs(scope: Scope) -> Callable[[Handler], Handler]:
    """Let a handler's route need a key with this scope; `read` is what the others need."""

    def mark(handler: Handler) -> Handler:
        setattr(handler, _NEEDS, scope)
        return handler

    return mark


class ScopedRoute(APIRoute):
    """A route that refuses a key without its scope, before anything of the request is read.

    A request to change something leaves a line in the audit log, done or not; its handler adds facts as `request.state.audit`.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(path, endpoint, **kwargs)
        self.needed_scope: Scope = getattr(endpoint, _NEEDS, "read")

    async def handle(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)  # which words the error
            return
        key = key_of(scope)
        if self.needed_scope in _AUDITED:
            await self._audited(key, scope, receive, send)
            return
        key.require_scope(self.needed_scope)
        await super().handle(scope, receive, send)

    async def _audited(self, key: Key, scope: ASGIScope, receive: Receive, send: Send) -> None:
        state: dict[str, Any] = scope["state"]
        result = "unanswered"  # the time limit passed, the client left, or there is a bug
        try:
            key.require_scope(self.needed_scope)
            await super().handle(scope, receive, send)
            result = "done" if state["status"] < 400 else "refused"
        except ForbiddenError:
            result = "refused"
            raise
        finally:
            facts = {
                **scope["path_params"],
                **({"model": state["model"]} if "model" in state else {}),
                **state.get("audit", {}),
                "status": state.get("status", 403 if result == "refused" else None),
                "request_id": state.get("request_id"),
                "client": (scope.get("client") or ("",))[0],
            }
            audit.record(str(self.operation_id), key.name or None, result, **facts)
