"""Copy a version out of object storage into a directory of checkpoints, where it appears whole or not at all."""

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from latentlink.models.checkpoint.damage import is_whole, require_same
from latentlink.models.checkpoint.disk.files import FileEntry, open_whole, reason
from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.checkpoint.manifest import (
    MANIFEST,
    MANIFEST_DIGEST,
    NAME_PATTERN,
    Manifest,
    parse_manifest,
    read_manifest,
)
from latentlink.models.checkpoint.publish import CURRENT, LOCK, enter_lock, forget_unused, locked, settle, versions
from latentlink.models.checkpoint.remote.download import Download
from latentlink.models.checkpoint.store import as_version
from latentlink.models.errors import BusyError, CheckpointError, ReadOnlyError

if TYPE_CHECKING:
    from latentlink.models.checkpoint.remote.bucket import Bucket
    from latentlink.models.checkpoint.remote.objects import Object

PARTIAL = ".partial"  # beside the models, so that no publisher takes it for what a dead one left
THREADS = 4  # that copy parts
_TRIES = 3  # of reads that bring other bytes than the digest


def pull(
    bucket: "Bucket",
    root: Path,
    name: str,
    version: str,
    parts: Executor,
    make_room: Callable[[int], None] = lambda _: None,
    *,
    wait: bool = True,
) -> Path:
    """Copy a version that is not there yet, or damaged there; what an interrupted pull has copied is not copied again.

    Of a damaged one, the files that have their digests are not copied, either.

    Of several pulls of a model, in whichever processes, one copies and the others wait for it, or don't.

    Args:
        bucket: to copy from.
        root: the directory of checkpoints; made if absent.
        name: of the model.
        version: of the model.
        parts: threads that copy.
        make_room: called with the bytes of the files that no version here has, before any of them is copied.
        wait: until another pull of the model ends, however long that takes.

    Returns:
        The version's directory.

    Raises:
        BusyError: without `wait`, another pull of the model goes on.
        CheckpointError: it is missing, damaged, or another version than its manifest says.
        DataError: the damaged one has another manifest.
        ReadOnlyError: the directory can't be written to.
        RemoteError: the storage can't be reached, or refuses.
    """
    target = root / name / version
    if is_whole(target):
        return target
    with _unfinished(root, name, wait=wait) as folder:
        staging = folder / version
        if is_whole(target):  # by the pull that this one has waited for
            return target
        manifest, texts = fetch_manifest(bucket, name, version)
        require_same(target, manifest, bucket.url)
        _prepare(staging, texts)
        missing = _not_here(root / name, manifest, staging)
        make_room(sum(manifest.files[file].bytes for file in missing) + sum(map(len, texts.values())))
        for file in missing:
            Download(bucket, f"{name}/{version}/{file}", staging / file, manifest.files[file]).run(parts)
        with locked(root, name):
            settle(staging, target)
    return target


@contextmanager
def _unfinished(root: Path, name: str, *, wait: bool) -> Iterator[Path]:
    """The directory of the copies of a model that are not whole yet, locked.

    Raises:
        BusyError: without `wait`, another process holds the lock.
        ReadOnlyError: it can't be written to.
    """
    folder = root / PARTIAL / name
    try:
        with ExitStack() as stack:
            try:
                enter_lock(stack, folder, wait=wait)
            except BlockingIOError:
                raise BusyError(
                    f"{folder}: expected no other pull of {name}, found that another process copies it; wait until that ends"
                ) from None
            yield folder
    except OSError as error:
        raise ReadOnlyError(f"{folder}: expected a directory to write to, found: {reason(error)}") from error
    finally:
        forget_unused(folder)


def drop_unfinished(root: Path, names: Collection[str]) -> None:
    """Remove the unfinished copies of all models but these; what another process is making stays, as what can't be removed."""
    for folder in (root / PARTIAL).glob("*"):
        if folder.name not in names:
            with suppress(OSError), exclusive(folder / LOCK, wait=False):
                shutil.rmtree(folder)


def current_in(bucket: "Bucket", name: str, known: "Object | None" = None) -> "tuple[Object, str] | None":
    """What `CURRENT` of a model holds, `known` itself if it has not changed, and the version; None without an active version.

    Raises:
        CheckpointError: it names no version.
        RemoteError: the storage can't be reached, or refuses.
    """
    key = f"{name}/{CURRENT}"
    found = bucket.read(key, known)
    return found and (found, as_version(found.content.decode("utf-8", "replace").strip(), f"{bucket.url}/{key}"))


def current_models(bucket: "Bucket") -> list[str]:
    """The names of the models that have a current version, sorted.

    Raises:
        RemoteError: the storage can't be reached, or refuses.
    """
    names = (name for name in bucket.folders() if re.fullmatch(NAME_PATTERN, name))
    return [name for name in names if bucket.read(f"{name}/{CURRENT}") is not None]


def fetch_manifest(bucket: "Bucket", name: str, version: str) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest of a version, and the two files that it is in.

    Raises:
        CheckpointError: it is missing, damaged, or of another name or version.
        RemoteError: the storage can't be reached, or refuses.
    """
    for _ in range(_TRIES - 1):
        with suppress(CheckpointError):
            return _fetch_manifest(bucket, name, version)
    return _fetch_manifest(bucket, name, version)


def _fetch_manifest(bucket: "Bucket", name: str, version: str) -> tuple[Manifest, dict[str, bytes]]:
    texts, below = {}, f"{name}/{version}"
    for file in (MANIFEST, MANIFEST_DIGEST):
        if (found := bucket.read(f"{below}/{file}")) is None:
            raise CheckpointError(
                f"{bucket.url}/{below}/{file}: expected an object, found none; was the version deleted?"
            )
        texts[file] = found.content
    recorded = texts[MANIFEST_DIGEST].decode("utf-8", "replace").strip()
    manifest = parse_manifest(texts[MANIFEST], recorded, f"{bucket.url}/{below}/{MANIFEST}")
    if (manifest.name, manifest.version) != (name, version):
        raise CheckpointError(
            f"{bucket.url}/{below}: expected {name}@{version}, found {manifest.name}@{manifest.version}; use `latentlink push`"
        )
    return manifest, texts


def _prepare(staging: Path, texts: dict[str, bytes]) -> None:
    """Make the directory for a version, and remove what interrupted pulls of other versions left."""
    staging.mkdir(0o700, parents=True, exist_ok=True)
    for other in staging.parent.iterdir():
        if other.name not in (staging.name, LOCK):
            shutil.rmtree(other)
    for file, content in texts.items():
        (staging / file).write_bytes(content)


def _not_here(home: Path, manifest: Manifest, staging: Path) -> list[str]:
    """The files that no version of the model in `home` has; the others become links to those."""
    present = defaultdict[tuple[str, int], list[Path]](list)  # newest first: of a damaged one there may be an older one
    for version in reversed(versions(home)) if home.is_dir() else []:
        with suppress(CheckpointError):
            for file, entry in read_manifest(home / version).files.items():
                present[entry.sha256, entry.bytes].append(home / version / file)
    return [
        file
        for file, entry in manifest.files.items()
        if not _linked(present[entry.sha256, entry.bytes], entry, staging / file)
    ]


def _linked(sources: list[Path], entry: FileEntry, target: Path) -> bool:
    """Make `target` a link to the first file that has the expected content, if any has and the file system has links."""
    if (source := next((one for one in sources if _has(one, entry)), None)) is None:
        return False
    with suppress(OSError):
        if not target.exists():  # else by a pull that was interrupted, or as a part of a copy
            os.link(source, target)
        return target.samefile(source)
    return False


def _has(path: Path, entry: FileEntry) -> bool:
    with suppress(CheckpointError):
        open_whole(path, entry).close()
        return True
    return False
