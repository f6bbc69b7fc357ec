"""Publishing a checkpoint: whole or not at all, whatever moment the process dies at.

Order: write all into a hidden directory beside the versions, fsync every file and the directory, rename, fsync the parent;
then the same for `CURRENT`. One publisher per name at a time; what dead ones left is removed by the next.
"""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from models.checkpoint.manifest import (
    FORMAT_VERSION,
    MANIFEST,
    MANIFEST_DIGEST,
    NAME_PATTERN,
    VERSION_PATTERN,
    digest_file,
    read_manifest,
)
from models.checkpoint.tensors import Array, write_tensors
from models.errors import CheckpointError, DataError

CURRENT = "CURRENT"
_VERSION_FORMAT = "%Y%m%dT%H%M%S%fZ"
_LOCK = ".lock"


def publish(store: Path, name: str, facts: Mapping[str, Any], files: Mapping[str, Mapping[str, Array] | str]) -> Path:
    """Write a new version of the model `name` and make it the current one.

    Args:
        store: the directory of all checkpoints; made if absent.
        name: the model's name.
        facts: the manifest, without what is known only here (name, version, times, files).
        files: for each file name its tensors (`*.safetensors`) or its text.

    Returns:
        The version's directory.

    Raises:
        DataError: `name` is not a legal one.
        CheckpointError: the store can't be written to, or `facts` are not a whole manifest.
    """
    with locked(store, name) as home:
        now = datetime.now(UTC)
        version = _next_version(versions(home), now)
        with staged(home, version) as staging:
            for file, content in files.items():
                if isinstance(content, str):
                    (staging / file).write_text(content, encoding="utf-8")
                else:
                    write_tensors(staging / file, content)
            manifest = {
                "format_version": FORMAT_VERSION,
                "name": name,
                "version": version,
                "created_at": now.isoformat(),
                **facts,
                "files": {file: digest_file(staging / file).model_dump() for file in files},
            }
            _write_manifest(staging, manifest)
            read_manifest(staging)  # what a reader would refuse is never published
        move_current(home, version)
        return home / version


@contextmanager
def locked(store: Path, name: str) -> Iterator[Path]:
    """The directory of the model `name`, made if absent, held by this process alone, freed of what dead ones left.

    Raises:
        DataError: `name` is not a legal one.
        CheckpointError: the store can't be written to.
    """
    require_name(name)
    home = store / name
    try:
        _make_readable(store)
        _make_readable(home)
        with (home / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the kernel when the process dies
            for left in home.glob(".*"):
                if left.name != _LOCK:
                    _remove(left)
            yield home
    except OSError as error:
        raise CheckpointError(f"{home}: expected a directory to write to, found: {error.strerror or error}") from error


@contextmanager
def staged(home: Path, version: str) -> Iterator[Path]:
    """A hidden directory that becomes `home/version`, durably and at once, when the block ends well."""
    staging = home / f".{version}"
    staging.mkdir()
    try:
        yield staging
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    for file in staging.iterdir():
        file.chmod(0o644)
        _fsync(file)
    staging.chmod(0o755)
    _fsync(staging)
    staging.rename(home / version)
    _fsync(home)


def move_current(home: Path, version: str) -> None:
    """Let `CURRENT` name `version`, durably and at once."""
    temporary = home / f".{CURRENT}"
    temporary.write_text(f"{version}\n", encoding="ascii")
    temporary.chmod(0o644)
    _fsync(temporary)
    temporary.rename(home / CURRENT)
    _fsync(home)


def versions(home: Path) -> list[str]:
    """The published versions of a model, oldest first."""
    return sorted(path.name for path in home.iterdir() if re.fullmatch(VERSION_PATTERN, path.name) and path.is_dir())


def require_name(name: str) -> None:
    """Raise DataError unless `name` may be a model's name."""
    if name == "default" or not re.fullmatch(NAME_PATTERN, name):
        raise DataError(
            "name: expected 1–64 of a–z, 0–9, '.', '_', '-', starting with a letter or digit, and not 'default', "
            f"found {name!r}"
        )


def _next_version(present: list[str], now: datetime) -> str:
    """The time as a version, later than all that are present even if the clock went back."""
    version = now.strftime(_VERSION_FORMAT)
    if present and version <= present[-1]:
        last = datetime.strptime(present[-1], _VERSION_FORMAT).replace(tzinfo=UTC)
        version = (last + timedelta(microseconds=1)).strftime(_VERSION_FORMAT)
    return version


def _write_manifest(directory: Path, manifest: Mapping[str, Any]) -> None:
    content = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (directory / MANIFEST).write_bytes(content)
    (directory / MANIFEST_DIGEST).write_text(hashlib.sha256(content).hexdigest() + "\n", encoding="ascii")


def _make_readable(directory: Path) -> None:
    """Make a directory that others may read, whatever the umask; one that exists keeps its mode."""
    if not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
        _fsync(directory.parent)


def _fsync(path: Path) -> None:
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
