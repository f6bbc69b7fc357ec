"""What a directory of checkpoints holds, by manifests alone: no tensor is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from latentlink.models.checkpoint.files import unreadable
from latentlink.models.checkpoint.manifest import Manifest, read_manifest
from latentlink.models.checkpoint.publish import versions
from latentlink.models.checkpoint.store import current_version, model_directories
from latentlink.models.errors import CheckpointError


class Listed(NamedTuple):
    """One published version.

    Attributes:
        name: the model's name.
        version: the version.
        current: whether it is the one that is served.
        facts: its manifest, or why that can't be read.
    """

    name: str
    version: str
    current: bool
    facts: Manifest | CheckpointError

    @property
    def size(self) -> int:
        """Bytes of its files; 0 where the manifest can't be read."""
        return 0 if isinstance(self.facts, CheckpointError) else sum(file.bytes for file in self.facts.files.values())


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
            yield Listed(home.name, version, version == current, _facts(home / version))


def _current(home: Path) -> str | None:
    try:
        return current_version(home)
    except CheckpointError:  # none, or one that names no version
        return None


def _facts(path: Path) -> Manifest | CheckpointError:
    try:
        return read_manifest(path)
    except CheckpointError as error:
        return error
