"""What the C library keeps of memory that was freed. Both calls are glibc's; another library is left as it is."""

import contextlib
import ctypes

_M_ARENA_MAX = -8  # malloc.h
_ABSENT = (AttributeError, OSError, TypeError)


def share_heap() -> None:
    """Let all threads allocate from one heap; to be called before they start.

    A heap of a thread's own can't be given back to its end: one that verified a checkpoint kept up to 48 MiB, in each process.
    """
    with contextlib.suppress(*_ABSENT):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def return_freed() -> None:
    """Hand back to the system what was freed and lies idle."""
    with contextlib.suppress(*_ABSENT):
        ctypes.CDLL(None).malloc_trim(0)
