"""Liveness and readiness."""

from fastapi import APIRouter

from latentlink.app.deps import StateDep
from latentlink.app.errors import NotReadyError
from latentlink.app.http.requests import StrictRoute
from latentlink.app.http.responses import JSON
from latentlink.app.schemas.models import Health, Ready

router = APIRouter(route_class=StrictRoute, tags=["operations"])


@router.get("/healthz", operation_id="health", response_model=Health, summary="The process lives")
async def health() -> JSON:
    """200 while the process lives, whatever the state of the models."""
    return JSON({"status": "ok"})


@router.get("/readyz", operation_id="ready", response_model=Ready, summary="The service can answer")
async def ready(state: StateDep) -> JSON:
    """200 while at least one model is served, the default and the required ones among them; else 503 with what is missing.

    Of more than LATENTLINK_MAX_OPEN_MODELS, manifests and the sizes of files vouch for those that nobody has requested yet.
    `degraded` names the models whose current version can't be loaded: those among `models` answer from an older version, the
    others not at all; and LATENTLINK_KEYS_FILE while that file is broken and the earlier keys hold.
    """
    if missing := state.store.missing():
        raise NotReadyError("; ".join(f"{name}: {reason}" for name, reason in missing.items()))
    answer: Ready = {
        "status": "ready",
        "models": {name: model.version for name, model in state.store.models.items()},
        "degraded": state.store.degraded() | state.keys.degraded(),
    }
    return JSON(answer)
