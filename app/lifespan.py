"""What runs beside the requests: loading at the start, and looking for new versions."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from app.deps import State

logger = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load what is there before the first request, then follow the store until shutdown."""
    state: State = app.state.service
    await asyncio.to_thread(state.store.refresh)
    if not state.store.models:
        logger.warning("no model in %s yet: waiting for the first checkpoint", state.settings.checkpoints)
    polling = asyncio.create_task(_poll(state))
    try:
        with threadpool_limits(1, user_api="blas"):  # parallel by requests (`State.heavy`), not within one
            yield
    finally:
        polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await polling


async def _poll(state: State) -> None:
    while True:
        await asyncio.sleep(state.settings.poll_seconds)
        try:
            await asyncio.to_thread(state.store.refresh)
        except Exception:  # a poll that fails must not end polling
            logger.exception("looking for new checkpoints failed")
