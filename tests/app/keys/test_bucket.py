"""Token buckets, against counting tokens one by one."""

import math
import random

import pytest

from latentlink.app.keys.bucket import Bucket


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Counting:
    """A bucket as textbooks have it: a count of tokens that grows with time, up to the burst."""

    def __init__(self, rate: float, burst: int, clock: Clock) -> None:
        self.rate, self.burst, self.tokens, self.at, self.clock = rate, burst, float(burst), clock.now, clock

    def fill(self) -> None:
        """Add what has come since the last look."""
        now = self.clock()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now

    def take(self) -> float:
        """A token, or the seconds until there is one."""
        self.fill()
        if self.tokens < 1 - 1e-6:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


@pytest.mark.parametrize(("rate", "burst"), [(2.0, 1), (2.0, 5), (0.1, 3), (30.0, 30)])
def test_tokens_are_those_of_a_count(rate: float, burst: int) -> None:
    """Taken, refused with the same wait, and left over, at two thousand moments that are sometimes close and sometimes not."""
    clock, moments = Clock(), random.Random(3)
    bucket, counting = Bucket(rate, burst, clock), Counting(rate, burst, clock)
    refused = 0
    for _ in range(2_000):
        clock.now += moments.choice((0, 0, 0.2, 0.5, 3)) / rate
        found = bucket.take()
        assert found == pytest.approx(counting.take(), abs=1e-6 / rate)
        refused += found > 0
        left = math.floor(counting.tokens + 1e-6)
        assert dict(bucket.headers())[b"ratelimit"].startswith(b'"key";r=%d;t=' % left)
    assert 100 < refused < 1_900


def test_headers_are_those_of_the_draft() -> None:
    """By hand: of five tokens at two a second three are taken, and come back in a second and a half."""
    bucket = Bucket(2.0, 5, Clock())
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    assert bucket.headers() == [(b"ratelimit-policy", b'"key";q=5;w=3'), (b"ratelimit", b'"key";r=2;t=2')]
