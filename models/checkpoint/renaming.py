"""Another name for a model: readers and writers find it whole under the old name, the new one, or for a moment both."""

import errno
import shutil
from pathlib import Path

from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.checkpoint.naming import copy_as
from latentlink.models.checkpoint.publish import LOCK, RENAMED, fsync, locked, require_name
from latentlink.models.checkpoint.store import versions_of
from latentlink.models.errors import DataError


def rename(store: Path, old: str, new: str) -> Path:
    """Give a model with all its versions another name; its new directory.

    The new name appears whole, in one step, and then the old one disappears, in one step; a process that is killed between
    leaves both. Other leftovers lie in the directory of one of the two; the next process that writes to this model removes them.
    Who has opened a version keeps its files.

    Raises:
        DataError: there is no model `old`, or `new` is not a legal name or in use.
        CheckpointError: a manifest is damaged, or the store can't be written to.
    """
    require_name(new)
    versions_of(store, old)
    with locked(store, old) as home:
        target, staging = store / new, home / RENAMED
        if target.exists():
            raise _in_use(target)
        try:
            copy_as(new, home, staging)
            with exclusive(staging / LOCK):  # of the new name, so that nobody clears the old directory meanwhile
                _move(staging, target)
                fsync(store)
                _remove_into(target, home)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        return target


def _move(staging: Path, target: Path) -> None:
    """Make `staging` the directory `target`.

    Raises:
        DataError: another process has made `target` in the meantime.
    """
    try:
        staging.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise _in_use(target) from None
        raise


def _in_use(target: Path) -> DataError:
    return DataError(f"name: expected one that is not in use, found {target}; choose another one")


def _remove_into(target: Path, home: Path) -> None:
    """Remove a model's directory: first into that of its new name, in one step."""
    left = target / RENAMED
    home.rename(left)
    fsync(target)
    fsync(home.parent)
    shutil.rmtree(left)
