"""The files in which several workers share their metrics, without holes: to write into a hole on a full disk ends a process."""

import logging
import os
from pathlib import Path

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

logger = logging.getLogger(__name__)

_BYTES = 65_536  # of a new file; what does not fit into it doubles it


def share_without_holes() -> None:
    """Let the library keep the metrics of this process in files of this kind; to be called before the first metric is made."""
    values.MmapedDict = AllocatedDict  # type: ignore[attr-defined]


class AllocatedDict(MmapedDict):
    """A file of numbers whose bytes are allocated before they are mapped.

    Where the disk has no room, the process goes on: a number without a place in the file is kept in memory, and written once
    there is room.

    Args:
        filename: of this process alone.
        read_mode: for the library.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:  # as the library calls it
        self._positions, self._is_there = {}, False
        path = Path(filename)
        new = path.with_suffix(".new")  # other workers read what has the name at once
        try:
            if not path.exists():
                with new.open("wb") as file:
                    _allocate(file.fileno(), _BYTES)
                    file.truncate(_BYTES)
                new.rename(path)
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
            self._is_there = True
        except OSError as error:
            new.unlink(missing_ok=True)
            logger.warning("%s: no room for metrics; other workers report none of this one: %s", path, error.strerror)

    def read_value(self, key: str) -> tuple[float, float]:
        """A number and its time; zeros where it has no place in the file."""
        found: tuple[float, float] = super().read_value(key) if self._has_place(key) else (0.0, 0.0)  # type: ignore[no-untyped-call]
        return found

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        """Keep a number and its time, if they have a place in the file or can get one."""
        if self._has_place(key):
            super().write_value(key, value, timestamp)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Unmap and close the file, if there is one."""
        if self._is_there:
            super().close()  # type: ignore[no-untyped-call]

    def _has_place(self, key: str) -> bool:
        if key in self._positions:
            return True
        if not self._is_there:
            return False
        size, capacity = len(key.encode()), self._capacity
        entry = size + 28 - (size + 4) % 8  # the name, filled up to a word, its length, and two numbers
        while self._used + entry > capacity:
            capacity *= 2
        try:
            _allocate(self._f.fileno(), capacity)
        except OSError:
            return False
        if capacity > self._capacity:
            self._capacity = capacity // 2  # the library doubles it, and cuts the file to that
        return True


def _allocate(descriptor: int, size: int) -> None:
    """Reserve the first `size` bytes of a file, where the system can.

    Raises:
        OSError: there is no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
