"""The damage of versions: what sizes tell of it without reading gigabytes, what digests tell, and which other one to serve."""

from contextlib import suppress
from pathlib import Path

from latentlink.models.checkpoint.disk.files import open_regular, open_whole, require_size
from latentlink.models.checkpoint.manifest import Manifest, read_manifest
from latentlink.models.checkpoint.publish import versions
from latentlink.models.errors import CheckpointError, DataError


def read_sized(directory: Path) -> Manifest:
    """The manifest of a version whose files have the sizes that it names; their digests are not checked.

    Raises:
        CheckpointError: as `read_manifest`, or a file is missing or of another size.
    """
    manifest = read_manifest(directory)
    for name, entry in manifest.files.items():
        with open_regular(directory / name) as file:
            require_size(file, directory / name, entry)
    return manifest


def is_whole(directory: Path) -> bool:
    """Whether a version is there with its manifest, and every file has its digest."""
    try:
        for name, entry in read_manifest(directory).files.items():
            open_whole(directory / name, entry).close()
    except CheckpointError:
        return False
    return True


def require_same(directory: Path, manifest: Manifest, origin: object) -> None:
    """Refuse to put a version from elsewhere in the place of one that has its name and is another one.

    Args:
        directory: of the version that has its place; it may be missing, or its manifest damaged.
        manifest: of the version from elsewhere.
        origin: where that is.

    Raises:
        DataError: it is another one.
    """
    with suppress(CheckpointError):
        if read_manifest(directory) != manifest:
            raise DataError(
                f"{directory}: expected the version of this name in {origin}, found another one; move it elsewhere, and try again"
            )


def other_version(home: Path, damaged: str | None) -> str:
    """The end of a message on a model's damaged version: how to serve the newest other one whose sizes are right, if any."""
    with suppress(OSError):
        for version in reversed(versions(home)):
            if version != damaged:
                with suppress(CheckpointError):
                    read_sized(home / version)
                    return how_to_serve(home.name, version)
    return ""


def how_to_serve(name: str, version: str) -> str:
    """The end of a message on a damaged version: the command that serves another one."""
    return f"; to serve another version: `latentlink activate {name} {version}`"
