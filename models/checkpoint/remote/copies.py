"""The copies that a mirror has made: which versions are whole, how much they take, and which go when there is no room."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from latentlink.models.checkpoint.damage import is_whole
from latentlink.models.checkpoint.moving import remove_version
from latentlink.models.checkpoint.publish import CURRENT, forget_unused, locked, move_current, versions
from latentlink.models.checkpoint.remote.pull import PARTIAL, drop_unfinished
from latentlink.models.checkpoint.store import current_version, model_directories
from latentlink.models.errors import CheckpointError


class _Held(NamedTuple):
    """The room of a version that is not there yet: bytes to copy, and those of each file that another version has, by number."""

    size: int
    links: Mapping[int, int]


class Copies:
    """A directory of checkpoints to which one process copies.

    Args:
        root: the directory.
        most: bytes of all copies; None for no limit, and one older version of each model.
        kept: by model, a version that stays whether it is current or not.
    """

    def __init__(self, root: Path, most: int | None, kept: Mapping[str, str]) -> None:
        self.root, self._most = root, most
        self._kept = {root / name / version for name, version in kept.items()}
        self._reserved = dict[Path, _Held]()  # by the directory of a version that is being copied or activated
        self._lock = threading.Lock()  # of `_reserved`

    def names(self) -> set[str]:
        """The models that are here."""
        return {home.name for home in model_directories(self.root)}

    def current(self, name: str) -> str | None:
        """The version that is served here."""
        with suppress(CheckpointError):
            return current_version(self.root / name)
        return None

    def has(self, name: str, version: str) -> bool:
        """Whether a version is here and every file has its digest."""
        return is_whole(self.root / name / version)

    def activate(self, name: str, version: str) -> None:
        """Let `CURRENT` name a version; without a limit, all but one of those that need not stay are removed."""
        with locked(self.root, name) as home:
            if self.current(name) != version:
                move_current(home, version)
            if self._most is None:
                for old in [one for one in versions(home) if one != version and home / one not in self._kept][:-1]:
                    remove_version(home, old)

    @contextmanager
    def room(self, name: str, version: str) -> Iterator[Callable[[int], None]]:
        """What to call with the bytes that a new version adds before they are copied, once its other files are linked.

        Until the end of the block its room is held, and it is not removed for another one, though `CURRENT` may not name it yet.
        """
        path = self.root / name / version
        with self._lock:
            self._reserved[path] = _Held(0, {})
        try:
            yield partial(self._reserve, path)
        finally:
            with self._lock:
                del self._reserved[path]

    def drop_others(self, names: Collection[str]) -> None:
        """Remove all models but these; whoever has a version mapped keeps it."""
        for name in self.names() - set(names):
            with locked(self.root, name) as home:
                (home / CURRENT).unlink(missing_ok=True)
                for version in versions(home):
                    remove_version(home, version)
            forget_unused(self.root / name)
        drop_unfinished(self.root, names)

    def _reserve(self, new: Path, size: int) -> None:
        """Remove old versions, the oldest of all models first and none that is current or kept, until there is room.

        Before them goes the damaged version whose place the new one takes: what is whole of it has been linked.

        Raises:
            CheckpointError: there is too little even without them.
        """
        if self._most is None:
            return
        with self._lock:
            links = _files(self._staging(new), least_links=2)
            self._reserved[new] = _Held(0, links)
            files = {path: _files(path) for path in self._versions()}
            used, owners = self._used(files)
            for path in sorted(files, key=lambda path: (path != new, path.name)):
                if used + size <= self._most:
                    break
                if path != new and (path in self._reserved or self._stays(path)):
                    continue
                with locked(self.root, path.parent.name) as home:
                    remove_version(home, path.name)
                owners.subtract(files[path].keys())
                used -= sum(taken for number, taken in files[path].items() if not owners[number])
            if used + size > self._most:
                raise CheckpointError(
                    f"LATENTLINK_CACHE_BYTES: expected room for {size:,} bytes beside {used:,} of versions that stay, "
                    f"found {self._most:,} in all; set a higher limit"
                )
            self._reserved[new] = _Held(size, links)

    def _used(self, files: Mapping[Path, Mapping[int, int]]) -> tuple[int, Counter[int]]:
        """Bytes of all versions, here or being copied, and in how many each file is, whose bytes count once.

        Args:
            files: of each version here, as `_files`.
        """
        copied = [held for path, held in self._reserved.items() if path not in files or self._staging(path).is_dir()]
        each = [*files.values(), *(held.links for held in copied)]
        sizes = dict(chain.from_iterable(one.items() for one in each))
        return sum(sizes.values()) + sum(held.size for held in copied), Counter(chain.from_iterable(each))

    def _stays(self, path: Path) -> bool:
        """Whether a version is one that a model can't be without."""
        return path in self._kept or path.name == self.current(path.parent.name)

    def _staging(self, path: Path) -> Path:
        """Where a version is while it is copied."""
        return self.root / PARTIAL / path.relative_to(self.root)

    def _versions(self) -> list[Path]:
        return [home / version for home in model_directories(self.root) for version in versions(home)]


def _files(path: Path, least_links: int = 1) -> dict[int, int]:
    """The bytes of each file in a directory that has so many names, by its number in the file system."""
    found = [file.stat() for file in path.iterdir()] if path.is_dir() else []
    return {one.st_ino: one.st_size for one in found if one.st_nlink >= least_links}
