"""Memory, or disk, that large requests of all clients together may take."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from latentlink.app.errors import OverloadedError

SMALL = 16_384  # bytes of a body that is read at once, on the event loop
_AT_ONCE = 8  # of the largest size


class Room:
    """Room for large things; small ones, and the first bytes of large ones, always have it. For any thread.

    Args:
        largest: bytes of one.
        what: they are, for messages.
    """

    def __init__(self, largest: int, what: str = "bodies") -> None:
        self._size = self._left = _AT_ONCE * largest
        self._what = what
        # Whoever collects what is left of a request gives its room back, perhaps amid a call of its own.
        self._lock = threading.RLock()

    @contextmanager
    def held(self) -> Iterator[Callable[[int], None]]:
        """Room for one thing: to call with its size as it grows, as `Share.grow`; what it took is given back at the end."""
        share = Share(self)
        try:
            yield share.grow
        finally:
            share.release()

    def take(self, size: int) -> None:
        """Take so many bytes.

        Raises:
            OverloadedError: there is no more.
        """
        with self._lock:
            if size <= self._left:
                self._left -= size
                return
        raise OverloadedError(
            f"{self._what}: expected at most {self._size:,} bytes of large ones at once, found more; try again"
        )

    def give_back(self, size: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self._left += size


class Share:
    """The part of one thing; belongs to one thread at a time.

    Args:
        room: that it is a part of.
    """

    def __init__(self, room: Room) -> None:
        self._room, self._taken = room, 0

    def grow(self, size: int) -> None:
        """Have room for so many bytes in all, as before where they are fewer.

        Raises:
            OverloadedError: there is no more.
        """
        if (more := max(0, size - SMALL) - self._taken) > 0:
            self._room.take(more)
            self._taken += more

    def release(self) -> None:
        """Give all back."""
        self._room.give_back(self._taken)
        self._taken = 0
