"""The exceptions of training and of checkpoints.

LatentlinkError
├── DataError         a graph, a table or an option the caller gave can't be used
├── RemoteError       object storage can't be reached, or refuses
└── CheckpointError   a checkpoint on disk is missing, damaged or from a newer version
    ├── ReadOnlyError a directory of checkpoints can't be written to
    ├── BusyError     another process copies the same model
    └── ConflictError another writer changed object storage meanwhile

Every message reads "{what}: expected {x}, found {y}" and says how to correct it where that isn't plain.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from latentlink.models.option_names import Names, in_python


class LatentlinkError(Exception):
    """Base of all errors that are answered with a message instead of a traceback."""


class DataError(LatentlinkError):
    """A graph, a table or an option that the caller gave can't be used."""


class RemoteError(LatentlinkError):
    """Object storage can't be reached, or refuses a request: nothing is known of the checkpoint."""


class CheckpointError(LatentlinkError):
    """A checkpoint on disk is missing, damaged or from a newer version."""


class ReadOnlyError(CheckpointError):
    """A directory of checkpoints can't be written to."""


class BusyError(CheckpointError):
    """Another process copies the same model into the same directory."""


class ConflictError(CheckpointError):
    """Another writer changed an object since it was read."""


@contextmanager
def python_names(names: Names | None = None) -> Iterator[None]:
    """Messages with arguments by the names that Python has, as `in_python`."""
    try:
        yield
    except LatentlinkError as error:
        raise type(error)(in_python(str(error), names)) from error.__cause__
