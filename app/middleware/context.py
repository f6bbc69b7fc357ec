"""Request id in; out the headers that every answer carries: request id, model, and what guards it."""

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.middleware.headers import guarding_headers

_REQUEST_ID = re.compile(r"[\w.-]{1,128}", re.ASCII)


class RequestContext:
    """Gives each request an id, each answer its headers, and whoever asks the scope's state the `status` that went out.

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
