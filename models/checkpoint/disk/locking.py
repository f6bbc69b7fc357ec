"""Locks between processes: a file that one process at a time holds."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockReplacedError(OSError):
    """The file that was locked is no longer the one at its path, so that another process may hold the lock as well."""


@contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock that is a file, made if absent; the kernel releases it when the process dies.

    Raises:
        OSError: it can't be opened, is a link or no regular file, or without `wait` another process holds it.
        LockReplacedError: who held it has moved or removed it.
    """
    # A pipe would block for ever, a link change a file elsewhere.
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    try:
        if not stat.S_ISREG(os.fstat(lock).st_mode):
            raise OSError(errno.EINVAL, f"{path.name} is no regular file")
        add_mode(path, 0o644)
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        if not _is_at(path, lock):
            raise LockReplacedError(errno.ESTALE, f"{path.name} was replaced")
        yield
    finally:
        os.close(lock)


def _is_at(path: Path, lock: int) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), path.lstat())
    except FileNotFoundError:
        return False


def add_mode(path: Path, mode: int) -> None:
    """Add the bits of `mode`, unless another user owns the path."""
    found = path.stat()
    if found.st_uid == os.geteuid() and found.st_mode & mode != mode:
        path.chmod(stat.S_IMODE(found.st_mode) | mode)
