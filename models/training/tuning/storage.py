"""The journal of a tuning, from which it goes on after it was killed: Optuna's file of JSON lines, one process at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from latentlink.models.checkpoint.disk.files import reason
from latentlink.models.checkpoint.disk.locking import exclusive
from latentlink.models.errors import DataError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage


@contextmanager
def opened(path: Path | None) -> Iterator["BaseStorage"]:
    """The journal at a path, made if absent; None for one in memory.

    The kernel releases the lock of a process that was killed; Optuna's own would be waited for.

    Raises:
        DataError: the file can't be written to, is damaged, or another process works on it.
    """
    from optuna.storages import InMemoryStorage, JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    class Held(JournalFileOpenLock):
        """The lock that this process holds for as long as the journal is open."""

        def acquire(self) -> bool:
            return True

        def release(self) -> None:
            pass

    if path is None:
        yield InMemoryStorage()
        return
    with _held(path):
        _cut_unfinished(path)
        try:
            journal = JournalStorage(JournalFileBackend(str(path), Held(str(path))))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError(
                f"{path}: expected the journal of a tuning, found a damaged file; delete it, or name another one"
            ) from None
        yield journal


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(path, wait=False))
        except BlockingIOError:
            raise DataError(
                f"{path}: expected a tuning that no other process works on, found one; wait for it"
            ) from None
        except OSError as error:
            raise DataError(f"{path}: expected a file to write to, found: {reason(error)}") from None
        yield


def _cut_unfinished(path: Path) -> None:
    """Remove what a crash left of a last line: the next line would be written behind it."""
    with path.open("r+b") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
