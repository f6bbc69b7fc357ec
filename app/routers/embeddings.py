"""Embeddings of nodes."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.deps import ModelDep, StateDep
from app.requests import JSONBody, StrictRoute, require_at_most
from app.responses import JSON
from app.routers.unknown import align, resolve
from app.schemas.answers import Embedding, Embeddings
from app.schemas.requests import EmbeddingsRequest
from app.services.scorer import Scorer

router = APIRouter(route_class=StrictRoute, tags=["embeddings"])

_INLINE_NODES, _INLINE_NUMBERS = 64, 16_384  # more than these leave the event loop: about a millisecond of work

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


@router.post(
    "/v1/models/{model}/embeddings",
    operation_id="embed_nodes",
    response_model=Embeddings,
    summary="Many nodes' vectors",
    openapi_extra=read_embeddings_request.openapi(),
)
async def embed_nodes(
    model: ModelDep, state: StateDep, body: Annotated[EmbeddingsRequest, Depends(read_embeddings_request)]
) -> JSON:
    """Vectors aligned with the nodes of the request."""
    require_at_most("nodes", len(body.nodes), state.settings.max_nodes)
    if len(body.nodes) <= _INLINE_NODES and len(body.nodes) * model.dim <= _INLINE_NUMBERS:
        return _embed_nodes(model, body)
    return await state.in_thread(partial(_embed_nodes, model, body))


def _embed_nodes(model: Scorer, body: EmbeddingsRequest) -> JSON:
    rows = resolve(model, body.nodes, body.on_unknown)
    found = rows >= 0
    answer: Embeddings = {
        "model": model.name,
        "version": model.version,
        "dim": model.dim,
        "nodes": [node if known else None for node, known in zip(body.nodes, found.tolist(), strict=True)],
        "embeddings": align(model.embeddings(rows[found]), found),
    }
    return JSON(answer)
