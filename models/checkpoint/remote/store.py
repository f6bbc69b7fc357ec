"""A store in object storage, for those who publish: list, push, activate and prune, with conditions against other writers."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from latentlink.models.checkpoint.absent import no_such_model, unknown_version
from latentlink.models.checkpoint.disk.files import read_bytes
from latentlink.models.checkpoint.listing import Listed
from latentlink.models.checkpoint.manifest import MANIFEST, MANIFEST_DIGEST, Manifest, is_version
from latentlink.models.checkpoint.publish import CURRENT, require_name
from latentlink.models.checkpoint.reader import open_checkpoint
from latentlink.models.checkpoint.remote.download import run_all
from latentlink.models.checkpoint.remote.objects import Stored
from latentlink.models.checkpoint.remote.pull import THREADS, current_in, current_models, fetch_manifest
from latentlink.models.errors import CheckpointError, ConflictError, DataError

if TYPE_CHECKING:
    from latentlink.models.checkpoint.remote.bucket import Bucket
    from latentlink.models.checkpoint.remote.objects import Object

_TRIES = 3
_PUSH = timedelta(days=1)  # from the last file of a push that is still going on; of gigabytes, at 100 kB/s
_Files = Mapping[str, Stored]  # the objects of a version


class Pushed(NamedTuple):
    """What a push did.

    Attributes:
        manifest: of the version.
        guarded: whether the storage refuses to create an object that is there. One that does not may let two writers at the same
            moment lose what one of them did to `CURRENT`.
    """

    manifest: Manifest
    guarded: bool


class RemoteStore:
    """The store below a URL.

    Args:
        bucket: its objects.
    """

    def __init__(self, bucket: "Bucket") -> None:
        self._bucket = bucket

    def __str__(self) -> str:
        return self._bucket.url

    def push(self, path: Path, *, activate: bool = True) -> Pushed:
        """Verify a version on the disk and write it: its files, then its manifest, then `CURRENT`.

        `CURRENT` is moved only if it still is what it was before the first write. To push a version again mends its objects.

        Args:
            path: the version's directory.
            activate: whether `CURRENT` names it.

        Raises:
            CheckpointError: the version is damaged, or another writer deleted objects of it meanwhile.
            ConflictError: another writer moved `CURRENT` meanwhile; the version is there, but not current.
            DataError: the storage has another version of this name.
            RemoteError: the storage can't be reached, or refuses.
        """
        manifest, content = open_checkpoint(path).manifest, read_bytes(path / MANIFEST)
        name, version = manifest.name, manifest.version
        below, before = f"{name}/{version}", self._bucket.read(f"{name}/{CURRENT}")
        self._require_same(f"{below}/{MANIFEST}", content)
        files = (*manifest.files, MANIFEST_DIGEST)
        with ThreadPoolExecutor(THREADS) as pool:
            run_all(pool, (partial(self._bucket.write, f"{below}/{file}", path / file) for file in files))
        guarded = self._create(f"{below}/{MANIFEST}", content)
        self._require_files(manifest, self._bucket.stored(below))
        if activate:
            self._move(name, version, before)
        return Pushed(manifest, guarded)

    def activate(self, name: str, version: str) -> None:
        """Let `CURRENT` name a version whose manifest and sizes are right; who serves it verifies the digests.

        Raises:
            CheckpointError: the version is damaged.
            ConflictError: another writer moved `CURRENT` meanwhile, or deleted the version.
            DataError: there is no such model or version.
            RemoteError: the storage can't be reached, or refuses.
        """
        present, before = self._versions(name), self._bucket.read(f"{name}/{CURRENT}")
        if version not in present:
            raise DataError(unknown_version(name, version, list(present)))
        self._facts(name, version, present[version])
        self._move(name, version, before)
        if self._bucket.read(f"{name}/{version}/{MANIFEST}") is None:
            raise ConflictError(
                f"{self._bucket.url}/{name}: expected {version}, found that it was deleted at the same moment; "
                "activate another version"
            )

    def prune(self, name: str, keep: int) -> list[str]:
        """Delete all but the newest `keep` versions and the current one; the versions deleted, oldest first.

        What pushes and deletions that ended early have left of further ones goes as well, a day after its last object was
        written: a push may be going on until then, of which no lock tells.

        Raises:
            ConflictError: another writer activated or pushed one of them meanwhile; it stays.
            DataError: there is no such model.
            RemoteError: the storage can't be reached, or refuses.
        """
        found, current = self._found(name), self._current(name)
        present = [version for version, files in found.items() if MANIFEST in files]
        old = {*present[: max(0, len(present) - keep)], *_left(found, datetime.now(UTC))}
        dropped = [version for version in found if version in old and version != current]
        for version in dropped:
            self._delete(name, version, found[version])
        return dropped

    def listed(self) -> Iterator[Listed]:
        """Every version, by name, oldest first; its damage as far as that shows in the manifest and the sizes of its files.

        Raises:
            RemoteError: the storage can't be reached, or refuses.
        """
        for name in self._bucket.folders():
            current = self._current(name)
            for version, files in self._present(name).items():
                facts: Manifest | CheckpointError
                try:
                    facts = self._facts(name, version, files)
                except CheckpointError as error:
                    facts = error
                yield Listed(name, version, version == current, facts)

    def _current(self, name: str) -> str | None:
        """The version that is served; None where there is none, or `CURRENT` names none."""
        try:
            found = current_in(self._bucket, name)
        except CheckpointError:
            return None
        return None if found is None else found[1]

    def _versions(self, name: str) -> dict[str, _Files]:
        """As `_present`, at least one; raises DataError where there is none."""
        require_name(name)
        return self._present(name) or self._refuse(name)

    def _present(self, name: str) -> dict[str, _Files]:
        """The versions that have a manifest, oldest first; those without are being pushed, or no longer."""
        return {version: files for version, files in self._stored(name).items() if MANIFEST in files}

    def _found(self, name: str) -> dict[str, _Files]:
        """As `_versions`, with what there is of others."""
        require_name(name)
        return self._stored(name) or self._refuse(name)

    def _stored(self, name: str) -> dict[str, _Files]:
        found: dict[str, dict[str, Stored]] = {}
        for key, one in sorted(self._bucket.stored(name).items()):
            version, _, file = key.partition("/")
            found.setdefault(version, {})[file] = one
        return {version: files for version, files in found.items() if is_version(version)}

    def _refuse(self, name: str) -> NoReturn:
        raise no_such_model(current_models(self._bucket), self._bucket.url, name)

    def _facts(self, name: str, version: str, files: _Files) -> Manifest:
        """The manifest of a version whose files have the sizes that it names."""
        manifest, _ = fetch_manifest(self._bucket, name, version)
        self._require_files(manifest, files)
        return manifest

    def _require_files(self, manifest: Manifest, files: _Files) -> None:
        """Raise CheckpointError unless a manifest is among the files of a version, and they have the sizes that it names."""
        below = f"{self._bucket.url}/{manifest.name}/{manifest.version}"
        for file in (MANIFEST, MANIFEST_DIGEST):
            if file not in files:
                raise CheckpointError(f"{below}/{file}: expected an object, found none; push the version again")
        for file, entry in manifest.files.items():
            stored = files.get(file)
            if stored is None or stored.size != entry.bytes:
                raise CheckpointError(
                    f"{below}/{file}: expected {entry.bytes:,} bytes, "
                    f"found {stored.size if stored else 'none'}; push the version again"
                )

    def _require_same(self, key: str, content: bytes) -> None:
        for _ in range(_TRIES):  # of reads that bring other bytes
            if (found := self._bucket.read(key)) is None or found.content == content:
                return
        raise DataError(f"{self._bucket.url}/{key}: expected no other version of this name, found one; train again")

    def _create(self, key: str, content: bytes) -> bool:
        """Create an object, unless it is there; twice, to see whether the storage refuses it the second time."""
        for _ in range(2):
            try:
                self._bucket.replace(key, content, None)
            except ConflictError:
                self._require_same(key, content)
                return True
        return False

    def _move(self, name: str, version: str, before: "Object | None") -> None:
        """Let `CURRENT` name a version, if it is as `before`."""
        key = f"{name}/{CURRENT}"
        try:
            self._bucket.replace(key, f"{version}\n".encode(), before)
        except ConflictError:
            if (
                now := self._current(name)
            ) == version:  # a request that was repeated, although the first one had come through
                return
            raise ConflictError(
                f"{self._bucket.url}/{key}: expected it as before, found {now} of another writer; {version} is stored, but not "
                f"current; to serve it: `latentlink activate {name} {version} --checkpoints {self._bucket.url}`"
            ) from None

    def _delete(self, name: str, version: str, files: _Files) -> None:
        """Delete a version: the manifest first, which makes it one; put back if the version was activated or written to.

        A push that begins after the last look writes all objects before it moves `CURRENT`, and finds then what it lacks.
        """
        below = f"{name}/{version}"
        manifest = self._bucket.read(f"{below}/{MANIFEST}")
        if MANIFEST in files:
            self._bucket.remove([f"{below}/{MANIFEST}"])
        activated, now = self._current(name) == version, self._bucket.stored(below)
        known = {file: one for file, one in files.items() if file != MANIFEST}
        if activated or (manifest and MANIFEST not in files) or any(known.get(file) != now[file] for file in now):
            if manifest:
                self._bucket.write(f"{below}/{MANIFEST}", manifest.content)
            raise ConflictError(
                f"{self._bucket.url}/{below}: expected an old version, found that it was "
                f"{'activated' if activated else 'pushed'}; it stays"
            )
        self._bucket.remove([f"{below}/{file}" for file in known])


def _left(found: Mapping[str, _Files], now: datetime) -> list[str]:
    """The versions that have no manifest, and had no object written for a day."""
    written = {version: max(one.written for one in files.values()) for version, files in found.items()}
    return [version for version, files in found.items() if MANIFEST not in files and written[version] < now - _PUSH]
