"""Packed graph files: a parser needs the whole text, so what is no graph, but a thousand times its size, is refused early."""

import gzip
import shlex
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError

_RATIO = 100  # bytes for each packed one; texts of graphs have 5 to 40, zeros 1,030
_ANY = 1 << 26  # bytes that a file may have at any ratio
_BLOCK = 1 << 20  # bytes at once


def unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    """The bytes of a file with .gz behind its name in memory, else `file`.

    Raises:
        DataError: more bytes came out than a graph of that packed size has; no more than these were kept.
        OSError, EOFError, zlib.error: the packed data are damaged.
    """
    if path.suffix.lower() != ".gz":
        return file
    content = BytesIO()
    with gzip.GzipFile(fileobj=file) as packed:
        while block := packed.read(_BLOCK):
            content.write(block)
            if content.tell() > max(_ANY, _RATIO * file.tell()):
                raise DataError(
                    f"{path}: expected at most {_RATIO} times the packed size, as graphs have, found more; if it is a graph, "
                    f"unpack it first: gunzip -k {shlex.quote(str(path))}, then --edges {shlex.quote(str(path.with_suffix('')))}"
                )
    content.seek(0)
    return content
