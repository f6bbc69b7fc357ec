"""Numbers for Prometheus."""

from functools import partial

import anyio
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from latentlink.app.deps import StateDep
from latentlink.app.http.requests import StrictRoute
from latentlink.app.http.scopes import needs

router = APIRouter(route_class=StrictRoute, tags=["operations"])


@router.get("/metrics", operation_id="metrics", response_class=PlainTextResponse, summary="Numbers for Prometheus")
@needs("metrics")
async def metrics(state: StateDep) -> PlainTextResponse:
    """Requests by route and status, those in work and those refused, and which versions are served; over all workers."""
    # Not among the heavy work: an overloaded service answers, too.
    text = await anyio.to_thread.run_sync(partial(state.metrics.render, state.store))
    return PlainTextResponse(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
