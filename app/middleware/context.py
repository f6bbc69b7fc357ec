"""Request id in, request id and model out; and the last net under every request."""

import asyncio
import logging
import re
import secrets

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import INTERNAL, NOT_READY, problem_response

logger = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[\w.-]{1,128}", re.ASCII)


class RequestContext:
    """Gives each request an id, each answer `X-Request-ID` and `X-Model`, and each bug a problem without a trace.

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
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [(b"x-request-id", request_id.encode())]
                if model := state.get("model"):
                    headers.append((b"x-model", model.encode()))
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            logger.info("request %s: the client left before its body was read", request_id)
        except asyncio.CancelledError:
            if not started:  # the time to drain is over
                stopping = problem_response(Request(scope), NOT_READY, "The service is stopping; ask again.")
                await stopping(scope, receive, send_with_headers)
            raise
        except Exception:
            # The path is written with its escapes: it may hold line breaks.
            logger.exception(
                "request %s failed: %s %r",
                *(request_id, scope["method"], scope["path"]),
                extra={"fields": {"request_id": request_id}},
            )
            if started:
                raise  # half an answer is out; the server closes the connection
            detail = f"The service failed to answer; its log has the reason under request id {request_id}."
            await problem_response(Request(scope), INTERNAL, detail)(scope, receive, send_with_headers)


def _inbound_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            candidate = str(value, "latin-1")
            return candidate if _REQUEST_ID.fullmatch(candidate) else None
    return None
