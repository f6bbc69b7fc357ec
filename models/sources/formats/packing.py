"""Packed files: gzip, bzip2, xz and Zstandard behind the suffix of a format, unpacked as they are read.

A parser that needs a whole text, or a copy on disk, takes no more than a graph has: what is none, but a thousand times its
packed size, is refused early.
"""

import bz2
import gzip
import lzma
import re
import shlex
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from os import fspath
from pathlib import Path, PosixPath
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple, cast

from latentlink.models.errors import DataError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError)  # what reading packed data raises
_SHEET = re.compile(r"(?<=\.xls[xm])#.*", re.DOTALL)
_RATIO = 100  # bytes for each packed one; texts of graphs have 5 to 40, zeros 1,030
_ANY = 1 << 26  # bytes that a file may have at any ratio
_BLOCK = 1 << 20  # bytes at once


class _Packing(NamedTuple):
    """How files are packed: the name in messages, what opens them, and the commands that unpack and print one."""

    name: str
    open: Callable[..., Any]
    unpack: str
    cat: str


_PACKINGS = {
    ".gz": _Packing("gzip", gzip.open, "gunzip -k", "zcat"),
    ".bz2": _Packing("bzip2", bz2.open, "bunzip2 -k", "bzcat"),
    ".xz": _Packing("xz", lzma.open, "unxz -k", "xzcat"),
    ".zst": _Packing("Zstandard", zstd.open, "unzstd", "zstdcat"),
}
PACKED = tuple(_PACKINGS)


def packing(path: Path) -> str:
    """The suffix of the packing, ".gz" of `a.csv.GZ`; empty of a file that isn't packed."""
    suffix = path.suffix.lower()
    return suffix if suffix in _PACKINGS else ""


def packing_name(path: Path) -> str:
    """What messages call the packing."""
    return _PACKINGS[packing(path)].name


def format_suffix(path: Path) -> str:
    """The suffix that names the format, in lower case: ".csv" of `a.csv` and of `a.CSV.gz`, ".xlsx" of `a.xlsx#sheet`."""
    return Path(_SHEET.sub("", path.name.lower()).removesuffix(packing(path))).suffix


def cat(path: Path) -> str:
    """The command that prints a file, unpacked."""
    return f"{_PACKINGS[packing(path)].cat if packing(path) else 'cat'} {shlex.quote(str(path))}"


def opened(path: Path) -> BinaryIO:
    """The file's bytes, unpacked as they are read."""
    return cast(BinaryIO, _PACKINGS[packing(path)].open(path)) if packing(path) else path.open("rb")


def head(path: Path, size: int) -> bytes:
    """The first bytes, unpacked: those before the damage of a damaged file, none of one that can't be opened."""
    content = b""
    with suppress(*DAMAGED), opened(path) as file:  # Whoever reads on meets damage again, and names its line.
        while len(content) < size and (block := file.read(min(size, 1 << 13))):
            content += block
    return content[:size]


def unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    """The bytes of a packed file in memory, else `file`.

    Raises:
        DataError: more bytes came out than a graph of that packed size has; no more than these were kept.
        OSError, EOFError, zlib.error, LZMAError, ZstdError: the packed data are damaged.
    """
    if not packing(path):
        return file
    content = BytesIO()
    for block in blocks(path, file):
        content.write(block)
    content.seek(0)
    return content


def blocks(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file, unpacked, a MiB at once; raises as `unpacked` does."""
    if not packing(path):
        yield from iter(lambda: file.read(_BLOCK), b"")
        return
    size = 0
    with _PACKINGS[packing(path)].open(file) as content:
        while block := content.read(_BLOCK):
            size += len(block)
            if size > max(_ANY, _RATIO * file.tell()):
                command = f"{_PACKINGS[packing(path)].unpack} {shlex.quote(str(path))}"
                raise DataError(
                    f"{path}: expected at most {_RATIO} times the packed size, as graphs have, found more; if it is a graph, "
                    f"unpack it first: {command}, then --edges {shlex.quote(str(path.with_suffix('')))}"
                )
            yield block


class CalledPath(PosixPath):
    """A path that messages call otherwise.

    Attributes:
        called: what messages call it.
    """

    called = ""

    def __str__(self) -> str:
        return self.called or super().__str__()

    def __fspath__(self) -> str:
        return super().__str__()


@contextmanager
def called(name: str, file: str) -> Iterator[CalledPath]:
    """A file to be written in a folder that goes when the context ends; errors call it by the name, also those of DuckDB."""
    with TemporaryDirectory() as folder:
        path = CalledPath(folder, file)
        path.called = name
        try:
            yield path
        except DataError as error:
            raise DataError(str(error).replace(fspath(path), name)) from error.__cause__


@contextmanager
def plain(path: Path) -> Iterator[Path]:
    """The file, or an unpacked copy on disk, for a reader that opens files itself.

    Raises:
        DataError: the packed data are damaged, or unpack to more bytes than a graph of that packed size has.
    """
    if not packing(path):
        yield path
        return
    with called(str(path), path.with_suffix("").name) as data:
        try:
            with path.open("rb") as packed, data.open("wb") as file:
                file.writelines(blocks(path, packed))
        except DAMAGED as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DataError(f"{path}: expected a readable file, found {reason!r}; check the path") from None
        yield data
