"""What a directory of checkpoints holds, by manifests and the sizes of files: no tensor is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from latentlink.models.checkpoint.damage import other_version, read_sized
from latentlink.models.checkpoint.disk.files import unreadable
from latentlink.models.checkpoint.manifest import Manifest
from latentlink.models.checkpoint.publish import versions
from latentlink.models.checkpoint.store import current_version, model_directories
from latentlink.models.errors import CheckpointError


class Listed(NamedTuple):
    """One published version.

    Attributes:
        name: the model's name.
        version: the version.
        current: whether it is the one to be served.
        facts: its manifest, or its damage, as far as that shows in the manifest and the sizes of its files; with the command
            that serves another version instead of a damaged current one.
    """

    name: str
    version: str
    current: bool
    facts: Manifest | CheckpointError

    @property
    def size(self) -> int:
        """Bytes of its files; 0 where it is damaged."""
        return 0 if isinstance(self.facts, CheckpointError) else self.facts.size


def listed(store: Path) -> Iterator[Listed]:
    """Every version in `store`, by name, oldest first; of models that are not served, too.

    A model whose directory can't be read has one entry, without a version.

    Raises:
        CheckpointError: `store` can't be read.
    """
    for home in model_directories(store):
        try:
            present = versions(home)
        except OSError as error:
            yield Listed(home.name, "", False, unreadable(home, error))
            continue
        current = _current(home)
        for version in present:
            yield Listed(home.name, version, version == current, _facts(home / version, current=version == current))


def _current(home: Path) -> str | None:
    try:
        return current_version(home)
    except CheckpointError:  # none, or one that names no version
        return None


def _facts(path: Path, *, current: bool) -> Manifest | CheckpointError:
    try:
        return read_sized(path)
    except CheckpointError as error:
        return CheckpointError(f"{error}{other_version(path.parent, path.name)}") if current else error
