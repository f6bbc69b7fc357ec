"""The text of a graph file."""

from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError


def decoded(path: Path, file: BinaryIO) -> str:
    """The whole file, which is UTF-8, with or without a byte order mark.

    Raises:
        DataError: a byte is none of UTF-8; the message names its line.
    """
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}, line {line}: text: expected UTF-8, found the byte 0x{error.object[error.start]:02x}; save it as UTF-8"
        ) from None
