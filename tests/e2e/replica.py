"""A replica that copies from an object storage whose reads break, while versions are pushed and clients ask."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import httpx2

from latentlink.models.checkpoint.damage import read_sized
from latentlink.models.checkpoint.disk.files import open_whole
from latentlink.models.checkpoint.remote.bucket import Bucket
from latentlink.models.checkpoint.remote.location import StoreURL
from latentlink.models.checkpoint.remote.store import RemoteStore
from latentlink.models.errors import CheckpointError
from tests.e2e.service import Service, running_service, wait_for
from tests.e2e.storages.storage import Storage
from tests.e2e.swapping import Publisher, Seen, ask_for, swap_under_load, wrong_answers
from tests.support import Small

BREAK_EVERY = 10
_LOOK = 0.2  # seconds between two looks at the storage


@dataclass
class Pusher(Publisher):
    """Publishes to a directory and pushes from there.

    Attributes:
        bucket: to push to.
    """

    bucket: Bucket = field(kw_only=True)

    def publish(self) -> str:
        """A whole version, which is current in the storage at once."""
        version = super().publish()
        RemoteStore(self.bucket).push(self.store / "small" / version)
        return version

    def publish_corrupt(self) -> None:
        """A version with one bit of an object turned, which becomes current at once."""
        version = self.small.publish(self.store)
        remote, key = RemoteStore(self.bucket), f"small/{version}/embeddings.safetensors"
        remote.push(self.store / "small" / version, activate=False)
        content = (self.store / key).read_bytes()
        self.bucket.write(key, content[:-1] + bytes([content[-1] ^ 1]))
        remote.activate("small", version)


class Watch:
    """Looks at the copies all the time: every version that can be seen must be whole.

    Attributes:
        whole: the versions that were seen, as `name/version`.
        broken: what was wrong with others.
    """

    def __init__(self, root: Path) -> None:
        self._root, self._ended = root, threading.Event()
        self.whole: set[str] = set()
        self.broken: list[str] = []

    @classmethod
    @contextmanager
    def over(cls, root: Path) -> Iterator["Watch"]:
        """Watch a directory until the end of the block."""
        watch = cls(root)
        thread = threading.Thread(target=watch._run)
        thread.start()
        try:
            yield watch
        finally:
            watch._ended.set()
            thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.005):
            for path in self._root.glob("[a-z]*/2*"):
                if (name := str(path.relative_to(self._root))) not in self.whole:
                    self._look(name, path)

    def _look(self, name: str, path: Path) -> None:
        """Compare every digest, unless the version has been removed meanwhile."""
        try:
            for file, entry in read_sized(path).files.items():
                open_whole(path / file, entry).close()
        except CheckpointError as error:
            if path.exists():
                self.broken.append(str(error))
        else:
            self.whole.add(name)


class Outcome(NamedTuple):
    """What became of a replica.

    Attributes:
        seconds: from its start until the large model answered.
        seen: what the clients of the small model got while versions were pushed.
        away: what they got while there was no storage.
        wrong: answers that were of no version, or of two.
        watch: which versions were seen, and which of them were not whole.
        restarted: seconds from a start without the storage until both models answered.
        late: answers of the large model, once it had answered, other than 200.
    """

    seconds: float
    seen: Seen
    away: Seen
    wrong: list[str]
    watch: Watch
    restarted: float
    late: list[int]


def follow(
    folder: Path,
    storage: Storage,
    small: Small,
    large: Small,
    *,
    swaps: int,
    connections: int,
    pause: float,
    rest: float,
) -> Outcome:
    """Start a replica with an empty cache over a storage, push versions while clients ask, take the storage away, restart.

    Args:
        folder: for all files.
        storage: that runs, and is stopped.
        small: the graph whose versions are swapped.
        large: the graph of one version that is copied meanwhile, called `large`.
        swaps: versions of the small one.
        connections: of clients that ask for the small one.
        pause: seconds between swaps.
        rest: seconds of asking without the storage.
    """
    os.environ |= storage.environment
    bucket = StoreURL(storage.url).open()
    pusher = Pusher(folder / "published", small, bucket=bucket)
    pusher.publish()
    RemoteStore(bucket).push(pusher.store / "large" / large.publish(pusher.store, "large"))
    return _follow(folder, storage, pusher, swaps, connections, pause, rest)


def _follow(
    folder: Path, storage: Storage, pusher: Pusher, swaps: int, connections: int, pause: float, rest: float
) -> Outcome:
    cache = folder / "cache"
    environment = {
        **storage.environment,
        "LATENTLINK_CACHE": str(cache),
        "LATENTLINK_MIRROR_SECONDS": str(_LOOK),
        "LATENTLINK_DEFAULT_MODEL": "small",
        "LATENTLINK_REQUIRED_MODELS": "small",
    }
    started = time.monotonic()
    with (
        running_service(storage.url, path="/readyz", **environment) as service,
        Watch.over(StoreURL(storage.url).copies(cache)) as watch,
        _asking(service) as large,
    ):
        work = swap_under_load(service.url, pusher, connections=connections, swaps=swaps, pause=pause)
        seen = asyncio.run(work)
        large.first.wait(600)
        seconds = large.answered - started
        storage.stop()
        away = asyncio.run(ask_for(service.url, pusher, connections=connections, seconds=rest))
    started = time.monotonic()
    with running_service(storage.url, path="/v1/models/large", **environment) as service:
        wait_for(f"{service.url}/v1/models/small")
        restarted = time.monotonic() - started
    wrong = [*wrong_answers(pusher, seen), *wrong_answers(pusher, away)]
    return Outcome(seconds, seen, away, wrong, watch, restarted, large.others)


class _Large:
    """The answers of the large model: when the first one came, and every status after it that is not 200."""

    def __init__(self) -> None:
        self.first, self.ended = threading.Event(), threading.Event()
        self.answered = 0.0
        self.others: list[int] = []

    def ask(self, url: str) -> None:
        """Ask ten times a second until it is ended."""
        while not self.ended.wait(0.1):
            status = 0
            with suppress(httpx2.TransportError):
                status = httpx2.get(f"{url}/v1/models/large", verify=False, timeout=60).status_code
            if status == 200 and not self.first.is_set():
                self.answered = time.monotonic()
                self.first.set()
            if status != 200 and self.first.is_set():
                self.others.append(status)


@contextmanager
def _asking(service: Service) -> Iterator[_Large]:
    large = _Large()
    thread = threading.Thread(target=large.ask, args=(service.url,))
    thread.start()
    try:
        yield large
    finally:
        large.ended.set()
        thread.join()
