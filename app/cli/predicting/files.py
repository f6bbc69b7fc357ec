"""The file of a list: its format by its suffix, whole or absent."""

from importlib.util import find_spec
from pathlib import Path

from latentlink.app.services.link_lists.columns import Columns
from latentlink.app.services.link_lists.formats import FORMATS, Writer, write_whole
from latentlink.models.checkpoint.disk.files import reason
from latentlink.models.errors import DataError
from latentlink.models.inference.top_links.best import Links

PARQUET = ".parquet"
SUFFIXES = (*FORMATS, PARQUET)


def require_writable(path: Path) -> None:
    """Refuse a file that can't be written, before its content is computed.

    Raises:
        DataError: its suffix is none of a format, its folder is not there, or a package is missing.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"--out: expected a file that ends with {', '.join(SUFFIXES)}, found {str(path)!r}")
    if not path.parent.is_dir():
        raise DataError(f"--out: expected a folder that is there, found {str(path.parent)!r}; make it")
    if suffix == PARQUET and find_spec("arro3") is None:
        raise DataError(
            f"--out: expected the package arro3.io for {PARQUET}, found none; install the extra `train`, "
            "pip install '.[train]', or write .arrow"
        )


def write_links(path: Path, columns: Columns, links: Links) -> None:
    """Write a list to a file that `require_writable` has passed: whole, or the file is as it was before.

    Raises:
        DataError: the disk refuses.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == PARQUET:
            write_whole(path, lambda part: _write_parquet(part, columns, links))
        else:
            write_whole(path, lambda part: _write(part, FORMATS[suffix], columns, links))
    except OSError as error:
        raise DataError(
            f"{path}: expected a file to write to, found: {reason(error)}; name another with --out"
        ) from None


def _write(path: Path, write: Writer, columns: Columns, links: Links) -> None:
    with path.open("wb") as file:
        write(file, columns, links)


def _write_parquet(path: Path, columns: Columns, links: Links) -> None:
    """Through an Arrow stream on the disk, which takes the memory of a table."""
    from arro3.io import read_ipc_stream, write_parquet

    arrow = path.with_name(f"{path.name}.arrow")
    try:
        _write(arrow, FORMATS[".arrow"], columns, links)
        write_parquet(read_ipc_stream(arrow), path, compression="zstd(1)")
    finally:
        arrow.unlink(missing_ok=True)
