"""What lies on the disk for a model: its versions, the state of its files, and copies of them."""

from pathlib import Path

from latentlink.models.checkpoint import Cache
from latentlink.models.checkpoint.publish import CURRENT, versions
from latentlink.models.checkpoint.store import current_version
from latentlink.models.errors import CheckpointError, DataError, ReadOnlyError

Signature = frozenset[tuple[str, int, int]]


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


def signature(home: Path) -> Signature | None:
    """The state of a model's files, to detect a change: name, time and size of each; None where they can't be listed."""
    try:
        files = [home / CURRENT, *(home / current_version(home)).iterdir()]
        stats = [(file.name, file.stat()) for file in files]
    except (OSError, CheckpointError):
        return None
    return frozenset((name, stat.st_ctime_ns, stat.st_size) for name, stat in stats)
