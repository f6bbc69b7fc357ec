"""A store in memory that counts requests and can break them, and a version to push."""

from collections.abc import Callable, Sequence
from pathlib import Path

from obstore.store import MemoryStore

from latentlink.models.checkpoint.remote.bucket import Bucket
from latentlink.models.checkpoint.remote.objects import Object
from latentlink.models.errors import RemoteError
from tests.support import Small

URL = "memory://models"

Fault = Callable[[str, bytes], bytes]
"""What becomes of the content of an object that is read, by its key and the content."""


class Storage(Bucket):
    """Objects in memory.

    Attributes:
        reads: the keys whose content was read, in order.
        writes: the keys that were written or removed, in order.
        fault: what becomes of each content that is read.
        most: requests that are answered from now on; None for all.
    """

    def __init__(self) -> None:
        super().__init__(MemoryStore(), URL)
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.fault: Fault = lambda _, content: content
        self.most: int | None = None

    def read(self, key: str, known: Object | None = None) -> Object | None:
        """As that of `Bucket`."""
        self._count(self.reads, key)
        found = super().read(key, known)
        return found if found is None or found is known else found._replace(content=self.fault(key, found.content))

    def read_part(self, key: str, start: int, end: int) -> bytes:
        """As that of `Bucket`."""
        self._count(self.reads, key)
        return self.fault(key, super().read_part(key, start, end))

    def write(self, key: str, content: bytes | Path) -> None:
        """As that of `Bucket`."""
        self._count(self.writes, key)
        super().write(key, content)

    def replace(self, key: str, content: bytes, known: Object | None) -> None:
        """As that of `Bucket`."""
        self._count(self.writes, key)
        super().replace(key, content, known)

    def remove(self, keys: Sequence[str]) -> None:
        """As that of `Bucket`."""
        self._count(self.writes, keys[0])
        super().remove(keys)

    def folders(self, below: str = "") -> list[str]:
        """As that of `Bucket`."""
        self._count(self.reads, below)
        return super().folders(below)

    def damage(self, key: str) -> None:
        """Turn a bit of an object's last byte."""
        found = super().read(key)
        assert found is not None
        super().write(key, found.content[:-1] + bytes([found.content[-1] ^ 1]))

    def _count(self, keys: list[str], key: str) -> None:
        if self.most is not None:
            if self.most == 0:
                raise RemoteError(f"{URL}/{key}: expected an answer, found none")
            self.most -= 1
        keys.append(key)


def away(storage: Storage) -> None:
    """Let no further request be answered."""
    storage.most = 0


def published(store: Path, seed: int = 0, name: str = "small") -> Path:
    """A version on the disk, each seed with its vectors."""
    small = Small.random(dim=4).renewed(seed=seed)
    return store / name / small.publish(store, name)


def files_of(path: Path) -> dict[str, bytes]:
    """The content of every file below a directory, but for those of processes."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    }
