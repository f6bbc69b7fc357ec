"""Copy an object to a file: in parts, several at once, resumed where an earlier try ended, and compared with its digest."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, as_completed, wait
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from latentlink.models.checkpoint.disk.files import FileEntry, open_whole, reason
from latentlink.models.checkpoint.remote.objects import NoRangesError
from latentlink.models.errors import CheckpointError, ReadOnlyError, RemoteError

if TYPE_CHECKING:
    from latentlink.models.checkpoint.remote.bucket import Bucket

PART = 8 * 2**20  # bytes
_TRIES = 3  # of a read, beside those of the library
_READS = 5  # of a part whose bytes are in doubt, until two agree


class Download:
    """One object and its copy; the parts that are copied are noted beside it, so that the next try goes on from there.

    Args:
        bucket: that has the object.
        key: of the object.
        path: of the copy; its directory exists.
        entry: size and digest, of the manifest.
    """

    def __init__(self, bucket: "Bucket", key: str, path: Path, entry: FileEntry) -> None:
        self._bucket, self._key, self._path, self._entry = bucket, key, path, entry
        self._notes = path.with_name(f".{path.name}.parts")

    def run(self, parts: Executor) -> None:
        """Copy what is missing in the threads of `parts`, and verify the whole.

        Where the digest is wrong, every part is read again: a read that brought other bytes once is mended.

        Raises:
            CheckpointError: the object is missing or damaged.
            ReadOnlyError: the copy can't be written.
            RemoteError: the storage can't be reached, or refuses.
        """
        if not self._notes.exists():
            if self._is_whole():
                return
            self._path.unlink(missing_ok=True)  # it may be a link to a file that is served
        with self._opened() as file:
            for calls in (self._copies, self._comparisons):
                try:
                    run_all(parts, calls(file))
                except NoRangesError:
                    self._copy_stream(file)
                if self._is_whole():
                    self._notes.unlink(missing_ok=True)
                    return
        self._path.unlink()
        self._notes.unlink(missing_ok=True)
        raise CheckpointError(
            f"{self._bucket.url}/{self._key}: expected sha256 {self._entry.sha256} as in the manifest, found another one; "
            "the object is damaged: push the version again"
        )

    def _copies(self, file: int) -> Iterator[Callable[[], None]]:
        noted = self._notes.read_text().split("\n")[:-1] if self._notes.exists() else []
        done = {int(start) for start in noted if start.isdecimal()}
        return (partial(self._copy, file, start) for start in self._starts() if start not in done)

    def _comparisons(self, file: int) -> Iterator[Callable[[], None]]:
        return (partial(self._compare, file, start) for start in self._starts())

    def _starts(self) -> range:
        return range(0, self._entry.bytes, PART)

    def _copy(self, file: int, start: int) -> None:
        _write(file, self._read(start), start)
        with self._notes.open("a") as notes:
            notes.write(f"{start}\n")

    def _compare(self, file: int, start: int) -> None:
        """Read a part again until two reads agree; the first one is the copy's."""
        seen = {hashlib.sha256(os.pread(file, PART, start)).digest()}
        for _ in range(_READS):
            content = self._read(start)
            if (digest := hashlib.sha256(content).digest()) in seen:
                _write(file, content, start)
                return
            seen.add(digest)
        raise RemoteError(
            f"{self._bucket.url}/{self._key}: expected the same bytes in two reads, found others each time"
        )

    def _read(self, start: int) -> bytes:
        end = min(start + PART, self._entry.bytes)
        for _ in range(_TRIES - 1):
            try:
                return self._bucket.read_part(self._key, start, end)
            except NoRangesError:
                raise
            except RemoteError:
                continue
        return self._bucket.read_part(self._key, start, end)

    def _copy_stream(self, file: int) -> None:
        """Copy all, of a storage that has no parts."""
        start = 0
        for content in self._bucket.stream(self._key):
            _write(file, content, start)
            start += len(content)
        os.ftruncate(file, start)

    def _is_whole(self) -> bool:
        with suppress(CheckpointError):
            open_whole(self._path, self._entry).close()
            return True
        return False

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.ftruncate(file, self._entry.bytes)
                yield file
            finally:
                os.close(file)
        except OSError as error:
            size = f"{self._entry.bytes:,} bytes"
            raise ReadOnlyError(f"{self._path}: expected room for {size}, found: {reason(error)}") from error


def run_all(pool: Executor, calls: Iterable[Callable[[], None]]) -> None:
    """Call all in the threads of `pool`; the first error is raised once the calls that have begun end, without the others."""
    futures = [pool.submit(call) for call in calls]
    try:
        for future in as_completed(futures):
            future.result()
    finally:
        for future in futures:
            future.cancel()
        wait(futures)


def _write(file: int, content: bytes, start: int) -> None:
    rest = memoryview(content)
    while rest:
        written = os.pwrite(file, rest, start)
        rest, start = rest[written:], start + written
