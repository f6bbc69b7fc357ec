"""All nodes in a plane, for a picture."""

from typing import Any

import numpy as np
from fastapi import APIRouter, Response

from app.conditional import ModelRoute
from app.deps import ModelDep, StateDep
from app.errors import UnsupportedByModelError
from app.negotiation import MediaDep
from app.responses import JSON
from app.schemas.answers import Map
from app.services.scorer import Scorer
from models.csr import Float32

router = APIRouter(route_class=ModelRoute, tags=["embeddings"])

_BYTES_TYPE = "application/octet-stream"
_NUMBERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            _BYTES_TYPE: {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "float32, little-endian: x and y of each row in turn.",
                }
            }
        }
    }
}


@router.get(
    "/v1/models/{model}/map", operation_id="map", response_model=Map, responses=_NUMBERS, summary="All nodes in a plane"
)
async def get_map(model: ModelDep, state: StateDep, media: MediaDep) -> Response:
    """The two principal components of all embeddings, in order of row; as bytes without the ids."""
    points = model.checkpoint.map
    if points is None:
        raise UnsupportedByModelError(
            f"map: expected a checkpoint with a map, found {model.name}@{model.version}, made before there were any; train again"
        )
    if media == _BYTES_TYPE:
        return Response(points.astype("<f4", copy=False).tobytes(), media_type=media)
    return await state.in_thread(lambda: _with_ids(model, points))


def _with_ids(model: Scorer, points: Float32) -> JSON:
    answer: Map = {
        "model": model.name,
        "version": model.version,
        "nodes": model.nodes.ids(range(len(model.nodes))),
        "x": np.ascontiguousarray(points[:, 0]),
        "y": np.ascontiguousarray(points[:, 1]),
    }
    return JSON(answer)
