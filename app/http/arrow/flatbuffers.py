"""The tables of a flatbuffer, as Arrow's metadata has them: fields by their places, read with Python's bounds checks.

A table says where the offsets of its fields are, each field where its vector, its text or its table is.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from latentlink.app.errors import MalformedBodyError

_BYTES_OF_OFFSET = 4


class FlatTable(NamedTuple):
    """A table.

    Attributes:
        content: of the flatbuffer.
        at: its place.
    """

    content: memoryview
    at: int

    @classmethod
    def root(cls, content: memoryview) -> "FlatTable":
        """The table that a flatbuffer is of.

        Raises:
            MalformedBodyError: as every read, an offset leads out of the buffer.
        """
        return cls(content, number("<I", content, 0))

    def number(self, place: int, form: str, default: int = 0) -> int:
        """A number in a form of `struct`; the default where there is none."""
        at = self._field(place)
        return default if at is None else number(form, self.content, at)

    def table(self, place: int) -> "FlatTable | None":
        """A table in this one."""
        at = self._field(place)
        return None if at is None else self._followed(at)

    def text(self, place: int) -> bytes:
        """A text, in UTF-8."""
        count, start = self._vector(place)
        if start + count > len(self.content):
            raise malformed("metadata that points out of itself")
        return bytes(self.content[start : start + count])

    def count(self, place: int) -> int:
        """How many members a vector has; 0 where there is none."""
        return self._vector(place)[0]

    def tables(self, place: int) -> "Iterator[FlatTable]":
        """The members of a vector of tables."""
        count, start = self._vector(place)
        return (self._followed(start + _BYTES_OF_OFFSET * member) for member in range(count))

    def numbers(self, place: int, each: int = 1) -> list[tuple[int, ...]]:
        """The members of a vector of int64, or of structs of several."""
        count, start = self._vector(place)
        end = start + 8 * each * count
        if end > len(self.content):
            raise malformed("metadata that points out of itself")
        return list(struct.iter_unpack(f"<{each}q", self.content[start:end]))

    def _vector(self, place: int) -> tuple[int, int]:
        """The number of members, and the place of the first."""
        at = self._field(place)
        if at is None:
            return 0, 0
        start = self._followed(at).at
        return number("<I", self.content, start), start + _BYTES_OF_OFFSET

    def _followed(self, at: int) -> "FlatTable":
        return FlatTable(self.content, at + number("<I", self.content, at))

    def _field(self, place: int) -> int | None:
        fields = self.at - number("<i", self.content, self.at)
        if 4 + 2 * place >= number("<H", self.content, fields):
            return None
        offset = number("<H", self.content, fields + 4 + 2 * place)
        return self.at + offset if offset else None


def number(form: str, content: bytes | bytearray | memoryview, at: int) -> int:
    """A number at a place.

    Raises:
        MalformedBodyError: the place is outside.
    """
    try:
        if at >= 0:
            return int(struct.unpack_from(form, content, at)[0])
    except struct.error:
        pass
    raise malformed("metadata that points out of itself")


def malformed(found: str) -> MalformedBodyError:
    """The error for what no writer of Arrow writes."""
    return MalformedBodyError(f"body: expected messages of Arrow's IPC format, found {found}")
