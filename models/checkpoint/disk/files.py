"""The files of a checkpoint: regular ones of a bounded size, within their directory, and with the digest that is expected."""

import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

from pydantic import Field

from latentlink.models.errors import CheckpointError
from latentlink.models.facts.base import Count, Facts
from latentlink.models.paths import obstacle

_LARGEST_TEXT = 2**26  # bytes of a file that is read whole; the curves of a million epochs take less
_LARGEST_LINE = 1024  # bytes of a file with one word


class FileEntry(Facts):
    """One file beside the manifest."""

    bytes: Count = Field(description="Its size.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Its digest, in hex.")


def digest_file(path: Path) -> FileEntry:
    """Size and sha256 of a file, read once in constant memory.

    Raises:
        CheckpointError: it is missing or can't be read.
    """
    with open_regular(path) as file:
        return digest_of(file, path)


def digest_of(file: BufferedReader, path: Path) -> FileEntry:
    """Size and sha256 of an open file, which is then read again from its start.

    Raises:
        CheckpointError: it can't be read.
    """
    try:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
    except OSError as error:
        raise unreadable(path, error) from None
    return FileEntry(bytes=size, sha256=digest)


def open_whole(path: Path, expected: FileEntry) -> BufferedReader:
    """A file, opened for reading, whose content has the expected size and digest.

    Raises:
        CheckpointError: it is missing, damaged, or no regular file.
    """
    file = open_regular(path)
    try:
        require_whole(file, path, expected)
    except BaseException:
        file.close()
        raise
    return file


def require_whole(file: BufferedReader, path: Path, expected: FileEntry) -> None:
    """Raise CheckpointError unless the open file `path` has the expected size and digest."""
    require_size(file, path, expected)
    if (digest := digest_of(file, path).sha256) != expected.sha256:
        raise CheckpointError(f"{path}: expected sha256 {expected.sha256}, found {digest}; restore it, or train again")


def require_size(file: BufferedReader, path: Path, expected: FileEntry) -> None:
    """Raise CheckpointError unless the open file `path` has the expected size."""
    if (size := os.fstat(file.fileno()).st_size) != expected.bytes:
        raise CheckpointError(f"{path}: expected {expected.bytes:,} bytes, found {size:,}; restore it, or train again")


def open_regular(path: Path) -> BufferedReader:
    """A regular file, opened for reading; a pipe would block for ever.

    Raises:
        CheckpointError: it is missing, can't be read, or is a directory, a pipe or a device, which have no digest.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CheckpointError(f"{path}: expected a regular file, found another kind")
        return path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        raise unreadable(path, error) from None


def require_inside(path: Path, root: Path) -> None:
    """Raise CheckpointError if a file is a symbolic link to somewhere outside of a directory, or in a directory that is."""
    try:
        target = path.resolve()
        if not target.is_relative_to(root.resolve()):
            raise CheckpointError(f"{path}: expected a file within {root}, found a link to {target}; copy it there")
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise unreadable(path, error) from None


def read_bytes(path: Path, most: int = _LARGEST_TEXT) -> bytes:
    """The content of a file of a checkpoint, which may have `most` bytes.

    Raises:
        CheckpointError: it is missing, can't be read, or is larger.
    """
    with open_regular(path) as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise unreadable(path, error) from None
    if len(content) > most:
        raise CheckpointError(f"{path}: expected at most {most:,} bytes, found more")
    return content


def read_line(path: Path) -> str:
    """The only line of a file; raises as `read_bytes`."""
    return read_bytes(path, _LARGEST_LINE).decode("utf-8", "replace").strip()


def unreadable(path: Path, error: Exception) -> CheckpointError:
    """The error for a file that should be there and can't be read."""
    return CheckpointError(f"{path}: expected a readable file of a checkpoint, found: {reason(error)}")


def reason(error: Exception) -> str:
    """What went wrong, without the number and the path that an OSError adds; what stands in the place of a directory."""
    if isinstance(error, FileExistsError | NotADirectoryError) and error.filename is not None:
        return obstacle(Path(os.fsdecode(error.filename))) or str(error.strerror)
    return getattr(error, "strerror", None) or str(error)
