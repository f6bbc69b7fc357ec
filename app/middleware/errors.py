"""Error handling: a problem for every request that nothing else has answered."""

import asyncio
import logging

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from latentlink.app.http.problem_answers import problem_response
from latentlink.app.http.problems import PROBLEMS

logger = logging.getLogger(__name__)


class ErrorHandling:
    """Answers a bug with a problem without a trace, and what is unanswered at the end of the drain with another.

    Stands inside `RequestContext`, which notes whether an answer has begun.

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
        request_id = scope["state"]["request_id"]
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            logger.info("request %s: the client left before the answer began", request_id)
        except asyncio.CancelledError:
            if "status" not in scope["state"]:  # the time to drain is over
                stopping = problem_response(
                    Request(scope), PROBLEMS["not-ready"], "The service is stopping; try again."
                )
                await stopping(scope, receive, send)
            raise
        except Exception:
            # The path is written with its escapes: it may hold line breaks.
            logger.exception(
                "request %s failed: %s %r",
                *(request_id, scope["method"], scope["path"]),
                extra={"fields": {"request_id": request_id}},
            )
            if "status" in scope["state"]:
                raise  # half an answer is out; the server closes the connection
            detail = f"The service failed to answer; its log has the reason under request id {request_id}."
            await problem_response(Request(scope), PROBLEMS["internal"], detail)(scope, receive, send)
