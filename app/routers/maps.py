"""All nodes in a plane, for a picture."""

from typing import Any

from fastapi import APIRouter, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.errors import UnsupportedByModelError
from latentlink.app.http.computed import answer_with_all
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.negotiation import JSON_TYPE, MediaDep
from latentlink.app.schemas.answers import Map
from latentlink.app.services.streams import AS_BYTES, AS_TEXT, write_map_bytes, write_map_json

router = APIRouter(route_class=ModelRoute, tags=["embeddings"])

_BYTES_TYPE = "application/octet-stream"
_WRITERS = {JSON_TYPE: (write_map_json, AS_TEXT), _BYTES_TYPE: (write_map_bytes, AS_BYTES)}
_NUMBERS: dict[int | str, dict[str, Any]] = {  # JSON schemas
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
async def get_map(request: Request, model: ModelDep, state: StateDep, media: MediaDep) -> Response:
    """Two coordinates of each node, in order of row, streamed: a projection made at training. As bytes, the numbers alone."""
    points = model.checkpoint.map
    if points is None:
        raise UnsupportedByModelError(
            f"map: expected a checkpoint with a map, found {model.name}@{model.version}, made before there were any; train again"
        )
    write, cost = _WRITERS[media]
    return await answer_with_all(request, state, write(model, points), points.size * cost, media)
