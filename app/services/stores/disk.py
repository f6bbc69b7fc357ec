"""What lies on the disk for a model: its versions, the state of its files, why they can't be served, and copies of them."""

import time
from pathlib import Path
from typing import NamedTuple, Self

from latentlink.models.checkpoint import Cache
from latentlink.models.checkpoint.publish import CURRENT, versions
from latentlink.models.checkpoint.store import current_version
from latentlink.models.errors import CheckpointError, DataError, ReadOnlyError

Signature = frozenset[tuple[str, int, int]]
Glance = tuple[int, ...]

_SETTLED = 2 * 10**9  # nanoseconds after which another change has another time, on every file system


class Failure(NamedTuple):
    """Why a version can't be served, and the state of its files then.

    Attributes:
        reason: in words.
        signature: of its files.
        passing: whether it passes by itself, so that it is tried again at each look.
        rejected: the versions that were accepted at a look and could not be opened.
    """

    reason: str
    signature: Signature | None
    passing: bool
    rejected: frozenset[str] = frozenset()

    @classmethod
    def of(cls, error: BaseException, seen: Signature | None) -> Self:
        """The failure that an error is, or the one that it was raised for."""
        origin = error.__cause__ or error.__context__ or error
        return cls(str(error), seen, isinstance(origin, OSError | MemoryError))


def on_disk(home: Path) -> list[str]:
    """The published versions, oldest first; none where they can't be listed."""
    try:
        return versions(home)
    except OSError:
        return []


def open_cache(directory: Path | None) -> Cache | None:
    """The copies in a directory, where one is set.

    Raises:
        DataError: it can't be written to.
    """
    try:
        return None if directory is None else Cache(directory)
    except ReadOnlyError as error:
        raise DataError(
            f"LATENTLINK_CACHE: {error}; name another one, or none where only trainings write to the checkpoints"
        ) from None


def glance(home: Path) -> Glance | None:
    """The times of a model's directory and of its `CURRENT`, which tell that nothing was published, moved or removed since.

    None where they can't be read, or changed so recently that a change after this look may have the same time.
    """
    try:
        times = tuple(path.stat().st_ctime_ns for path in (home, home / CURRENT))
    except OSError:
        return None
    return times if max(times) < time.time_ns() - _SETTLED else None


def signature(home: Path) -> Signature | None:
    """The state of a model's files, to detect a change: name, time and size of each; None where they can't be listed."""
    try:
        files = [home / CURRENT, *(home / current_version(home)).iterdir()]
        stats = [(file.name, file.stat()) for file in files]
    except (OSError, CheckpointError):
        return None
    return frozenset((name, stat.st_ctime_ns, stat.st_size) for name, stat in stats)
