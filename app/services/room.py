"""The memory that the bodies of all requests together may take."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from latentlink.app.errors import OverloadedError

SMALL = 16_384  # bytes of a body that is read at once, on the event loop
_BODIES = 8  # of the largest size, at once


class Room:
    """Room for large bodies; small ones, and the first bytes of large ones, always have it.

    Args:
        largest: bytes of a body.
    """

    def __init__(self, largest: int) -> None:
        self._size = self._left = _BODIES * largest

    @contextmanager
    def held(self) -> Iterator[Callable[[int], None]]:
        """Room for one body: to call with its size as it grows; what it took is given back at the end.

        Raises:
            OverloadedError: there is no more.
        """
        taken = 0

        def grow(size: int) -> None:
            nonlocal taken
            more = max(0, size - SMALL) - taken
            if more > self._left:
                raise OverloadedError(
                    f"bodies: expected at most {self._size:,} bytes of large ones at once, found more; try again"
                )
            self._left -= more
            taken += more

        try:
            yield grow
        finally:
            self._left += taken
