"""Ask candidates in the background: a share of the requests, one at a time, never before the answer is out."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from latentlink.app.errors import ServiceError
from latentlink.app.services.lookup import Observer, Outcome
from latentlink.app.services.scorer import Scorer
from latentlink.models.errors import DataError

logger = logging.getLogger(__name__)

Question = Callable[[Scorer], bool]
"""Asks a candidate, and notes how it differs; whether the candidate knows what it was asked about."""

Find = Callable[[], Awaitable[Scorer]]

_AGAIN_SECONDS = 60.0  # after a candidate that can't be opened, which takes long to find out


class Candidate(NamedTuple):
    """What is asked beside the served version of a model, and for which share of the requests, in (0, 1]."""

    version: str
    share: float


def read_candidates(given: Sequence[str]) -> dict[str, Candidate]:
    """The candidates by model, of `NAME@VERSION:SHARE` each, as the setting has them.

    Raises:
        DataError: there are two of one model.
    """
    found = dict(map(_parse, given))
    if len(found) < len(given):
        raise DataError(f"LATENTLINK_SHADOW: expected one candidate of each model, found {' '.join(given)}")
    return found


class Shadows:
    """The candidates of one service process; belongs to its event loop.

    Args:
        candidates: by model.
        observer: of what is found.
        draw: a number at random in [0, 1).
    """

    def __init__(
        self, candidates: Mapping[str, Candidate], observer: Observer, draw: Callable[[], float] = random.random
    ) -> None:
        self._candidates = candidates
        self._observer, self._draw = observer, draw
        self._thread = ThreadPoolExecutor(1, "shadow")
        self._asking: asyncio.Task[None] | None = None
        self._resume: dict[str, float] = {}  # by model, of the event loop's clock

    def drawn(self, model: Scorer) -> str | None:
        """The candidate `name@version` to ask what a model was asked; None for most requests, and without a candidate."""
        found = self._candidates.get(model.name)
        if found is None or found.version == model.version or self._draw() >= found.share:
            return None
        return f"{model.name}@{found.version}"

    def ask(self, name: str, find: Find, question: Question, *, busy: bool) -> None:
        """Begin to ask the candidate of a model, unless it has failed just now, another one is asked, or there is more to do.

        Args:
            name: of the model.
            find: opens the candidate.
            question: to ask it.
            busy: whether the service is.
        """
        if asyncio.get_running_loop().time() < self._resume.get(name, 0):
            self._observer.shadowed(name, "paused")
        elif busy:
            self._observer.shadowed(name, "busy")
        elif self._asking is not None:
            self._observer.shadowed(name, "another")
        else:
            self._asking = asyncio.create_task(self._ask(name, find, question))

    async def _ask(self, name: str, find: Find, question: Question) -> None:
        loop = asyncio.get_running_loop()
        outcome: Outcome = "failed"
        try:
            opened = await find()
            known = await loop.run_in_executor(self._thread, question, opened)
            outcome = "asked" if known else "unknown"
        except ServiceError as error:
            self._resume[name] = loop.time() + _AGAIN_SECONDS
            logger.error("can't ask the candidate of %s: %s", name, error)  # noqa: TRY400  # the reason is enough
        except Exception:  # nobody else would hear of it
            self._resume[name] = loop.time() + _AGAIN_SECONDS
            logger.exception("could not ask the candidate of %s", name)
        finally:
            self._asking = None
        self._observer.shadowed(name, outcome)


def _parse(given: str) -> tuple[str, Candidate]:
    """The model and its candidate."""
    name, _, rest = given.partition("@")
    version, _, share = rest.partition(":")
    return name, Candidate(version, float(share))
