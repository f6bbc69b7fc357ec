"""Paths on this machine: what is a URL instead, and what stands where a directory should be."""

import re
from os import PathLike, fspath
from pathlib import Path

from latentlink.models.errors import DataError
from latentlink.models.wording import shortened, without_secrets

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def is_url(text: str) -> bool:
    """Whether a text begins as a URL does, with one slash, too, as `s3:/models`; `./s3:/models` is a path."""
    return _URL.match(text) is not None


def local_path(path: str | PathLike[str], what: str) -> Path:
    """A path on this machine; of a URL, a path would be a folder that is named `s3:`.

    Args:
        path: as it was given.
        what: it is, in the message.

    Raises:
        DataError: it is a URL.
    """
    if is_url(fspath(path)):
        found = shortened(without_secrets(fspath(path)))
        raise DataError(f"{what}: expected a path on this machine, found the URL {found}; name a file or a folder here")
    return Path(path)


def obstacle(path: Path) -> str | None:
    """What stands where `path`, or a folder above it, should be a directory; None where nothing does, or can't be looked at."""
    try:
        for part in (*reversed(path.parents), path):
            if part.exists() and not part.is_dir():
                return f"the file {part}"
            if part.is_symlink() and not part.exists():
                return f"the link {part} to {part.readlink()}, which is not there"
    except (OSError, ValueError):  # ValueError: NUL in the name
        return None
    return None
