"""What a handler may ask for, as named types: a signature reads as its requirements."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import anyio
from fastapi import Depends, Path, Request

from app.services.scorer import Scorer
from app.services.store import ModelStore
from app.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class State:
    """All that one service process holds; made by `create_app`, kept at `app.state.service`.

    Attributes:
        settings: what the operator decided.
        store: the loaded models.
        heavy: as many places as this process has CPU threads; work off the event loop takes one.
    """

    settings: Settings
    store: ModelStore
    heavy: anyio.CapacityLimiter

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run long `work` off the event loop; when the request is given up at shutdown, nobody waits for it."""
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self.heavy)


async def get_state(request: Request) -> State:
    """The state of the app that this request came to."""
    state: State = request.app.state.service
    return state


StateDep = Annotated[State, Depends(get_state)]


async def get_model(
    request: Request,
    state: StateDep,
    model: Annotated[str, Path(description="A model's name, `name@version`, or `default`.", examples=["default"])],
) -> Scorer:
    """The model that the path names; from here on the answer carries it as `X-Model`."""
    scorer = state.store.get(model)
    request.state.model = f"{scorer.name}@{scorer.version}"
    return scorer


ModelDep = Annotated[Scorer, Depends(get_model)]


async def model_of(request: Request) -> Scorer:
    """`ModelDep` without the framework: the model that the request's path names."""
    return await get_model(request, await get_state(request), request.path_params["model"])
