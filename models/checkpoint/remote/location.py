"""Where checkpoints lie: a directory, or a URL of object storage. Knows nothing of the library that opens the URL."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from latentlink.extras import how_to_install
from latentlink.models.errors import DataError
from latentlink.models.paths import is_url
from latentlink.models.wording import shortened, without_secrets

if TYPE_CHECKING:
    from latentlink.models.checkpoint.remote.bucket import Bucket

EXPECTED = "a directory, or a URL such as s3://bucket/prefix, of s3, gs, az or file, without user, query and fragment"
_FILE = "three slashes and an absolute path behind file:, as in file:///srv/checkpoints"
_URL = re.compile(r"(?:(?:s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]*(?:/[^?#@]*)?|file:///[^?#]+)")


@dataclass(frozen=True)
class StoreURL:
    """A store of checkpoints in object storage.

    Attributes:
        text: the URL, without a slash at its end.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def directory(self) -> Path | None:
        """The directory that a `file://` URL names."""
        return Path(unquote(self.text.removeprefix("file://"))) if self.text.startswith("file://") else None

    def copies(self, cache: Path) -> Path:
        """The directory in `cache` for copies of this store, and of no other one."""
        return cache / f"mirror-{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"

    def open(self, *, make: bool = False) -> "Bucket":
        """The objects below it; connects at the first request. With `make` a missing directory of a `file://` URL is made.

        Raises:
            DataError: the extra `remote` is not installed, or the environment has a configuration that can't be used.
        """
        try:
            from latentlink.models.checkpoint.remote.bucket import open_bucket
        except ModuleNotFoundError as error:
            raise DataError(f"{self}: {how_to_install(error, 'latentlink[remote]')}") from None
        return open_bucket(self.text, make=make)


def expected_instead(text: str) -> str:
    """What a URL that is none of a store should have been."""
    return _FILE if text.startswith("file:") and not text.startswith("file:///") else EXPECTED


def read_location(text: str, what: str = "checkpoints") -> Path | StoreURL:
    """A directory, or the store at a URL.

    Args:
        text: of either.
        what: it is, in the message.

    Raises:
        DataError: it looks like a URL, and is none of a known scheme.
    """
    if not is_url(text):
        return Path(text)
    if not _URL.fullmatch(text):
        raise DataError(f"{what}: expected {expected_instead(text)}, found {shortened(without_secrets(text))!r}")
    return StoreURL(text.rstrip("/"))
