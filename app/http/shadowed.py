"""Answers after which a candidate is asked the same."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from fastapi import Response
from starlette.background import BackgroundTask

from latentlink.app.deps import State
from latentlink.app.services.scorer import Scorer

Answer = TypeVar("Answer", bound=Response)


def shadowed(answer: Answer, state: State, model: Scorer, compare: Callable[..., bool], *asked: Any) -> Answer:
    """The answer; for a share of the requests the model's candidate is asked the same, once it is out.

    Args:
        answer: made, not sent.
        state: of the service.
        model: that answered.
        compare: one of `latentlink.app.services.shadows.questions`.
        asked: what it takes between the model and the candidate.
    """
    if (candidate := state.shadows.drawn(model)) is not None:
        answer.background = BackgroundTask(_ask, state, model, candidate, partial(compare, model, *asked))
    return answer


async def _ask(state: State, model: Scorer, candidate: str, question: Callable[[Scorer], bool]) -> None:
    state.shadows.ask(model.name, partial(state.find, candidate), question, busy=state.computing.busy)
