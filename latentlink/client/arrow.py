"""Arrow streams of the API: columns of ids as bodies, and answers."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import nanoarrow as na
import numpy as np
import numpy.typing as npt
from nanoarrow.ipc import StreamWriter

from latentlink.client.ids import texts

ARROW = "application/vnd.apache.arrow.stream"

_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_ROWS = 2**16  # of a batch


class Column(NamedTuple):
    """A column of all batches: flags of what is not null, bool (m,), and values, (m,), of any kind where it is."""

    found: npt.NDArray[np.bool_]
    values: npt.NDArray[Any]


def write_ids(columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> bytes:
    """A stream of columns of ids, of one length.

    Raises:
        TypeError: ids are neither texts nor whole numbers.
        ValueError: columns are of several lengths.
    """
    ready = {name: _ids(column) for name, column in columns.items()}
    [size, *others] = {len(column) for column in ready.values()}
    if others:
        raise ValueError(f"columns: expected one length, found {', '.join(map(str, (size, *others)))}")
    kinds = {name: na.string() if isinstance(column, list) else na.int64() for name, column in ready.items()}
    schema, sink = na.struct(kinds, nullable=False), io.BytesIO()
    with StreamWriter.from_writable(sink) as writer:
        for start in range(0, max(1, size), _ROWS):
            arrays = [na.c_array(column[start : start + _ROWS], kinds[name]) for name, column in ready.items()]
            length = min(_ROWS, size - start)
            writer.write_array(na.c_array_from_buffers(schema, length, [None], children=arrays))
    return sink.getvalue()


def batches_of(content: bytes) -> Iterator[dict[str, na.Array]]:
    """The columns of each batch of an answer, by name.

    Raises:
        ValueError: it is cut: the end of the stream is missing.
    """
    if not content.endswith(_END):
        raise ValueError("expected a whole Arrow stream, found one that is cut")
    for batch in na.ArrayStream.from_readable(content).iter_chunks():
        yield {of.name: child for of, child in zip(batch.schema.fields, batch.iter_children(), strict=True)}


def lists_of(content: bytes) -> dict[str, list[Any]]:
    """The columns of an answer, by name, as Python has their values."""
    columns: dict[str, list[Any]] = {}
    for batch in batches_of(content):
        for name, column in batch.items():
            columns.setdefault(name, []).extend(column.to_pylist())
    return columns


def numbers_of(content: bytes) -> dict[str, Column]:
    """The columns of an answer of numbers and flags, by name."""
    parts: dict[str, list[Column]] = {}
    for batch in batches_of(content):
        for name, column in batch.items():
            parts.setdefault(name, []).append(_numbers(column))
    return {name: Column(*map(np.concatenate, zip(*columns, strict=True))) for name, columns in parts.items()}


def _numbers(column: na.Array) -> Column:
    size, found = len(column), np.ones(len(column), np.bool_)
    if len(valid := np.frombuffer(column.buffer(0), np.uint8)):
        found = np.unpackbits(valid, bitorder="little")[:size].astype(np.bool_)
    values = column.buffer(1)
    if column.schema.type == na.Type.BOOL:
        return Column(found, np.unpackbits(np.frombuffer(values, np.uint8), bitorder="little")[:size].astype(np.bool_))
    return Column(found, np.array(values)[:size])


def _ids(column: Sequence[Any] | npt.NDArray[Any]) -> list[str] | npt.NDArray[np.int64]:
    """Whole numbers as they are, all else as texts."""
    values = column if isinstance(column, list) else np.asarray(column)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu" and values.dtype != np.uint64:
        return np.ascontiguousarray(values, np.int64)
    return texts(values if isinstance(values, list) else values.tolist())
