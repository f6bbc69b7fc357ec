"""Work beside the requests: load models at the start, poll for new versions, watch the parent process."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from multiprocessing import parent_process

import anyio
from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from latentlink.app.deps import State
from latentlink.app.settings import injected
from latentlink.models.host import share_heap

logger = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 2.0
# After which a thread that computes in Python gives way to another one: the event loop waits for as long, often several times in
# a request. Python's own 5 ms add up to a second beside four threads.
_SWITCH_SECONDS = 0.0005


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Follow the store until shutdown; what loads quickly is there before the first request."""
    state: State = app.state.service
    share_heap()
    sys.setswitchinterval(_SWITCH_SECONDS)
    if names := injected():
        logger.info("ignored, since Kubernetes sets them for a Service of this name: %s", ", ".join(names))
    looked = asyncio.Event()
    polling = asyncio.create_task(_poll(state, looked))
    with contextlib.suppress(TimeoutError):
        # A large checkpoint takes longer to verify, and must not keep /healthz from answering.
        await asyncio.wait_for(looked.wait(), FIRST_LOOK_SECONDS)
    try:
        # Parallel by requests (`State.heavy`), not within one.
        with threadpool_limits(1, user_api="blas"), _ending_with_starter():
            yield
    finally:
        polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await polling


@contextlib.contextmanager
def _ending_with_starter() -> Iterator[None]:
    """Drain and end when the process that started this worker is gone: nobody else would free its port."""
    loop, starter = asyncio.get_running_loop(), parent_process()
    if starter is None:
        yield
        return

    def end() -> None:
        loop.remove_reader(starter.sentinel)
        logger.error("the process that started the workers is gone: draining, so that its port is free again")
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(starter.sentinel, end)
    try:
        yield
    finally:
        loop.remove_reader(starter.sentinel)


async def _poll(state: State, looked: asyncio.Event) -> None:
    while True:
        try:
            await anyio.to_thread.run_sync(state.store.refresh, abandon_on_cancel=True)
        except Exception:  # a look that fails must not end looking
            logger.exception("looking for new checkpoints failed")
        if not looked.is_set() and not state.store.models:
            folder = state.settings.checkpoints.absolute()
            missing = "" if folder.exists() else " (the directory does not exist)"
            logger.warning("no model in %s yet%s: waiting for the first checkpoint", folder, missing)
        looked.set()
        await asyncio.sleep(state.settings.poll_seconds)
