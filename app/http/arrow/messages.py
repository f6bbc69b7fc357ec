"""The messages of an Arrow IPC stream as they arrive, of which no more than one is held.

A message is a mark, the length of its metadata, the metadata (a flatbuffer) and as many bytes of buffers as the metadata says.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from enum import IntEnum
from typing import NamedTuple

from latentlink.app.errors import MalformedBodyError, TooLargeError
from latentlink.app.http.arrow.flatbuffers import FlatTable, malformed, number

END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""The mark behind the last message of a stream: without it a stream is cut."""

_MARK = END[:4]
_HEAD = 8  # bytes of the mark and of the length of the metadata
_LEAST = 16  # bytes of metadata
_KIND, _TABLE, _BODY_BYTES = 1, 2, 3  # places of the fields of a message, in Arrow's Message.fbs


class Kind(IntEnum):
    """What a message holds, by Arrow's numbers."""

    SCHEMA = 1
    DICTIONARY = 2
    BATCH = 3


class Message(NamedTuple):
    """One message.

    Attributes:
        kind: of it.
        table: what it says.
        buffers: the bytes behind it.
    """

    kind: Kind
    table: FlatTable
    buffers: memoryview

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.table.content) + len(self.buffers)


async def read_messages(parts: AsyncIterable[bytes], limit: int, grow: Callable[[int], None]) -> AsyncIterator[Message]:
    """The messages of a whole stream.

    Args:
        parts: of the body.
        limit: bytes of one message, and of all dictionaries together.
        grow: called with the number of bytes that are held.

    Raises:
        MalformedBodyError: it is no stream of Arrow, or it is cut.
        TooLargeError: a message is over the limit.
    """
    held, ended, dictionaries = bytearray(), False, 0
    size: int | None = None  # of the first message, found once: its metadata may be long, and parts short
    async for part in parts:
        held += part
        grow(len(held))
        while not ended:
            size = _size(held, limit) if size is None else size
            if size is None or len(held) < size:
                break
            content = bytes(memoryview(held)[:size])
            del held[:size]
            size = None
            if ended := content == END:
                break
            message = _message(content)
            dictionaries += message.size if message.kind == Kind.DICTIONARY else 0
            _require_size("dictionaries of all columns together", dictionaries, limit)
            yield message
        if ended and held:
            raise MalformedBodyError("body: expected nothing behind the end of the Arrow stream, found more bytes")
    if not ended:
        where = " within a message" if held else ""
        raise MalformedBodyError(
            f"body: expected an Arrow stream up to its end-of-stream marker, found one that is cut{where}"
        )


def _size(held: bytearray, limit: int) -> int | None:
    """The bytes of the first message, once enough of it is there to know them."""
    if not _MARK.startswith(held[:4]):
        raise MalformedBodyError(
            f"body: expected an Arrow IPC stream, found one that begins with {bytes(held[:6])!r}; write the streaming "
            "format, not a file"
        )
    if len(held) < _HEAD:
        return None
    metadata = number("<i", held, 4)
    if metadata == 0:
        return _HEAD
    if metadata < _LEAST:
        raise malformed(f"metadata of {metadata:,} bytes")
    _require_size("batches", _HEAD + metadata, limit)
    if len(held) < _HEAD + metadata:
        return None
    body = _root(memoryview(bytes(held[: _HEAD + metadata]))).number(_BODY_BYTES, "<q")
    if body < 0:
        raise malformed(f"a batch of {body:,} bytes")
    _require_size("batches", _HEAD + metadata + body, limit)
    return _HEAD + metadata + body


def _message(content: bytes) -> Message:
    whole = memoryview(content)
    root = _root(whole)
    kind, table = root.number(_KIND, "<B"), root.table(_TABLE)
    if kind not in tuple(Kind) or table is None:
        raise malformed(f"a message of kind {kind}")
    return Message(Kind(kind), table, whole[_HEAD + len(table.content) :])


def _root(content: memoryview) -> FlatTable:
    return FlatTable.root(content[_HEAD : _HEAD + number("<i", content, 4)])


def _require_size(what: str, size: int, limit: int) -> None:
    if size > limit:
        raise TooLargeError(
            f"body: expected Arrow {what} of at most {limit:,} bytes, found more; write batches of fewer rows"
        )
