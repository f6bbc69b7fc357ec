"""Liveness and readiness."""

from fastapi import APIRouter

from latentlink.app.deps import StateDep
from latentlink.app.errors import NotReadyError
from latentlink.app.http.requests import StrictRoute
from latentlink.app.http.responses import JSON
from latentlink.app.schemas.answers import Health, Ready

router = APIRouter(route_class=StrictRoute, tags=["operations"])


@router.get("/healthz", operation_id="health", response_model=Health, summary="The process lives")
async def health() -> JSON:
    """200 while the process lives, whatever the state of the models."""
    return JSON({"status": "ok"})


@router.get("/readyz", operation_id="ready", response_model=Ready, summary="The service can answer")
async def ready(state: StateDep) -> JSON:
    """200 once at least one model is loaded and none is missing; else 503 with what is.

    `degraded` names the models where an older version stands in for one that can't be loaded.
    """
    models, missing = state.store.models, state.store.missing()
    if missing:
        raise NotReadyError("; ".join(f"{name}: {reason}" for name, reason in missing.items()))
    if not models:
        raise NotReadyError(f"models: expected a checkpoint in {state.settings.checkpoints}, found none; train one")
    answer: Ready = {
        "status": "ready",
        "models": {name: model.version for name, model in models.items()},
        "degraded": state.store.degraded(),
    }
    return JSON(answer)
