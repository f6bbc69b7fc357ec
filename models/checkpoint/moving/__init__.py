"""Models and versions that move or go: under another name, from elsewhere, or as old ones; each is whole at every moment."""

import errno
import shutil
from pathlib import Path

from latentlink.models.checkpoint.damage import is_whole, require_same
from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.checkpoint.moving.naming import copy_as, write_name
from latentlink.models.checkpoint.publish import (
    LOCK,
    RENAMED,
    fsync,
    locked,
    move_current,
    require_name,
    staged,
    versions,
)
from latentlink.models.checkpoint.reader import open_checkpoint
from latentlink.models.checkpoint.store import current_version, has_current, versions_of
from latentlink.models.errors import DataError


def install(store: Path, source: Path, name: str | None = None, *, activate: bool = True, again: bool = False) -> Path:
    """Verify a checkpoint made elsewhere and copy it under its own version, the current one unless `activate` is False.

    Args:
        store: the directory of all checkpoints.
        source: the version's directory.
        name: of the model here; None for the name that it has.
        activate: whether `CURRENT` names it.
        again: whether it may be there already, under the name that it has: then it stays if it is whole, and is copied once
            more if it is damaged.

    Raises:
        CheckpointError: the source is damaged, or the store can't be written to.
        DataError: `name` is not a legal one, or the store has that version already, with `again` another one of its name.
    """
    manifest = open_checkpoint(source).manifest
    name = name or manifest.name
    with locked(store, name) as home:
        target = home / manifest.version
        if again:
            require_same(target, manifest, source.parent)
        elif target.exists():
            raise DataError(f"{target}: expected a version that is not here yet, found it installed already")
        if not is_whole(target):
            if target.exists():
                remove_version(home, manifest.version)
            with staged(home, manifest.version) as staging:
                for file in ("manifest.json", "manifest.sha256", *manifest.files):
                    shutil.copyfile(source / file, staging / file)
                open_checkpoint(staging)  # the copy must match its digests, too
                if name != manifest.name:
                    write_name(staging, name)
        if activate:
            move_current(home, manifest.version)
        return target


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


def prune(store: Path, name: str, keep: int) -> list[str]:
    """Delete all but the newest `keep` versions and the current one; the versions deleted, oldest first.

    Raises:
        DataError: there is no such model.
        CheckpointError: the store can't be written to.
    """
    versions_of(store, name)
    with locked(store, name) as home:
        present = versions(home)
        kept = set(present[max(0, len(present) - keep) :])
        if has_current(home):
            kept.add(current_version(home))
        dropped = [version for version in present if version not in kept]
        for version in dropped:
            remove_version(home, version)
        return dropped


def remove_version(home: Path, version: str) -> None:
    """Delete a version of the model in `home`, whose lock the caller holds; readers never see a part of it."""
    hidden = home / f".{version}"
    (home / version).rename(hidden)
    shutil.rmtree(hidden)


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
