"""All nodes in a plane, for a picture."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from app.conditional import ModelRoute
from app.deps import ModelDep, StateDep
from app.errors import UnsupportedByModelError
from app.negotiation import JSON_TYPE, MediaDep
from app.schemas.answers import Map
from app.services.maps import write_bytes, write_json

router = APIRouter(route_class=ModelRoute, tags=["embeddings"])

_BYTES_TYPE = "application/octet-stream"
_WRITERS = {JSON_TYPE: write_json, _BYTES_TYPE: write_bytes}
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
async def get_map(model: ModelDep, state: StateDep, media: MediaDep) -> StreamingResponse:
    """A plane made of all embeddings at training, two numbers a node in order of row, streamed; as bytes the numbers alone."""
    points = model.checkpoint.map
    if points is None:
        raise UnsupportedByModelError(
            f"map: expected a checkpoint with a map, found {model.name}@{model.version}, made before there were any; train again"
        )
    return StreamingResponse(state.stream(_WRITERS[media](model, points)), media_type=media)
