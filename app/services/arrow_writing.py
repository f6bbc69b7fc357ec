"""Arrow IPC streams, written batch by batch; columns of arrays, without a Python object per value."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import nanoarrow as na
import numpy as np
from nanoarrow.c_array import CArray
from nanoarrow.ipc import StreamWriter

from latentlink.models.arrays import Bool, Float64, UInt8

BLOCK = 2**16  # rows of a batch, at most


class ArrowStream:
    """The bytes of a stream, as they are made. Only `end` writes the mark without which a reader takes the stream for cut.

    Args:
        columns: the types of the columns by name.
        facts: texts that the schema has beside them.
    """

    def __init__(self, columns: Mapping[str, Any], facts: Mapping[str, str] | None = None) -> None:
        schema = na.struct(columns, nullable=False)
        self._schema = na.c_schema(na.Schema(schema, metadata=facts) if facts else schema)
        self._sink = io.BytesIO()
        self._writer = StreamWriter.from_writable(self._sink)

    def batch(self, arrays: Sequence[CArray], size: int) -> bytes:
        """The bytes of a batch of m rows, before the first with those of the schema."""
        self._writer.write_array(na.c_array_from_buffers(self._schema, size, [None], children=arrays))
        return self._drained()

    def end(self) -> bytes:
        """The bytes of the end, after at least one batch."""
        self._writer.close()
        return self._drained()

    def _drained(self) -> bytes:
        """The bytes that were written since the last call."""
        content = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return content


def bits(flags: Bool) -> UInt8:
    """Flags as Arrow packs them."""
    return np.packbits(flags, bitorder="little")


def numbers(values: Float64, found: Bool) -> CArray:
    """A column (m,) that is null where `found`, bool (m,), does not hold."""
    return na.c_array_from_buffers(na.float64(), len(values), [_valid(found), np.ascontiguousarray(values)])


def flags(values: Bool, found: Bool) -> CArray:
    """As `numbers`."""
    return na.c_array_from_buffers(na.bool_(), len(values), [_valid(found), bits(values)])


def texts(values: Sequence[str | None]) -> CArray:
    """A column (m,) of texts."""
    return na.c_array(values, na.string())


def _valid(found: Bool) -> UInt8 | None:
    return None if found.all() else bits(found)
