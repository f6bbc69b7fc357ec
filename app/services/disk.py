"""What lies on the disk for a model: its versions, and the state of its files."""

from pathlib import Path

from latentlink.models.checkpoint.publish import CURRENT, versions
from latentlink.models.checkpoint.store import current_version
from latentlink.models.errors import CheckpointError

Signature = frozenset[tuple[str, int, int]]


def on_disk(home: Path) -> list[str]:
    """The published versions, oldest first; none where they can't be listed."""
    try:
        return versions(home)
    except OSError:
        return []


def signature(home: Path) -> Signature | None:
    """The state of a model's files, to detect a change: name, time and size of each; None where they can't be listed."""
    try:
        files = [home / CURRENT, *(home / current_version(home)).iterdir()]
        stats = [(file.name, file.stat()) for file in files]
    except (OSError, CheckpointError):
        return None
    return frozenset((name, stat.st_ctime_ns, stat.st_size) for name, stat in stats)
