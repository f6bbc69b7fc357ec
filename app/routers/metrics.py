"""Numbers for Prometheus."""

from functools import partial

import anyio
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from latentlink.app.deps import StateDep
from latentlink.app.http.negotiation import preferred
from latentlink.app.http.requests import StrictRoute
from latentlink.app.http.scopes import needs

_OPENMETRICS = "application/openmetrics-text"

router = APIRouter(route_class=StrictRoute, tags=["operations"])


@router.get("/metrics", operation_id="metrics", response_class=PlainTextResponse, summary="Numbers for Prometheus")
@needs("metrics")
async def metrics(request: Request, state: StateDep) -> PlainTextResponse:
    """Requests by route and status, those in work and those refused, and which versions are served; over all workers.

    Clients that prefer `application/openmetrics-text`, as Prometheus does, get it: it has exemplars. Others, whatever they
    take, get plain text.
    """
    openmetrics = preferred(request, ("text/plain", _OPENMETRICS)) == _OPENMETRICS
    # Not among the heavy work: an overloaded service answers, too.
    text = await anyio.to_thread.run_sync(partial(state.metrics.render, state.store, openmetrics=openmetrics))
    return PlainTextResponse(text, media_type=CONTENT_TYPE_LATEST if openmetrics else CONTENT_TYPE_PLAIN_0_0_4)
