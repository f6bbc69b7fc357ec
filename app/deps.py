"""Dependencies of handlers as named types, so that a signature lists what a handler needs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.types import Scope

from latentlink.app.computing import Computing
from latentlink.app.errors import NotReadyError
from latentlink.app.keys.key import ANYBODY, Key
from latentlink.app.keys.ring import KeyRing
from latentlink.app.metrics import Metrics
from latentlink.app.services.jobs.table import JobTable
from latentlink.app.services.room import Room
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.shadows.asking import Shadows
from latentlink.app.services.stores.opening import Opening
from latentlink.app.services.stores.store import ModelStore
from latentlink.app.services.stores.versions import NotOpenError
from latentlink.app.settings import Settings
from latentlink.models.checkpoint.remote.mirror import Mirror


@dataclass(frozen=True)
class State:
    """All that one service process holds; made by `create_app`, kept at `app.state.service`.

    Attributes:
        settings: the operator's.
        store: the models.
        metrics: the service's counters.
        bodies: the room for large bodies.
        rows: the room for what is kept of large bodies of Arrow.
        parsing: one thread that reads them.
        opening: the versions that are being opened, so that no heavy work waits for the disk.
        computing: the threads that answers are computed in.
        shadows: the candidates that are asked beside the served versions.
        keys: those that open the service.
        jobs: the table of jobs; None where they have no directory.
        mirror: what copies checkpoints from a URL; None where they are in a directory.
    """

    settings: Settings
    store: ModelStore
    metrics: Metrics
    bodies: Room
    rows: Room
    parsing: ThreadPoolExecutor
    opening: Opening
    computing: Computing
    shadows: Shadows
    keys: KeyRing
    jobs: JobTable | None = None
    mirror: Mirror | None = None

    async def find(self, spec: str) -> Scorer:
        """The model that `name`, `name@version` or `default` means, opened if need be.

        Raises:
            AmbiguousModelError, NotReadyError, UnknownModelError: as `ModelStore.get` and `ModelStore.open`.
        """
        while True:  # a version that can't be opened is not found a second time
            try:
                return self.store.get(spec)
            except NotOpenError as closed:
                reading = partial(self.store.open, closed.name, closed.version)
                opened = await self.opening.of((closed.name, closed.version), reading)
            if opened is not None:
                return opened


async def get_state(request: Request) -> State:
    """The state of the app that this request came to."""
    state: State = request.app.state.service
    return state


StateDep = Annotated[State, Depends(get_state)]


def key_of(scope: Scope) -> Key:
    """The key of a request; without configured keys, what everybody may do."""
    key: Key = scope["state"].get("key", ANYBODY)
    return key


async def get_model(
    request: Request,
    state: StateDep,
    model: Annotated[str, Path(description="A model's name, `name@version`, or `default`.", examples=["default"])],
) -> Scorer:
    """The model that the path names; from here on the answer carries it as `X-Model`."""
    key = key_of(request.scope)
    if key.of_some:
        key.require_model(state.store.name(model))
    try:
        scorer = await state.find(model)
    except NotReadyError as error:
        request.state.unavailable = error.model
        raise
    request.state.model = f"{scorer.name}@{scorer.version}"
    return scorer


ModelDep = Annotated[Scorer, Depends(get_model)]


async def model_of(request: Request) -> Scorer:
    """`ModelDep` without the framework: the model that the request's path names."""
    return await get_model(request, await get_state(request), request.path_params["model"])
