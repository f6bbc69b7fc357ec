"""The room for large bodies."""

import pytest

from latentlink.app.errors import OverloadedError
from latentlink.app.services.room import SMALL, Room


def test_large_bodies_share_a_room() -> None:
    """Eight of the largest size fit, all but the first bytes of each counted; the next one is refused, and fits when one ends."""
    room = Room(SMALL)
    first = room.held()
    first.__enter__()(9 * SMALL)
    with room.held() as grow:
        grow(SMALL)
        with pytest.raises(OverloadedError, match="at most 131,072 bytes"):
            grow(SMALL + 1)
    first.__exit__(None, None, None)
    with room.held() as grow:
        for size in range(SMALL, 10 * SMALL, SMALL):
            grow(size)
    with room.held() as grow:
        grow(9 * SMALL)


def test_small_bodies_always_have_room() -> None:
    """Whatever the large ones take."""
    room = Room(1)
    with room.held() as large, room.held() as small:
        large(SMALL + 8)
        small(SMALL)
