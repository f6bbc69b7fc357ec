"""Opening versions off the event loop, each once at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from latentlink.app.services.scorer import Scorer
from latentlink.app.services.stores.versions import Key

_THREADS = 2  # so that one of gigabytes, which takes seconds to verify, does not hold up all others


class Opening:
    """Versions that are being opened; belongs to an event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "reading")
        self._begun: dict[Key, asyncio.Future[Scorer | None]] = {}

    async def of(self, key: Key, read: Callable[[], Scorer | None]) -> Scorer | None:
        """What `read` returns or raises in a thread; who asks for the same version meanwhile waits for the same reading.

        It goes on when who asked for it leaves.
        """
        begun = self._begun.get(key)
        if begun is None:
            begun = self._begun[key] = asyncio.get_running_loop().run_in_executor(self._threads, read)
            begun.add_done_callback(lambda _: self._begun.pop(key))
        return await asyncio.shield(begun)
