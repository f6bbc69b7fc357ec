"""Embeddings of nodes."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.http.computed import answer_in_steps, answer_with_all
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.negotiation import ARROW_TYPE, JSON_TYPE, NDJSON_TYPE, MediaDep
from latentlink.app.http.requests import JSONBody, require_at_most
from latentlink.app.http.responses import JSON
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas.answers import Embedding, Embeddings
from latentlink.app.schemas.requests import EmbeddingsRequest
from latentlink.app.services.scorer import LOOKED_UP
from latentlink.app.services.streams import AS_ARROW, AS_TEXT, write_arrow, write_json, write_ndjson

router = APIRouter(route_class=ModelRoute, tags=["embeddings"])

_WRITERS = {JSON_TYPE: (write_json, AS_TEXT), ARROW_TYPE: (write_arrow, AS_ARROW), NDJSON_TYPE: (write_ndjson, AS_TEXT)}
_BULK: dict[int | str, dict[str, Any]] = {  # JSON schemas
    200: {
        "content": {
            ARROW_TYPE: {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "Arrow IPC stream of `node` (utf8) and `embedding` (fixed-size list of float32).",
                }
            },
            NDJSON_TYPE: {
                "schema": {"type": "string", "description": "A line for each node."},
                "example": '{"node":"a","embedding":[0.25,-1.5]}\n{"node":"b","embedding":[1.75,0.5]}\n',
            },
        }
    }
}

read_embeddings_request = JSONBody(EmbeddingsRequest)


@router.get(
    "/v1/models/{model}/embedding", operation_id="embedding", response_model=Embedding, summary="One node's vector"
)
async def embedding(model: ModelDep, node: Annotated[str, Query(description="Node id.", examples=["a"])]) -> JSON:
    """z = μ, the vector whose inner products are the logits."""
    answer: Embedding = {
        "model": model.name,
        "version": model.version,
        "node": node,
        "dim": model.dim,
        "embedding": model.embeddings(model.rows([node]))[0],
    }
    return JSON(answer)


@router.get(
    "/v1/models/{model}/embeddings",
    operation_id="all_embeddings",
    response_model=Embeddings,
    responses=_BULK,
    summary="All nodes' vectors",
)
async def all_embeddings(request: Request, model: ModelDep, state: StateDep, media: MediaDep) -> Response:
    """All vectors in order of row, streamed, in constant memory on both sides."""
    everything, (write, cost) = range(len(model.nodes)), _WRITERS[media]
    return await answer_with_all(request, state, write(model, everything), len(everything) * model.dim * cost, media)


@router.post(
    "/v1/models/{model}/embeddings",
    operation_id="embed_nodes",
    response_model=Embeddings,
    responses=_BULK,
    summary="Many nodes' vectors",
    openapi_extra=read_embeddings_request.openapi(),
)
async def embed_nodes(
    request: Request,
    model: ModelDep,
    state: StateDep,
    media: MediaDep,
    body: Annotated[EmbeddingsRequest, Depends(read_embeddings_request)],
) -> Response:
    """Vectors aligned with the nodes of the request."""
    require_at_most("nodes", len(body.nodes), state.settings.max_nodes)

    write, cost = _WRITERS[media]

    def steps() -> Iterator[bytes]:
        yield from write(model, resolve(model, body.nodes, body.on_unknown))

    return await answer_in_steps(
        request, state, steps(), {"nodes": len(body.nodes) * (model.dim * cost + LOOKED_UP)}, media
    )
