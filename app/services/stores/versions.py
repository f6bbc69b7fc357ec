"""Versions beside the current ones, opened on request."""

import threading
from collections import OrderedDict
from collections.abc import Container
from pathlib import Path

from latentlink.app.errors import NotReadyError, UnknownModelError
from latentlink.app.services.lookup import NOBODY, Observer
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.stores.disk import on_disk
from latentlink.models.checkpoint.disk.files import open_whole
from latentlink.models.checkpoint.reader import Opener
from latentlink.models.checkpoint.store import open_version, unknown_version
from latentlink.models.errors import CheckpointError

_KEPT = 2


class NotOpenError(UnknownModelError):
    """Another version than the current one was requested, and it is not open yet."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(f"version of {name}: expected an open one, found {version!r}")
        self.name = name
        self.version = version


class OtherVersions:
    """At most two other versions, of all models together; the least recently requested one is closed.

    Args:
        root: directory of checkpoints.
        opener: of the files that are mapped.
        observer: of the models.
    """

    def __init__(self, root: Path, opener: Opener = open_whole, observer: Observer = NOBODY) -> None:
        self._root = root
        self._opener = opener
        self._observer = observer
        self._opened: OrderedDict[tuple[str, str], Scorer] = OrderedDict()
        self._lock = threading.Lock()  # held while looking into `_opened`, not while reading

    def get(self, name: str, version: str) -> Scorer:
        """The version, if it is open; immediate.

        Raises:
            NotOpenError: it is not, and may not exist.
        """
        with self._lock:
            if (name, version) not in self._opened:
                raise NotOpenError(name, version)
            self._opened.move_to_end((name, version))
            return self._opened[name, version]

    def open(self, name: str, version: str) -> Scorer:
        """Read and verify the version, unless it is open; blocks on the disk and belongs in a thread, always the same one.

        Raises:
            UnknownModelError: there is no such version.
            NotReadyError: it is damaged.
        """
        try:
            return self.get(name, version)
        except NotOpenError:
            if not (self._root / name / version).is_dir():
                raise UnknownModelError(unknown_version(name, version, on_disk(self._root / name))) from None
        try:
            opened = Scorer(open_version(self._root / name, name, version, self._opener), self._observer)
        except CheckpointError as error:
            raise NotReadyError(f"{name}@{version}: {error}") from None
        with self._lock:
            self._opened[name, version] = opened
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
        return opened

    def opened(self) -> list[Scorer]:
        """Those that are open."""
        with self._lock:
            return list(self._opened.values())

    def of(self, name: str) -> list[str]:
        """The versions of a model that are open."""
        with self._lock:
            return [version for model, version in self._opened if model == name]

    def keep_only(self, names: Container[str]) -> None:
        """Let go of the versions of models that are no longer there."""
        with self._lock:
            for name, version in [key for key in self._opened if key[0] not in names]:
                del self._opened[name, version]
