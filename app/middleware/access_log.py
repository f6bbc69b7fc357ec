"""Access log: one line and one measurement for every request, also for those that failed."""

import asyncio
import logging
import math
import time
from functools import cache

from starlette.types import ASGIApp, Receive, Scope, Send

from latentlink.app.metrics import Metrics
from latentlink.app.middleware.paths import is_probe

logger = logging.getLogger("latentlink.access")

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_LINE = "%s %r %s %.1f ms, %s%s, request %s"  # the path with its escapes: it may hold line breaks

Exemplar = dict[str, str] | None
"""The labels of an exemplar: the trace of a request, where it is sampled."""


class AccessLog:
    """Writes each request to the log and the metrics: route, status, time, model, name of the key; no query, which names nodes.

    Args:
        app: what to wrap.
        metrics: where to count.
        slow_seconds: from which on a line is a warning; 0 for never.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, slow_seconds: float = 0) -> None:
        self.app = app
        self._slow = slow_seconds or math.inf
        self._in_flight = metrics.in_flight
        self._seconds = cache(metrics.seconds.labels)  # as many as there are methods, routes and statuses
        self._model_seconds = cache(metrics.model_seconds.labels)  # and models that were served
        # In this turn of the event loop, with the seconds they took and the trace that they belong to.
        self._ended: list[tuple[Scope, float, Exemplar]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        self._in_flight.inc()
        try:
            await self.app(scope, receive, send)
        finally:
            self._in_flight.dec()
            self._ended.append((scope, time.perf_counter() - begun, _exemplar(scope)))
            if len(self._ended) == 1:
                asyncio.get_running_loop().call_soon(self._record_all)

    def _record_all(self) -> None:
        """Record all requests that ended in one turn of the event loop: in a row, they find this code in the CPU's caches."""
        ended, self._ended = self._ended, []
        for scope, seconds, exemplar in ended:
            try:
                self._record(scope, seconds, exemplar)
            except Exception:  # those after it are recorded all the same
                logger.exception("could not record request %s", scope.get("state", {}).get("request_id"))

    def _record(self, scope: Scope, seconds: float, exemplar: Exemplar) -> None:
        state = scope.get("state", {})
        status = state.get("status")  # of a client that left there is none
        route = getattr(scope.get("route"), "path_format", None)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._seconds(method, route or "none", status or "none").observe(seconds, exemplar)
        request_id, key = state.get("request_id"), getattr(state.get("key"), "name", None)
        model = state.get("model") or state.get("unavailable")
        if model is not None:
            self._model_seconds(model.partition("@")[0], status or "none").observe(seconds)
        fields = {
            "request_id": request_id,
            "method": scope["method"],
            "route": route,
            "path": scope["path"],
            "status": status,
            "ms": round(seconds * 1e3, 3),
            "model": model,
            "key": key,
            "client": (scope.get("client") or ("",))[0],
        }
        quiet = logging.DEBUG if is_probe(scope) and status == 200 else logging.INFO
        level = logging.WARNING if seconds >= self._slow else quiet
        if logger.isEnabledFor(level):
            of_key = f", key {key}" if key else ""
            values = (
                *(scope["method"], scope["path"], status or "left", seconds * 1e3),
                *(model or "no model", of_key, request_id),
            )
            # Made by hand, since `logger.log` looks for the line of code that called it.
            record = logger.makeRecord(logger.name, level, __file__, 0, _LINE, values, None, extra={"fields": fields})
            logger.handle(record)


def _exemplar(scope: Scope) -> Exemplar:
    """Of the span that the framework began for a request, where the service traces."""
    span = getattr(scope.get("fastapi.telemetry"), "span", None)
    if span is None:
        return None
    context = span.get_span_context()
    return {"trace_id": f"{context.trace_id:032x}"} if context.trace_flags.sampled else None
