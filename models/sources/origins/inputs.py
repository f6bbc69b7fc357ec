"""Standard input, pipes, and files whose name doesn't say their format: read from a file of a name that does."""

import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from latentlink.models.errors import DataError
from latentlink.models.sources.formats import FORMATS
from latentlink.models.sources.formats.packing import called, format_suffix, packing
from latentlink.models.wording import shortened

STANDARD_INPUT = "-"


@contextmanager
def named_file(path: Path, format: str | None) -> Iterator[Path]:  # noqa: A002 - the option's name
    """The path, or one whose suffix says the format: what comes once, through a pipe, is copied there, since readers read twice.

    Args:
        path: a file, or `-` for standard input.
        format: suffixes such as `csv`, `tsv.gz` or `parquet`; None takes those of the path, and text for standard input.

    Raises:
        DataError: there is no such format.
    """
    piped = str(path) == STANDARD_INPUT
    if format is None and not piped and not _is_pipe(path):
        yield path
        return
    suffixes = _suffixes(format) if format is not None else ".txt" if piped else "".join(path.suffixes[-2:])
    stem = "stdin" if piped else path.name.removesuffix(packing(path)).removesuffix(format_suffix(path))
    with called("stdin" if piped else str(path), f"{stem}{suffixes}") as data:
        if piped or _is_pipe(path):
            _copy(path, data)
        else:
            data.symlink_to(path.absolute())
        yield data


def _suffixes(format: str) -> str:  # noqa: A002 - the option's name
    """The format as it stands behind the name of a file."""
    suffixes = f".{format.lower().removeprefix('.')}"
    if format_suffix(Path(f"stdin{suffixes}")) not in FORMATS:
        names = ", ".join(suffix.removeprefix(".") for suffix in FORMATS if suffix.startswith("."))
        raise DataError(f"--format: expected one of {names}, found {shortened(format)!r}; correct --format")
    return suffixes


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:  # of a file that isn't there: whoever reads it says so
        return False


def _copy(path: Path, data: Path) -> None:
    with data.open("wb") as file:
        if str(path) == STANDARD_INPUT:
            shutil.copyfileobj(sys.stdin.buffer, file)
            return
        pipe: BinaryIO
        with path.open("rb") as pipe:
            shutil.copyfileobj(pipe, file)
