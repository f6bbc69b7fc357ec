"""The objects below a URL, by obstore: read, listed and written, with errors that name the object."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import obstore
from obstore.exceptions import AlreadyExistsError, NotModifiedError, PreconditionError
from obstore.store import from_url

from latentlink.models.checkpoint.remote.environment import require_usable
from latentlink.models.checkpoint.remote.objects import NoRangesError, Object, Stored
from latentlink.models.checkpoint.remote.reasons import is_of_library, is_without_place, reason
from latentlink.models.errors import CheckpointError, ConflictError, DataError, RemoteError

if TYPE_CHECKING:
    from obstore import PutMode, UpdateVersion
    from obstore.store import ObjectStore

_ANSWER = timedelta(seconds=60)  # for one request with its body, of 8 MiB at most
_RETRIES = 5
_ANSWERS = (FileNotFoundError, NotModifiedError, AlreadyExistsError, PreconditionError)
_WHOLE = "non-partial response"  # to a request for a part
_LARGEST = 2**26  # bytes of a small object
_UPLOAD = 8 * 2**20  # bytes of a part that is uploaded
_UPLOADED_PARTS = 5_000  # of the 10,000 that S3 takes
_UPLOADS = 4  # parts of a file at once


class Bucket:
    """Objects by their keys below a URL; a request that fails for a while is repeated some times.

    Args:
        store: of obstore.
        url: for messages.
    """

    def __init__(self, store: "ObjectStore", url: str) -> None:
        self._store, self.url = store, url
        self._closed = threading.Event()

    def close(self) -> None:
        """Let every further request fail, so that threads that work on many end."""
        self._closed.set()

    def read(self, key: str, known: Object | None = None) -> Object | None:
        """An object as a whole; `known` itself where it has not changed, None where there is none.

        Raises:
            CheckpointError: it is no small one.
            RemoteError: the storage can't be reached, or refuses.
        """
        try:
            with self._named(key, "an object to read", *_ANSWERS):
                unless = None if known is None or known.e_tag is None else known.e_tag
                found = obstore.get(self._store, key, options={"if_none_match": unless} if unless else None)
                meta = found.meta
                if meta["size"] > _LARGEST:
                    raise CheckpointError(
                        f"{self.url}/{key}: expected at most {_LARGEST:,} bytes, found {meta['size']:,}"
                    )
                return Object(bytes(found.bytes()), meta["e_tag"], meta["version"])
        except FileNotFoundError:
            return None
        except NotModifiedError:
            return known

    def read_part(self, key: str, start: int, end: int) -> bytes:
        """Bytes of an object.

        Raises:
            NoRangesError: the storage can't give a part.
            CheckpointError: there is no such object.
            RemoteError: as `read`, or it ends before `end`.
        """
        try:
            with self._named(key, "an object to read", *_ANSWERS):
                content = bytes(obstore.get_range(self._store, key, start=start, end=end))
        except FileNotFoundError:
            raise self._absent(key) from None
        except RemoteError as error:
            if _WHOLE in str(error):  # the library has no class for it
                raise NoRangesError(str(error)) from None
            raise
        if len(content) != end - start:
            raise RemoteError(
                f"{self.url}/{key}: expected {end - start:,} bytes from {start:,} on, found {len(content):,}"
            )
        return content

    def stream(self, key: str) -> Iterator[bytes]:
        """The content of an object, piece by piece.

        Raises:
            CheckpointError: there is no such object.
            RemoteError: as `read`.
        """
        try:
            with self._named(key, "an object to read", *_ANSWERS):
                for piece in obstore.get(self._store, key):
                    self._require_open()
                    yield bytes(piece)
        except FileNotFoundError:
            raise self._absent(key) from None

    def write(self, key: str, content: bytes | Path) -> None:
        """Write an object, whether there is one or not; large files in parts, of which nobody sees any before the last.

        Raises:
            RemoteError: as `read`.
        """
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        part = max(_UPLOAD, size // _UPLOADED_PARTS)
        with self._named(key, "an object to write"):
            obstore.put(self._store, key, content, chunk_size=part, max_concurrency=_UPLOADS)

    def replace(self, key: str, content: bytes, known: Object | None) -> None:
        """Write a small object if it still is `known`; with None, if there is none.

        Raises:
            ConflictError: it has changed.
            RemoteError: as `read`, or the storage takes no conditions.
        """
        mode: PutMode = "create"
        if known is not None:
            tags = {"e_tag": known.e_tag, "version": known.generation}
            mode = cast("UpdateVersion", {name: tag for name, tag in tags.items() if tag is not None})
        try:
            with self._named(key, "an object to write on a condition", *_ANSWERS[1:]):
                obstore.put(self._store, key, content, mode=mode, use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            raise ConflictError(f"{self.url}/{key}: expected it unchanged, found that somebody else wrote it") from None

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are not there, by another writer or a request that was repeated, are no error.

        Raises:
            RemoteError: as `read`.
        """
        if not keys:
            return
        try:
            with self._named(keys[0], "an object to remove", FileNotFoundError):
                obstore.delete(self._store, keys)
        except FileNotFoundError:  # S3 has none, Google and Azure name the first one
            for key in keys:
                with suppress(FileNotFoundError), self._named(key, "an object to remove", FileNotFoundError):
                    obstore.delete(self._store, key)

    def folders(self, below: str = "") -> list[str]:
        """The names of what would be directories, sorted.

        Raises:
            RemoteError: as `read`.
        """
        with self._named(below, "objects to list"):
            found = obstore.list_with_delimiter(self._store, below or None)["common_prefixes"]
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    def stored(self, below: str) -> dict[str, Stored]:
        """Every object below a key, by the rest of its key.

        Raises:
            RemoteError: as `read`.
        """
        with self._named(below, "objects to list"):
            found = [one for some in obstore.list(self._store, below) for one in some]
        return {one["path"].removeprefix(f"{below}/"): Stored(one["size"], one["last_modified"]) for one in found}

    @contextmanager
    def _named(self, key: str, expected: str, *answers: type[Exception]) -> Iterator[None]:
        """Raise a RemoteError that names the object for every error but those that are answers of a bucket."""
        self._require_open()
        try:
            yield
        except BaseException as error:
            if not is_of_library(error) or (isinstance(error, answers) and not is_without_place(error)):
                raise
            where = f"{self.url}/{key}".rstrip("/")
            raise RemoteError(f"{where}: expected {expected}, found: {reason(error, self.url)}") from None

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise RemoteError(f"{self.url}: expected an open store, found that it was closed")

    def _absent(self, key: str) -> CheckpointError:
        return CheckpointError(f"{self.url}/{key}: expected an object, found none")


def open_bucket(url: str, *, make: bool = False) -> Bucket:
    """The objects below a URL, with credentials and an endpoint from the environment, as obstore reads it.

    Args:
        url: of the store.
        make: whether to make the directory of a `file://` URL that is missing, as one that is not mounted yet.

    Raises:
        DataError: the configuration can't be used, or there is no such directory.
    """
    is_file = url.startswith("file:")
    if not is_file:
        require_usable(url)
    try:
        return Bucket(from_url(url, mkdir=make) if is_file else _connected(url), url)
    except BaseException as error:
        if not is_of_library(error):
            raise
        expected = "a directory" if is_file else "a store in the environment's configuration"
        raise DataError(f"{url}: expected {expected}, found: {reason(error, url)}") from None


def _connected(url: str) -> "ObjectStore":
    return from_url(
        url,
        client_options={"timeout": _ANSWER, "allow_http": True},  # where the endpoint is one of HTTP
        retry_config={"max_retries": _RETRIES, "retry_timeout": 2 * _ANSWER},
    )
