"""The bytes of a request's body: JSON by its header, plain or gzip, never more of them than the limit, each key once."""

import asyncio
import json
import zlib
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

from fastapi import Request

from latentlink.app.errors import MalformedBodyError, TooLargeError, UnsupportedMediaError
from latentlink.app.http.negotiation import JSON_TYPE

_STEP = 2**18  # bytes decompressed at once
_GZIP = 16 + zlib.MAX_WBITS  # the window bits that make zlib read gzip's header and checksum


async def read_json_bytes(request: Request, limit: int, grow: Callable[[int], None]) -> bytes:
    """The body, decompressed; a body over `limit` bytes is not read to its end, nor decompressed further.

    Args:
        request: whose body.
        limit: bytes.
        grow: called with the size whenever there is more of it; may raise.

    Raises:
        UnsupportedMediaError: it is not JSON by its header, or encoded in another way than gzip.
        TooLargeError: it has more bytes than the limit, as sent or decompressed.
        MalformedBodyError: it is not the gzip that its header says.
    """
    _require_json(request)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):  # int() refuses thousands of digits
        raise _too_large(limit)
    content = bytearray()
    async for part in read_parts(request):
        content += part
        if len(content) > limit:
            raise _too_large(limit)
        grow(len(content))
    return bytes(content).removeprefix(BOM_UTF8)  # which RFC 8259 §8.1 lets a reader ignore


async def read_parts(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives, decompressed, in parts of up to 256 KiB, or as large as the server hands them on.

    Raises:
        UnsupportedMediaError: it is encoded in another way than gzip.
        MalformedBodyError: it is not the gzip that its header says.
    """
    gzip = _Gzip() if _is_gzip(request) else None
    async for chunk in request.stream():
        for part in gzip.decompress(chunk) if gzip else [chunk]:
            yield part
            if len(part) == _STEP:  # more of this chunk may follow: other requests go first
                await asyncio.sleep(0)
    if gzip:
        gzip.require_end()


def require_tokens_of_json(content: bytes) -> None:
    """Refuse NaN and Infinity, which are no JSON, but which readers of numbers take.

    Raises:
        MalformedBodyError: there is one outside of strings.
    """
    if b"NaN" in content or b"Infinity" in content:
        with suppress(ValueError, RecursionError):  # what else is wrong is worded elsewhere
            json.loads(content, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBodyError(
        f"body: expected JSON, found {name}, which is no number of JSON; write null where none is known"
    )


def repeated_key(content: bytes) -> str | None:
    """A key that an object of this JSON has twice, the last of which would win in silence; None if there is none."""
    if content.count(b":") < 2:
        return None
    try:
        json.loads(content, object_pairs_hook=_require_distinct)
    except _RepeatedKeyError as error:
        return str(error)
    return None


class _RepeatedKeyError(Exception):
    """The key."""


def _require_distinct(pairs: list[tuple[str, Any]]) -> None:
    seen = set[str]()
    for key, _ in pairs:
        if key in seen:
            raise _RepeatedKeyError(key)
        seen.add(key)


class _Gzip:
    """Decompresses one gzip member as it comes."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)

    def decompress(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk adds, a step at a time; the last part of it is less than a step."""
        part = bytes(_STEP)
        while len(part) == _STEP:
            try:
                part = self._member.decompress(chunk, _STEP)
            except zlib.error as error:
                raise MalformedBodyError(f"body: expected gzip as its Content-Encoding says, found {error}") from None
            if self._member.unused_data:
                raise MalformedBodyError("body: expected one gzip member, found more bytes behind it")
            chunk = self._member.unconsumed_tail
            yield part

    def require_end(self) -> None:
        """Refuse a member that was cut."""
        if not self._member.eof:
            raise MalformedBodyError("body: expected a whole gzip member, found one that is cut")


def media_type(request: Request) -> tuple[str, str]:
    """The media type that the body has by its header, JSON by default, and its parameters."""
    content_type = request.headers.get("content-type", JSON_TYPE)
    if content_type == JSON_TYPE:  # as of nearly every body
        return JSON_TYPE, ""
    media, _, parameters = content_type.lower().replace(" ", "").replace('"', "").partition(";")
    return media, parameters


def _require_json(request: Request) -> None:
    media, parameters = media_type(request)
    if media != JSON_TYPE or parameters not in ("", "charset=utf-8"):
        found = request.headers.get("content-type")
        raise UnsupportedMediaError(f"Content-Type: expected application/json in UTF-8, found {found!r}")


def _is_gzip(request: Request) -> bool:
    encoding = ",".join(request.headers.getlist("content-encoding") or ["identity"])
    match [name.strip() for name in encoding.lower().split(",")]:
        case ["identity"]:
            return False
        case ["gzip" | "x-gzip"]:
            return True
    raise UnsupportedMediaError(f"Content-Encoding: expected gzip or identity, found {encoding!r}")


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"body: expected at most {limit:,} bytes, decompressed, found more")
