"""Versions that are open: current ones and a few others, of each kind those that were requested last."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from weakref import WeakValueDictionary

from latentlink.app.services.lookup import NOBODY, Observer
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint.disk.files import open_whole
from latentlink.models.checkpoint.reader import Opener
from latentlink.models.checkpoint.store import open_version

Key = tuple[str, str]
"""The name of a model, and a version."""

_OTHERS = 2


class NotOpenError(Exception):
    """A version was requested that is not open, and may not exist."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(f"version of {name}: expected an open one, found {version!r}")
        self.name = name
        self.version = version


class OpenVersions:
    """The current versions of at most `limit` models, and at most two other versions of all models together.

    Of more, the least recently requested one is let go: it closes when the last request that works with it ends, and until then
    it is not opened a second time.

    Args:
        root: directory of checkpoints.
        limit: of models.
        opener: of the files that are mapped.
        observer: of the models.
    """

    def __init__(self, root: Path, limit: int, opener: Opener = open_whole, observer: Observer = NOBODY) -> None:
        self._root, self._limit, self._opener, self._observer = root, limit, opener, observer
        self._current: OrderedDict[Key, Scorer] = OrderedDict()  # least recently requested first, as the others
        self._others: OrderedDict[Key, Scorer] = OrderedDict()
        self._open: WeakValueDictionary[Key, Scorer] = WeakValueDictionary()  # these, and what is let go and in work
        self._lock = threading.Lock()  # held while they change, not while a version is read

    def get(self, name: str, version: str) -> Scorer:
        """The version, if it is open; immediate.

        Raises:
            NotOpenError: it is not, and may not exist.
        """
        key = name, version
        kept = self._current if key in self._current else self._others
        try:
            kept.move_to_end(key)
            return kept[key]  # without the lock: at worst another thread has just let go of it
        except KeyError:
            raise NotOpenError(name, version) from None

    def open(self, name: str, version: str, *, current: bool) -> Scorer:
        """Read and verify the version, unless it is open; blocks on the disk and belongs in a thread.

        None is closed for it until `close_oldest`.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        key = name, version
        with self._lock:
            found = self._open.get(key)
        if found is None:
            started = time.perf_counter()
            found = Scorer(open_version(self._root / name, name, version, self._opener), self._observer)
            self._observer.version_opened(name, time.perf_counter() - started)
        with self._lock:
            found = self._open.setdefault(key, found)
            kept = self._current if current else self._others
            kept[key] = found
            kept.move_to_end(key)
        return found

    def close_oldest(self) -> None:
        """Let go of those beyond the limits."""
        with self._lock:
            for kept, limit in ((self._current, self._limit), (self._others, _OTHERS)):
                while len(kept) > limit:
                    (name, _), _ = kept.popitem(last=False)
                    self._observer.version_closed(name)

    def keep_only(self, served: Mapping[str, str]) -> None:
        """Let go of what is no longer current, and of the other versions of models that are no longer there.

        Args:
            served: the current version of each model.
        """
        with self._lock:
            for key in [key for key in self._current if served.get(key[0]) != key[1]]:
                del self._current[key]
            for key in [key for key in self._others if served.get(key[0]) in (None, key[1])]:
                del self._others[key]

    def keeps(self, name: str, version: str) -> bool:
        """Whether the version is open as the current one of a model."""
        return (name, version) in self._current

    def opened(self) -> list[Scorer]:
        """Those that are open."""
        with self._lock:
            return list(self._open.values())
