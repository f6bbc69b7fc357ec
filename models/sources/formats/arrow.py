"""Arrow's IPC files and streams, and Feather, which is such a file: handed to DuckDB batch by batch, without a copy."""

from pathlib import Path

from arro3.core import RecordBatchReader
from arro3.io import read_ipc, read_ipc_stream

from latentlink.models.errors import DataError

ARROW = (".arrow", ".feather")
_MAGIC = b"ARROW1"  # what a file begins with, and a stream doesn't


class ArrowFile:
    """A file that is read again for each stream, through Arrow's PyCapsule interface.

    Raises:
        DataError: it can't be read, or isn't Arrow's.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._open().__arrow_c_stream__(requested_schema)

    def _open(self) -> RecordBatchReader:
        try:
            with self._path.open("rb") as file:
                read = read_ipc if file.read(len(_MAGIC)) == _MAGIC else read_ipc_stream
            return read(self._path)
        except OSError as error:
            raise DataError(
                f"{self._path}: expected a readable file, found {error.strerror!r}; check the path"
            ) from None
        except Exception as error:  # Damaged files raise anything.
            reason = str(error).partition("\n")[0]
            raise DataError(
                f"{self._path}: expected an Arrow IPC file or stream, found {reason!r}; write it again"
            ) from None
