"""Rows of the nodes of a long request, kept until all of it is there: in memory while they are few, else in a file."""

import tempfile
import weakref
from collections.abc import Iterator
from typing import IO

import numpy as np

from latentlink.app.errors import NotReadyError
from latentlink.app.services.room import Room, Share
from latentlink.models.arrays import Int32, Int64

KEPT = np.dtype(np.int32)
"""Of the numbers."""

LONGEST = 3 * KEPT.itemsize  # bytes of a row

_IN_MEMORY = 2**20  # bytes


class KeptRows:
    """A table of whole numbers below 2³¹, written once, then read block by block; its file has no name, and goes with it.

    Args:
        width: numbers of a row.
        room: for the tables of all requests; given back with the file.
    """

    def __init__(self, width: int, room: Room) -> None:
        self._width, self._count, self._share = width, 0, Share(room)
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when the last answer is made
        weakref.finalize(self, _close, self._file, self._share)

    def __len__(self) -> int:
        return self._count

    def add(self, rows: Int64) -> None:
        """Append rows, int64 (m, width).

        Raises:
            NotReadyError: there is no directory for temporary files, or no room in it.
            OverloadedError: other tables have taken the room.
        """
        self._share.grow((self._count + len(rows)) * self._width * KEPT.itemsize)
        try:
            self._file.write(rows.astype(KEPT).tobytes())
        except OSError as error:
            raise NotReadyError(
                f"temporary files: expected a directory with room (TMPDIR) for a body of many rows, found: {error}"
            ) from None
        self._count += len(rows)

    def blocks(self, size: int) -> Iterator[Int64]:
        """All rows in order, int64 (m, width), `size` of them at once; at least one block."""
        self._file.seek(0)
        for start in range(0, max(1, self._count), size):
            yield self._read(min(size, self._count - start)).astype(np.int64)

    def _read(self, rows: int) -> Int32:
        content = self._file.read(rows * self._width * KEPT.itemsize)
        return np.frombuffer(content, KEPT).reshape(-1, self._width)


def _close(file: IO[bytes], share: Share) -> None:
    file.close()
    share.release()
