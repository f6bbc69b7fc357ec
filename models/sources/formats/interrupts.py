"""Signals end a query in DuckDB: it runs in C for minutes, where Python's handlers wait, or is left without what they raised."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb


@contextmanager
def interruptible(database: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt the query of this block at SIGINT and SIGTERM, and then do what the signal's handler does.

    Another thread learns of the signal from the descriptor that Python's C handler writes to. Only the main thread gets
    signals; in others the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    arrived: list[int] = []
    watcher = threading.Thread(target=_watch, args=(read, arrived, database), daemon=True)
    before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    watcher.start()
    try:
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            os.close(write)
            watcher.join()
            os.close(read)
    except (duckdb.InterruptException, RuntimeError):  # what the handler raised may be lost in DuckDB
        if arrived:
            signal.raise_signal(arrived[0])
        raise


def _watch(read: int, arrived: list[int], database: duckdb.DuckDBPyConnection) -> None:
    """Until the other end of the pipe is closed."""
    while number := os.read(read, 1):
        if number[0] in (signal.SIGINT, signal.SIGTERM):
            arrived.append(number[0])
            with suppress(duckdb.ConnectionException):  # the query ended meanwhile
                database.interrupt()
