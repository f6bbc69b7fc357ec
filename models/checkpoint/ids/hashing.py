"""Hash lookup of texts in mapped memory: all ids of a request at once, without a Python loop or object per text.

Texts are read in columns of eight bytes, so that hashing and comparing m of them takes a few array operations.
"""

from collections.abc import Iterable
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

from latentlink.models.arrays import Int64, Ints

_Bytes = npt.NDArray[np.uint8]
_UInt64 = npt.NDArray[np.uint64]
_Bool = npt.NDArray[np.bool_]
Kinds = tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]
"""The kind of each stored text, (N,), and of each wanted one, (m,)."""

# Odd multipliers of splitmix64 (Steele, Lea & Flood 2014).
_PLACE, _MIX, _END = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WRAP = 2**64 - 1
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)  # keep the first n bytes of a word
_BLOCK = 32_768  # texts looked up at once: their arrays stay in the cache


class Texts(NamedTuple):
    """m byte strings in one buffer: the i-th is content[starts[i]:ends[i]].

    Attributes:
        content: uint8, the buffer.
        starts: int64 (m,).
        ends: int64 (m,).
    """

    content: _Bytes
    starts: Int64
    ends: Int64

    @classmethod
    def of(cls, strings: Iterable[str]) -> "Texts":
        """Encode strings in UTF-8; a lone surrogate becomes bytes that valid UTF-8 never has."""
        strings = strings if isinstance(strings, list) else list(strings)
        # Encoding all at once is several times as fast, unless a string contains the separator.
        content = np.frombuffer("\0".join(strings).encode("utf-8", "surrogatepass"), np.uint8)
        ends = np.append(np.flatnonzero(content == 0), len(content))
        if len(ends) == len(strings):
            return cls(content, np.append(0, ends[:-1] + 1), ends)
        encoded = [text.encode("utf-8", "surrogatepass") for text in strings]
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets[:-1], offsets[1:])

    def take(self, at: Ints | _Bool | slice) -> "Texts":
        """Some of them, in the order of `at`."""
        return Texts(self.content, self.starts[at], self.ends[at])

    def decode(self) -> list[str]:
        """The strings; each must be valid UTF-8."""
        content = memoryview(cast(Buffer, self.content))  # sliced several times faster than an array
        return [
            str(content[start:end], "utf-8")
            for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        ]

    def lengths(self) -> Int64:
        """int64 (m,): bytes of each."""
        return self.ends - self.starts


class Buckets(NamedTuple):
    """The rows of N texts, sorted by the first b bits of their hashes.

    Attributes:
        starts: int32 (2ᵇ + 1,), where the rows of each bucket start; int64 from 2³¹ texts on.
        rows: int32 (N,), or int64.
    """

    starts: Ints
    rows: Ints

    @property
    def size(self) -> int:
        """2ᵇ: the bucket of a hash h is h · 2ᵇ⁻⁶⁴."""
        return len(self.starts) - 1


class _Column(NamedTuple):
    """Bytes [place, place + 8) of the texts that are longer than `place`.

    Attributes:
        at: indices of these texts.
        place: the first byte of the column.
        words: the bytes as little-endian words, masked.
        masks: which bytes of each word belong to the text.
    """

    at: Int64 | slice
    place: int
    words: _UInt64
    masks: _UInt64


def bucket_of(size: int, text: bytes) -> int:
    """The bucket, in [0, size), of one text, as in `make_buckets`; faster for a single text."""
    total = len(text)
    for place in range(0, len(text), 8):
        mixed = (int.from_bytes(text[place : place + 8], "little") + (place + 1) * _PLACE) * _MIX & _WRAP
        total += mixed ^ mixed >> 32
    return (total * _END & _WRAP) * size >> 64


def make_buckets(texts: Texts) -> Buckets:
    """Group N texts into two to four times as many buckets."""
    n = len(texts.starts)
    size = 1 << (2 * n).bit_length()
    homes = np.empty(n, np.int64)
    for part in _blocks(n):
        block = texts.take(part)
        homes[part] = _homes(size, block, _columns(block))
    starts = np.append(0, np.cumsum(np.bincount(homes, minlength=size)))
    rows = np.argsort(homes, kind="stable")
    small = n < 2**31
    return Buckets(starts.astype(np.int32), rows.astype(np.int32)) if small else Buckets(starts, rows)


def find_all(buckets: Buckets, stored: Texts, wanted: Texts, kinds: Kinds | None = None) -> Int64:
    """int64 (m,): the row of each wanted text among N ≥ 1 stored texts, −1 if it is not stored.

    With `kinds` a text is found only where its kind is the same; without them one of several equal texts is found.
    """
    found = np.empty(len(wanted.starts), np.int64)
    for part in _blocks(len(found)):
        own = None if kinds is None else (kinds[0], kinds[1][part])
        found[part] = _find(buckets, stored, wanted.take(part), own)
    return found


def same_texts(one: Texts, other: Texts) -> _Bool:
    """bool (m,): whether one[i] equals other[i]."""
    found = np.empty(len(one.starts), np.bool_)
    for part in _blocks(len(found)):
        found[part] = _equal(one.take(part), wanted := other.take(part), _columns(wanted))
    return found


def _find(buckets: Buckets, stored: Texts, wanted: Texts, kinds: Kinds | None) -> Int64:
    """Compare each text with the first row of its bucket, then those not found with all other rows of their buckets."""
    columns = _columns(wanted)
    homes = _homes(buckets.size, wanted, columns)
    at, end = buckets.starts.take(homes), buckets.starts.take(homes + 1)
    rows = buckets.rows.take(at, mode="clip")  # `at` of an empty last bucket is out of range
    same = _equal(stored.take(rows), wanted, columns) & (at < end)
    if kinds is not None:
        same &= kinds[0][rows] == kinds[1]
    found = np.where(same, rows, -1).astype(np.int64)
    left = np.flatnonzero(~same & (at + 1 < end))
    counts = (end - at)[left] - 1
    ends = np.cumsum(counts)
    queries = np.repeat(left, counts)
    rows = buckets.rows[np.repeat(at[left] + 1 - (ends - counts), counts) + np.arange(len(queries))]
    wanted = wanted.take(queries)
    same = _equal(stored.take(rows), wanted, _columns(wanted))
    if kinds is not None:
        same &= kinds[0][rows] == kinds[1][queries]
    found[queries[same]] = rows[same]
    return found


def _homes(size: int, texts: Texts, columns: list[_Column]) -> Int64:
    """int64 (m,): the bucket of each text, in [0, size) with `size` = 2ᵇ; `columns` are those of `texts`."""
    total = texts.lengths().view(np.uint64)
    for at, place, words, _ in columns:
        mixed = words + np.uint64((place + 1) * _PLACE & _WRAP)
        mixed *= np.uint64(_MIX)
        mixed ^= mixed >> np.uint64(32)
        total[at] += mixed
    total *= np.uint64(_END)
    total >>= np.uint64(65 - size.bit_length())
    return total.view(np.int64)


def _equal(stored: Texts, wanted: Texts, columns: list[_Column]) -> _Bool:
    """bool (m,): whether stored[i] equals wanted[i]; `columns` are those of `wanted`."""
    same: _Bool = stored.lengths() == wanted.lengths()
    for at, place, words, masks in columns:
        same[at] &= _read(stored.content, stored.starts[at] + place, masks) == words
    return same


def _columns(texts: Texts) -> list[_Column]:
    columns: list[_Column] = []
    at: Int64 | slice = slice(None)  # all: a view, no copy
    starts, left = texts.starts, texts.lengths()
    while (further := left > 0).any():
        if not further.all():
            at = np.flatnonzero(further) if isinstance(at, slice) else at[further]
            starts, left = starts[further], left[further]
        masks = _MASKS.take(left, mode="clip")
        columns.append(_Column(at, 8 * len(columns), _read(texts.content, starts, masks), masks))
        starts, left = starts + 8, left - 8
    return columns


def _read(content: _Bytes, starts: Int64, masks: _UInt64) -> _UInt64:
    """uint64 (m,): the eight bytes from each of `starts` on as little-endian words, masked."""
    if len(content) < 8:
        content = np.append(content, np.zeros(8 - len(content), np.uint8))
    # A view of the eight bytes at every offset; words that would pass the end are read from earlier bytes and shifted.
    windows: _UInt64 = np.ndarray((len(content) - 7,), "<u8", content, strides=(1,))
    inside = np.minimum(starts, len(content) - 8)
    words = windows[inside]
    if not np.array_equal(inside, starts):
        words >>= ((starts - inside) << 3).view(np.uint64)
    words &= masks
    return words


def _blocks(n: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, n, _BLOCK)]
