"""Columns of ids in the batches of an Arrow stream, as texts that lie in the buffers of the batch.

Whatever number is used as a place in a buffer is compared with its length before.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlink.app.errors import InvalidRequestError, MalformedBodyError
from latentlink.app.http.arrow.flatbuffers import FlatTable, malformed
from latentlink.app.http.arrow.messages import Kind, Message
from latentlink.app.http.arrow.schema import EXPECTED, Column, Layout, columns_of
from latentlink.models.arrays import Array, Bool, Int64, UInt8
from latentlink.models.checkpoint import Texts

_LENGTH, _BUFFERS, _COMPRESSION, _VIEWED = 0, 2, 3, 4  # places in a batch, by Arrow's Message.fbs
_ID, _VALUES, _IS_DELTA = 0, 1, 2  # in the values of a dictionary
_DIGITS = 20  # of an integer of 64 bits, with its sign
_READ = 100  # operations that take as long as to read a value
_SHORT, _VIEW = 12, 16  # bytes of a text that its view holds itself, and of a view


class Batch(NamedTuple):
    """Some rows.

    Attributes:
        size: m, how many.
        columns: m ids each, by name.
    """

    size: int
    columns: Mapping[str, Texts]

    @property
    def bytes(self) -> int:
        """Of all texts; many times those of the message, where rows share a text of a dictionary or of views."""
        return int(self._lengths().sum())

    def blocks(self, rows: int, size: int) -> "Iterator[Batch]":
        """The rows in order: at once `rows` of them at most, and as many as have texts of `size` bytes, but at least one."""
        ends, start = np.cumsum(self._lengths()), 0
        while start < self.size:
            before = int(ends[start - 1]) if start else 0
            end = max(start + 1, min(start + rows, int(np.searchsorted(ends, before + size, "right"))))
            yield Batch(end - start, {name: texts.take(slice(start, end)) for name, texts in self.columns.items()})
            start = end

    def _lengths(self) -> Int64:
        """The bytes of each row, int64 (m,)."""
        return sum((texts.lengths() for texts in self.columns.values()), np.zeros(self.size, np.int64))


class Batches:
    """Reads the messages of one stream.

    Args:
        required: names of columns.
        optional: names of further ones that there may be.
    """

    def __init__(self, most: int, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self._most, self._required, self._optional = most, required, optional
        self._columns: tuple[Column, ...] | None = None
        self._dictionaries: dict[int, Texts] = {}

    @property
    def names(self) -> list[str]:
        """The names of the columns that there are, once the schema is read."""
        return [column.name for column in self._columns or ()]

    def work(self, message: Message) -> int:
        """Operations of `read`: a row may take many times those of its bytes."""
        table, columns = message.table, len(self.names)
        if message.kind == Kind.DICTIONARY:
            table, columns = message.table.table(_VALUES) or table, 1
        rows = table.number(_LENGTH, "<q") if message.kind != Kind.SCHEMA else 0
        return message.size + _READ * columns * min(max(rows, 0), self._most)

    def held(self) -> int:
        """Bytes of the dictionaries."""
        return sum(
            texts.content.nbytes + texts.starts.nbytes + texts.ends.nbytes for texts in self._dictionaries.values()
        )

    def require_schema(self) -> None:
        """Refuse a stream that has none, with MalformedBodyError."""
        if self._columns is None:
            raise MalformedBodyError("body: expected an Arrow stream with a schema, found an empty one")

    def read(self, message: Message) -> Batch:
        """The rows that a message holds, none unless it is a batch.

        Raises:
            MalformedBodyError: it is not what Arrow's format says, or in another order.
            InvalidRequestError: there are other columns, or values that are no ids, or they are compressed.
        """
        if (message.kind == Kind.SCHEMA) == (self._columns is not None):
            raise MalformedBodyError("body: expected one schema, before all else in the Arrow stream")
        match message.kind, self._columns:
            case Kind.BATCH, tuple(columns):
                buffers = self._buffers(message.table, message)
                found = {column.name: self._ids(column, buffers) for column in columns}
                return Batch(buffers.rows, found)
            case Kind.DICTIONARY, tuple(columns):
                self._read_dictionary(message, columns)
            case _:
                self._columns = columns_of(message.table, self._required, self._optional)
        return Batch(0, {})

    def _read_dictionary(self, message: Message, columns: Sequence[Column]) -> None:
        number, values = message.table.number(_ID, "<q"), message.table.table(_VALUES)
        column = next((column for column in columns if column.dictionary == number), None)
        if column is None or values is None:
            raise malformed("a dictionary of no column")
        if message.table.number(_IS_DELTA, "<B"):
            raise InvalidRequestError.of(column.name, "whole dictionaries", "one that adds to another (isDelta)")
        self._dictionaries[number] = self._ids(column.values, self._buffers(values, message))

    def _buffers(self, batch: FlatTable, message: Message) -> "_Buffers":
        """Those of a batch or a dictionary that has not too many rows: what is made of one row may take 20 times its bytes."""
        buffers = _Buffers(batch, message.buffers)
        if buffers.rows > self._most:
            raise InvalidRequestError.of("body", f"at most {self._most:,} rows (LATENTLINK_MAX_ROWS)", "more")
        return buffers

    def _ids(self, column: Column, buffers: "_Buffers") -> Texts:
        """The ids of a column; raises as `read`."""
        valid = buffers.flags()
        if not valid.all():
            row = int(np.flatnonzero(~valid)[0])
            raise InvalidRequestError.of(column.name, EXPECTED, f"null in row {row:,} of a batch")
        if column.dictionary is not None:
            values, at = self._dictionaries.get(column.dictionary), buffers.numbers(column.places, buffers.rows)
            if values is None:
                raise malformed(f"a column {column.name} before its dictionary")
            _require(((at >= 0) & (at < len(values.starts))).all(), "a place beyond the dictionary")
            return values.take(at.astype(np.int64))
        if column.layout == Layout.INTEGER:
            return _decimal(buffers.numbers(column.dtype, buffers.rows))
        return _viewed(buffers) if column.layout == Layout.TEXT_VIEW else _plain(buffers, column.dtype)


class _Buffers:
    """The buffers of a batch, taken one after the other.

    Attributes:
        rows: how many the batch has.
    """

    def __init__(self, batch: FlatTable, content: memoryview) -> None:
        if batch.table(_COMPRESSION) is not None:
            raise InvalidRequestError.of(
                "body", "batches without compression; the whole may have Content-Encoding: gzip", "compressed buffers"
            )
        self.rows = batch.number(_LENGTH, "<q")
        _require(self.rows >= 0, "a batch of a negative length")
        self._content, self._places = content, iter(batch.numbers(_BUFFERS, 2))
        self._viewed = iter(batch.numbers(_VIEWED))

    def bytes(self) -> UInt8:
        """The next one."""
        start, size = next(self._places, (0, 0))
        _require(0 <= start <= start + size <= len(self._content), "a buffer beyond its batch")
        return np.frombuffer(self._content[start : start + size], np.uint8)

    def numbers(self, dtype: npt.DTypeLike, count: int) -> Array:
        """The first numbers of the next one."""
        content, size = self.bytes(), count * np.dtype(dtype).itemsize
        _require(size <= len(content), "fewer numbers than rows")
        return content[:size].view(dtype)

    def flags(self) -> Bool:
        """Those of rows that are not null, of the next one; all of them, if it is empty."""
        content = self.bytes()
        if len(content) == 0:
            _require(self.rows <= 8 * len(self._content), "more rows than bits")
            return np.ones(self.rows, np.bool_)
        _require(self.rows <= 8 * len(content), "fewer flags than rows")
        return np.unpackbits(content, count=self.rows, bitorder="little").view(np.bool_)

    def several(self) -> list[UInt8]:
        """As many as a column of views has behind these."""
        [count] = next(self._viewed, (0,))
        _require(0 <= count <= len(self._content), "a column of no buffers")
        found, size = [], 0
        for _ in range(count):
            found.append(self.bytes())
            size += len(found[-1])
            _require(size <= len(self._content), "buffers that overlap")  # they are copied, one behind the other
        return found


def _plain(buffers: _Buffers, dtype: npt.DTypeLike) -> Texts:
    if buffers.rows == 0:
        none = np.zeros(0, np.int64)
        return Texts((buffers.bytes(), buffers.bytes())[1], none, none)
    offsets = buffers.numbers(dtype, buffers.rows + 1).astype(np.int64)
    return _checked(Texts(buffers.bytes(), offsets[:-1], offsets[1:]))


def _viewed(buffers: _Buffers) -> Texts:
    """Views hold short texts themselves; of a longer one its length, its beginning, a buffer, and the place in that."""
    views = buffers.numbers(np.int32, 4 * buffers.rows).reshape(-1, 4)
    contents = [views.reshape(-1).view(np.uint8), *buffers.several()]
    lengths, which, places = (views[:, at].astype(np.int64) for at in (0, 2, 3))
    inside = lengths <= _SHORT
    which = np.where(inside, 0, which + 1)
    _require(((which >= 0) & (which < len(contents))).all(), "a view into no buffer")
    places = np.where(inside, np.arange(buffers.rows) * _VIEW + 4, places)
    sizes = np.array([len(content) for content in contents])
    _require(((places >= 0) & (places + lengths <= sizes[which])).all(), "a view beyond its buffer")
    starts = np.cumsum([0, *sizes])[which] + places
    return _checked(Texts(np.concatenate(contents), starts, starts + lengths))


def _checked(texts: Texts) -> Texts:
    inside = (texts.starts >= 0) & (texts.starts <= texts.ends) & (texts.ends <= len(texts.content))
    _require(inside.all(), "a text beyond its buffer")
    return texts


def _decimal(values: Array) -> Texts:
    """Integers in decimal digits."""
    digits = values.astype(f"S{_DIGITS + 1}")
    starts = np.arange(len(values), dtype=np.int64) * digits.dtype.itemsize
    lengths: Int64 = np.strings.str_len(digits)
    return Texts(np.frombuffer(digits.tobytes(), np.uint8), starts, starts + lengths)


def _require(holds: bool | np.bool_, found: str) -> None:
    if not holds:
        raise malformed(found)
