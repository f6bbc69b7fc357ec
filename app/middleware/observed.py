"""One line of the log and one measurement for every request, whatever became of it."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import Metrics
from app.middleware.paths import is_probe

logger = logging.getLogger("app.access")

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Observed:
    """Tells the log and the metrics of each request: route, status, time and model, but no query, which names nodes.

    Args:
        app: what to wrap.
        metrics: where to count.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status: int | None = None  # of a client that left there is none

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = time.perf_counter()
        self._metrics.in_flight.inc()
        try:
            await self.app(scope, receive, send_noting_status)
        finally:
            self._metrics.in_flight.dec()
            self._tell(scope, status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, status: int | None, seconds: float) -> None:
        route = getattr(scope.get("route"), "path_format", None)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.seconds.labels(method, route or "none", status or "none").observe(seconds)
        state = scope.get("state", {})
        fields = {
            "request_id": state.get("request_id"),
            "method": scope["method"],
            "route": route,
            "path": scope["path"],
            "status": status,
            "ms": round(seconds * 1e3, 3),
            "model": state.get("model"),
            "client": (scope.get("client") or ("",))[0],
        }
        level = logging.DEBUG if is_probe(scope) and status == 200 else logging.INFO
        # The path is written with its escapes: it may hold line breaks.
        logger.log(
            level,
            "%s %r %s %.1f ms, %s, request %s",
            *(scope["method"], scope["path"], status or "left", seconds * 1e3),
            *(fields["model"] or "no model", fields["request_id"]),
            extra={"fields": fields},
        )
