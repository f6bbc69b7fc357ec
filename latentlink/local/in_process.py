"""The way of a client to a service that runs in this process: no socket, and an event loop in a thread of its own."""

import asyncio
import json
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future

import httpx2
from fastapi import FastAPI

from latentlink.app.http.problem_answers import MEDIA_TYPE
from latentlink.models.option_names import in_python

MakeApp = Callable[[], FastAPI]


class InProcess(httpx2.BaseTransport):
    """Answers a blocking client from an application in this process.

    It works beside a running event loop, as a notebook has one. After a fork the child starts an application of its own, since
    threads are not forked. It stops with `close`, or when nobody holds it any more.

    Args:
        make_app: makes the application; called at once, and again after a fork.
    """

    def __init__(self, make_app: MakeApp) -> None:
        self._make_app = make_app
        self._forked = threading.Lock()
        self._start()

    @property
    def app(self) -> FastAPI:
        """The application that answers in this process."""
        if self._running.pid != os.getpid():
            with self._forked:
                if self._running.pid != os.getpid():
                    self._start()
        return self._running.app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to a request, whole."""
        transport = httpx2.ASGITransport(self.app)
        request.headers["Accept-Encoding"] = "identity"  # nothing travels
        return self._running.run(transport, request)

    def close(self) -> None:
        """Stop the application and wait for its thread."""
        self._stop()
        self._running.join()

    def _start(self) -> None:
        self._running = _Running(self._make_app())
        self._stop = weakref.finalize(self, self._running.stop)


class _Running:
    """An application on an event loop in a daemon thread of its own, with its lifespan.

    Attributes:
        app: the application.
        pid: the process that it was started in.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app, self.pid = app, os.getpid()
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="latentlink", daemon=True)
        self._thread.start()
        self._loop, self._ended = self._started.result()

    def run(self, transport: httpx2.ASGITransport, request: httpx2.Request) -> httpx2.Response:
        """The answer that the event loop's thread gives, and that the caller's waits for."""
        return asyncio.run_coroutine_threadsafe(_answer(transport, request), self._loop).result()

    def stop(self) -> None:
        """Let the thread end; from any thread, also in the middle of a search for cycles."""
        if self.pid == os.getpid() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)

    def join(self) -> None:
        """Wait for the end of the thread."""
        if self.pid == os.getpid():
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _live(self) -> None:
        ended = asyncio.Event()
        async with self.app.router.lifespan_context(self.app):
            self._started.set_result((asyncio.get_running_loop(), ended))
            await ended.wait()


async def _answer(transport: httpx2.ASGITransport, request: httpx2.Request) -> httpx2.Response:
    """The answer; what a problem says of options names the parameters of Python."""
    answer = await transport.handle_async_request(request)
    content, headers = await answer.aread(), dict(answer.headers)
    if headers.get("content-type") == MEDIA_TYPE:
        problem = json.loads(content)
        content = json.dumps(problem | {"detail": in_python(problem["detail"])}).encode()
        headers["content-length"] = str(len(content))
    return httpx2.Response(answer.status_code, headers=headers, content=content)
