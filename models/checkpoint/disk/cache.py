"""Copies of the files that are mapped, one for each digest, in a directory that nobody else writes to.

Who truncates a mapped file ends every process that then reads beyond its end (SIGBUS). A store that others write to, such as a
shared volume, is therefore mapped by copies: other files, not links, although a file system such as Btrfs or XFS may share
their blocks until one of both changes.
"""

import os
import re
import shutil
from collections.abc import Collection
from contextlib import ExitStack, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from latentlink.models.checkpoint.disk.files import (
    FileEntry,
    open_regular,
    open_whole,
    reason,
    require_size,
    require_whole,
)
from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.errors import CheckpointError, ReadOnlyError

_LOCK = ".lock"
_OURS = re.compile(r"\.?[0-9a-f]{64}")  # copies, and with a dot unfinished ones
_CHUNK = 2**30  # bytes that one call copies


class Cache:
    """Verified copies, shared by all processes that name the same directory.

    A copy is verified whenever it is opened, so that neither a crash while it is written nor a change afterwards goes unnoticed.

    Args:
        root: the directory; made if absent, for this user alone.

    Raises:
        ReadOnlyError: it can't be written to.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            root.mkdir(0o700, parents=True, exist_ok=True)
            with exclusive(root / _LOCK):
                pass
        except OSError as error:
            raise self._unwritable(error) from None

    def open(self, source: Path, entry: FileEntry) -> BufferedReader:
        """The copy of a file with the size and digest of `entry`, opened for reading; made if there is none that is whole.

        Raises:
            CheckpointError: the file is damaged, or the copy can't be written.
        """
        copy = self._root / entry.sha256
        with suppress(CheckpointError):
            return open_whole(copy, entry)
        try:
            with exclusive(self._root / _LOCK):  # of several processes the first copies, and the others wait for it
                with suppress(CheckpointError):
                    return open_whole(copy, entry)
                return self._copy(source, entry, copy)
        except OSError as error:
            raise self._unwritable(error) from None

    def keep_only(self, digests: Collection[str]) -> None:
        """Remove all other copies; whoever has one mapped keeps it until it is unmapped.

        Raises:
            ReadOnlyError: one can't be removed.
        """
        try:
            with exclusive(self._root / _LOCK):  # nobody is amid a copy
                for path in self._root.iterdir():
                    if _OURS.fullmatch(path.name) and path.name not in digests:
                        path.unlink()
        except OSError as error:
            raise self._unwritable(error) from None

    def _copy(self, source: Path, entry: FileEntry, copy: Path) -> BufferedReader:
        """Copy a file, and open what was copied: before it has its name, so that nobody can remove it in between."""
        unfinished = self._root / f".{entry.sha256}"
        with ExitStack() as undo:
            unfinished.unlink(missing_ok=True)  # of a process that was killed
            undo.callback(unfinished.unlink, missing_ok=True)
            with open_regular(source) as original, unfinished.open("wb") as file:
                require_size(original, source, entry)
                unfinished.chmod(0o400)
                _copy_content(original, file)
            copied = undo.enter_context(unfinished.open("rb"))
            require_whole(copied, source, entry)
            unfinished.rename(copy)
            undo.pop_all()
            return copied

    def _unwritable(self, error: OSError) -> ReadOnlyError:
        return ReadOnlyError(f"{self._root}: expected a directory for copies to write to, found: {reason(error)}")


def _copy_content(original: BinaryIO, file: BinaryIO) -> None:
    """Copy all bytes; in the kernel where it can, which shares blocks where the file system can."""
    if hasattr(os, "copy_file_range"):
        with suppress(OSError):  # two file systems, or one that can't
            while os.copy_file_range(original.fileno(), file.fileno(), _CHUNK):
                pass
            return
        original.seek(0)
        file.seek(0)
    shutil.copyfileobj(original, file, 2**20)
