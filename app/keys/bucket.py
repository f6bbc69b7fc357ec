"""How often a key may ask: a token bucket, and the headers that show its state."""

import math
import time
from collections.abc import Callable

_ROUNDING = 1e-9  # seconds; sums of floating-point numbers miss by less


class Bucket:
    """A token bucket: a request takes a token, `rate` tokens a second come back, and `burst` fit in.

    Args:
        rate: tokens a second.
        burst: tokens that fit in.
        clock: returns seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst = rate, burst
        self._clock, self._capacity = clock, burst / rate  # seconds from empty to full
        self._full = -math.inf  # the moment at which it is full again: the whole state

    def take(self) -> float:
        """Take a token; 0, or the seconds until there is one."""
        now = self._clock()
        full = max(self._full, now) + 1 / self.rate
        wait = full - now - self._capacity
        if wait > _ROUNDING:
            return wait
        self._full = full
        return 0.0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What a client may still ask, as the IETF's draft has it (draft-ietf-httpapi-ratelimit-headers-10).

        `q` tokens fit in and come back in `w` seconds; `r` are there, and after `t` seconds all are.
        """
        missing = max(0.0, self._full - self._clock())
        left = math.floor((self._capacity - missing + _ROUNDING) * self.rate)
        return [
            (b"ratelimit-policy", b'"key";q=%d;w=%d' % (self.burst, math.ceil(self._capacity))),
            (b"ratelimit", b'"key";r=%d;t=%d' % (left, math.ceil(missing))),
        ]
