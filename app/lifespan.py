"""Work beside the requests: load models at the start, poll for new versions, watch the event loop and the parent process."""

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from multiprocessing import parent_process
from typing import Any

from fastapi import FastAPI
from prometheus_client import Histogram
from threadpoolctl import threadpool_limits

from latentlink.app.deps import State
from latentlink.app.services.jobs.supervisor import Supervisor
from latentlink.app.settings import injected
from latentlink.models.host import share_heap

logger = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 2.0
JOBS_SECONDS = 1.0  # between two looks for jobs
LAG_SECONDS = 0.05  # between two observations
# After which a thread that computes in Python gives way to another one: the event loop waits for as long, often several times in
# a request. Python's own 5 ms add up to a second beside four threads.
_SWITCH_SECONDS = 0.0005


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Follow the store in a process that has no other work, and set the process up for it."""
    state: State = app.state.service
    share_heap()
    sys.setswitchinterval(_SWITCH_SECONDS)
    if names := injected():
        logger.info("ignored, since Kubernetes sets them for a Service of this name: %s", ", ".join(names))
    async with _beside(_watch_loop(state.metrics.loop_lag)), _beside(_follow_keys(state)), following(app):
        # Parallel by requests (`State.computing`), not within one.
        with threadpool_limits(1, user_api="blas"), _ending_with_starter(), _frozen():
            yield


@contextlib.asynccontextmanager
async def following(app: FastAPI) -> AsyncIterator[None]:
    """Follow the store and run jobs until the end of the block; what loads quickly is there at its beginning."""
    looked, state = asyncio.Event(), app.state.service
    async with _beside(_poll(state, looked)), _running_jobs(state):
        with contextlib.suppress(TimeoutError):
            # A large checkpoint takes longer to verify, and must not keep /healthz from answering.
            await asyncio.wait_for(looked.wait(), FIRST_LOOK_SECONDS)
        yield


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do work without end until the end of the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def _running_jobs(state: State) -> AsyncIterator[None]:
    """Have jobs run, where they have a directory."""
    if state.jobs is None:
        yield
        return
    supervisor = Supervisor(state.jobs, state.settings.checkpoints)
    try:
        async with _beside(_supervise(supervisor)):
            yield
    finally:
        supervisor.stop()


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    """Leave what is there out of the search for cycles, which holds the lock: through all modules for a tenth of a second."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
            await asyncio.to_thread(state.store.refresh)
        except Exception:  # a look that fails must not end looking
            logger.exception("looking for new checkpoints failed")
        if not looked.is_set() and not state.store.models:
            folder = state.settings.checkpoints.absolute()
            missing = "" if folder.exists() else " (the directory does not exist)"
            logger.warning("no model in %s yet%s: waiting for the first checkpoint", folder, missing)
        looked.set()
        await asyncio.sleep(state.settings.poll_seconds)


async def _follow_keys(state: State) -> None:
    """Take over changes of the file of keys, if there is one."""
    while state.keys.file is not None:
        await asyncio.sleep(state.settings.poll_seconds)
        try:
            await asyncio.to_thread(state.keys.refresh)
        except Exception:  # a look that fails must not end looking
            logger.exception("looking at the file of keys failed")
        state.metrics.keys_broken.set(bool(state.keys.degraded()))


async def _supervise(supervisor: Supervisor) -> None:
    """Have jobs run."""
    while True:
        try:
            await asyncio.to_thread(supervisor.look)
        except Exception:  # a look that fails must not end looking
            logger.exception("looking for jobs failed")
        await asyncio.sleep(JOBS_SECONDS)


async def _watch_loop(lag: Histogram) -> None:
    """Observe by how much a short sleep is too long: whatever holds the loop, or the interpreter's lock, shows there."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        lag.observe(max(0.0, loop.time() - due))
