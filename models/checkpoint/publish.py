"""Atomic publication of a checkpoint: a process that dies at any moment leaves a whole version or none.

Order: write all files into a hidden directory beside the versions, fsync every file and the directory, rename, fsync the
parent; then the same for `CURRENT`. A lock admits one publisher per name; the next one removes what a dead one left.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from latentlink.models.arrays import Array
from latentlink.models.checkpoint.disk.files import digest_file, reason
from latentlink.models.checkpoint.disk.locking import LockReplacedError, add_mode, exclusive
from latentlink.models.checkpoint.manifest import (
    MANIFEST,
    MANIFEST_DIGEST,
    NAME_PATTERN,
    VERSION_FORMAT,
    format_version,
    is_version,
)
from latentlink.models.checkpoint.reader import open_checkpoint
from latentlink.models.checkpoint.tensors import write_tensors, write_text
from latentlink.models.errors import CheckpointError, DataError, ReadOnlyError
from latentlink.models.facts.published import ModelFacts

CURRENT = "CURRENT"
LOCK = ".lock"
RENAMED = ".renamed"  # the model under its new name, before it is there, and under its old one, after that


def publish(
    store: Path, name: str, facts: ModelFacts, files: Mapping[str, Mapping[str, Array] | str], *, activate: bool = True
) -> Path:
    """Write a new version of the model `name` and make it the current one.

    Args:
        store: the directory of all checkpoints; made if absent.
        name: the model's name.
        facts: the manifest without name, version, time and files.
        files: the tensors (`*.safetensors`) or the text of each file, by its name.
        activate: whether `CURRENT` names the new version.

    Returns:
        The version's directory.

    Raises:
        DataError: `name` is not a legal one.
        CheckpointError: the store can't be written to, or a reader would refuse what was written.
    """
    with locked(store, name) as home:
        now = datetime.now(UTC)
        version = _next_version(versions(home), now)
        with staged(home, version) as staging:
            for file, content in files.items():
                write_file(staging / file, content)
            entries = {file: digest_file(staging / file).model_dump() for file in files}
            own = {
                "format_version": format_version(facts),
                "name": name,
                "version": version,
                "created_at": now.isoformat(),
            }
            write_manifest(staging, {**own, **facts.document(), "files": entries})
            open_checkpoint(staging)  # publish nothing that a reader would refuse
        if activate:
            move_current(home, version)
        return home / version


@contextmanager
def locked(store: Path, name: str) -> Iterator[Path]:
    """The directory of the model `name`: made if absent, locked, and cleared of what dead publishers left.

    Raises:
        DataError: `name` is not a legal one.
        ReadOnlyError: the store can't be written to.
    """
    require_name(name)
    home = store / name
    try:
        with ExitStack() as stack:
            enter_lock(stack, home)
            for left in home.glob(".*"):
                if left.name in (f".{CURRENT}", RENAMED) or is_version(left.name[1:]):  # others are not ours
                    _remove(left)
            yield home
    except OSError as error:
        raise ReadOnlyError(f"{home}: expected a directory to write to, found: {reason(error)}") from error


def enter_lock(stack: ExitStack, home: Path, *, wait: bool = True) -> None:
    """Hold the lock of a model's directory until the stack ends; made if absent, again where another process takes it away.

    Raises:
        BlockingIOError: without `wait`, another process holds it.
        OSError: the directory can't be written to.
    """
    while True:
        _make_directory(home)
        with suppress(FileNotFoundError, LockReplacedError):
            add_mode(home, 0o755)  # a publisher may have died between making the directory and opening it to others
            stack.enter_context(exclusive(home / LOCK, wait=wait))
            return


def forget_unused(home: Path) -> None:
    """Remove the directory of a model if it has nothing but its lock, so that the name is not listed as a model."""
    with suppress(OSError), exclusive(home / LOCK, wait=False):  # fails while another process publishes
        if [path.name for path in home.iterdir()] == [LOCK]:
            shutil.rmtree(home)


@contextmanager
def staged(home: Path, version: str) -> Iterator[Path]:
    """A hidden directory that is renamed to `home/version`, durably and atomically, if the block succeeds."""
    staging = home / f".{version}"
    staging.mkdir()
    try:
        yield staging
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    settle(staging, home / version)


def settle(staging: Path, target: Path) -> None:
    """Make a directory that nobody reads yet the version `target` of the same file system, durably and atomically.

    A damaged version that has this name goes, once its place is taken; who has mapped its files keeps them.
    """
    replaced = target.with_name(f".{target.name}")
    for file in staging.iterdir():
        file.chmod(0o644)
        fsync(file)
    staging.chmod(0o755)
    fsync(staging)
    if target.exists():
        target.rename(replaced)
    staging.rename(target)
    fsync(target.parent)
    if replaced.exists():
        _remove(replaced)


def move_current(home: Path, version: str) -> None:
    """Write `version` to `CURRENT`, durably and atomically."""
    temporary = home / f".{CURRENT}"
    temporary.write_text(f"{version}\n", encoding="ascii")
    temporary.chmod(0o644)
    fsync(temporary)
    temporary.rename(home / CURRENT)
    fsync(home)


def versions(home: Path) -> list[str]:
    """The published versions of a model, oldest first."""
    return sorted(path.name for path in home.iterdir() if is_version(path.name) and path.is_dir())


def require_name(name: str, way: str = "correct the name") -> None:
    """Raise DataError, which ends with `way`, unless `name` may be a model's name."""
    if name == "default" or not re.fullmatch(NAME_PATTERN, name):
        raise DataError(
            "name: expected 1–64 of a–z, 0–9, '.', '_', '-', starting with a letter or digit, and not 'default', "
            f"found {name!r}; {way}"
        )


def _next_version(present: list[str], now: datetime) -> str:
    """The time as a version; if the clock went back, one microsecond after the latest version."""
    version = now.strftime(VERSION_FORMAT)
    if present and version <= present[-1]:
        last = datetime.strptime(present[-1], VERSION_FORMAT).replace(tzinfo=UTC)
        version = (last + timedelta(microseconds=1)).strftime(VERSION_FORMAT)
    return version


def write_file(path: Path, content: Mapping[str, Array] | str) -> None:
    """Write tensors or a text.

    Raises:
        CheckpointError: the file can't be written.
    """
    if isinstance(content, str):
        write_text(path, content)
    else:
        write_tensors(path, content)


def write_manifest(directory: Path, manifest: Mapping[str, object]) -> None:
    """Write `manifest.json` and its digest.

    Raises:
        CheckpointError: `manifest` can't be written as JSON, or the files can't be written.
    """
    try:
        content = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    except TypeError as error:
        raise CheckpointError(f"{directory / MANIFEST}: expected facts that JSON can hold, found: {error}") from error
    write_text(directory / MANIFEST, content)
    write_text(directory / MANIFEST_DIGEST, hashlib.sha256(content.encode()).hexdigest() + "\n")


def _make_directory(directory: Path) -> None:
    """Make a directory and its parents, durably and readable by others whatever the umask; existing ones stay as they are."""
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):  # an unused one is removed by whoever finds it
        add_mode(directory, 0o755)
    fsync(directory.parent)


def fsync(path: Path) -> None:
    """Flush a file or a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
