"""Candidates that are asked in the background."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from latentlink.app.errors import UnknownModelError
from latentlink.app.services.lookup import Observer, Outcome
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.shadows.asking import Shadows, read_candidates
from latentlink.models.errors import DataError

VERSION = "20990101T000000000000Z"


class Noted(Observer):
    """Keeps the outcomes."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def shadowed(self, model: str, outcome: Outcome) -> None:  # noqa: ARG002 - as the observer has it
        """Keep it."""
        self.outcomes.append(outcome)


def _found(scorer: Scorer) -> Callable[[], Any]:
    async def find() -> Scorer:
        return scorer

    return find


def test_a_share_of_the_requests_is_drawn(scorer: Scorer) -> None:
    """Numbers below the share draw the candidate, others none; other models, and the candidate itself, have none."""
    numbers = iter([0.0, 0.24, 0.25, 0.99])
    shadows = Shadows(read_candidates([f"small@{VERSION}:0.25"]), Noted(), lambda: next(numbers))
    assert [shadows.drawn(scorer) for _ in range(4)] == [f"small@{VERSION}"] * 2 + [None] * 2
    assert Shadows(read_candidates([f"other@{VERSION}:1"]), Noted(), lambda: 0.0).drawn(scorer) is None
    assert Shadows(read_candidates([f"small@{scorer.version}:1"]), Noted(), lambda: 0.0).drawn(scorer) is None
    assert Shadows(read_candidates([]), Noted()).drawn(scorer) is None


def test_two_candidates_of_a_model_are_refused() -> None:
    """One of them would never be asked."""
    with pytest.raises(DataError, match="expected one candidate of each model"):
        read_candidates([f"small@{VERSION}:1", f"small@{VERSION}:0.5"])


def test_one_is_asked_at_a_time_and_none_while_the_service_is_busy(scorer: Scorer) -> None:
    """While a question is in work others are left out, counted apart; afterwards the next one is asked."""
    noted, go_on = Noted(), threading.Event()
    shadows = Shadows(read_candidates([f"small@{VERSION}:1"]), noted)

    async def ask() -> None:
        shadows.ask("small", _found(scorer), lambda _: go_on.wait(10), busy=False)
        await asyncio.sleep(0)
        shadows.ask("small", _found(scorer), lambda _: True, busy=False)
        go_on.set()
        while len(noted.outcomes) < 2:
            await asyncio.sleep(0.001)
        shadows.ask("small", _found(scorer), lambda _: True, busy=True)
        shadows.ask("small", _found(scorer), lambda _: False, busy=False)
        while len(noted.outcomes) < 4:
            await asyncio.sleep(0.001)

    asyncio.run(ask())
    assert noted.outcomes == ["another", "asked", "busy", "unknown"]


def test_a_candidate_that_can_not_be_opened_is_left_alone_for_a_while(
    scorer: Scorer, caplog: pytest.LogCaptureFixture
) -> None:
    """One failure in the log and in the metrics; the requests that follow at once are left out."""
    noted = Noted()
    shadows = Shadows(read_candidates([f"small@{VERSION}:1"]), noted)

    async def missing() -> Scorer:
        raise UnknownModelError("there is no such version")

    async def ask() -> None:
        shadows.ask("small", missing, lambda _: True, busy=False)
        while not noted.outcomes:
            await asyncio.sleep(0.001)
        shadows.ask("small", _found(scorer), lambda _: True, busy=False)

    asyncio.run(ask())
    assert noted.outcomes == ["failed", "paused"]
    assert [record.getMessage() for record in caplog.records] == [
        "can't ask the candidate of small: there is no such version"
    ]
