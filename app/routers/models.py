"""The loaded models and what their manifests say."""

from fastapi import APIRouter

from app.conditional import ModelRoute
from app.deps import ModelDep, StateDep
from app.responses import JSON
from app.schemas.answers import ModelDetail, ModelList
from models.baselines import stronger_baselines, why_beaten

router = APIRouter(route_class=ModelRoute, tags=["models"])


@router.get("/v1/models", operation_id="list_models", response_model=ModelList, summary="The loaded models")
async def list_models(state: StateDep) -> JSON:
    """Names, versions, kinds and sizes of what is loaded."""
    answer: ModelList = {
        "models": [
            {
                "name": model.name,
                "versions": [model.version],
                "current": model.version,
                "kind": model.checkpoint.manifest.model,
                "counts": model.checkpoint.manifest.counts.model_dump(),
            }
            for model in state.store.models.values()
        ]
    }
    return JSON(answer)


@router.get("/v1/models/{model}", operation_id="get_model", response_model=ModelDetail, summary="One model's facts")
async def get_model(model: ModelDep) -> JSON:
    """Config, metrics, curves, calibration and provenance, as the checkpoint's manifest records them."""
    manifest = model.checkpoint.manifest
    answer: ModelDetail = {
        "beaten_by": stronger_baselines(manifest.metrics),
        "beaten_because": why_beaten(manifest.metrics, manifest.counts.features),
        "model": manifest.name,
        "version": manifest.version,
        "kind": manifest.model,
        "encoder": manifest.encoder,
        "created_at": manifest.created_at.isoformat(),
        "counts": manifest.counts.model_dump(),
        "config": manifest.config,
        "metrics": manifest.metrics,
        "training": manifest.training,
        "calibration": manifest.calibration,
        "seed": manifest.seed,
        "data_fingerprint": manifest.data_fingerprint,
        "software": manifest.software,
    }
    return JSON(answer)
