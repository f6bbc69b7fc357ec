"""Embeddings of nodes."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from latentlink.app.deps import ModelDep, State, StateDep
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.computed import answer_in_steps, answer_with_all, result_of
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.negotiation import ARROW_TYPE, JSON_TYPE, NDJSON_TYPE, MediaDep
from latentlink.app.http.requests import JSONBody, require_at_most
from latentlink.app.http.responses import JSON
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas.answers import NodeEmbedding, NodeEmbeddings
from latentlink.app.schemas.requests import EmbeddingsRequest, RelationName, TypeName, VectorRole, WhichParts
from latentlink.app.services.lookup import LOOKED_UP
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.streams import (
    AS_ARROW,
    AS_TEXT,
    Vectors,
    shared_links,
    write_arrow,
    write_json,
    write_ndjson,
)
from latentlink.models.arrays import Int64

_LISTED = 300  # operations that take as long as to list a known neighbour

router = APIRouter(route_class=ModelRoute, tags=["embeddings"])

_WRITERS = {JSON_TYPE: (write_json, AS_TEXT), ARROW_TYPE: (write_arrow, AS_ARROW), NDJSON_TYPE: (write_ndjson, AS_TEXT)}
_BULK: dict[int | str, dict[str, Any]] = {  # JSON schemas
    200: {
        "content": {
            ARROW_TYPE: {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "Arrow IPC stream of `node` (utf8) and `embedding` (fixed-size list of float32); "
                    "in typed models also `type` (utf8); "
                    "with `parts=all` also `shared_links` (list of structs of `node` and `weight`).",
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
    "/v1/models/{model}/embedding", operation_id="embedding", response_model=NodeEmbedding, summary="One node's vector"
)
async def embedding(
    model: ModelDep,
    state: StateDep,
    node: Annotated[str, Query(description="Node id.", examples=["a"])],
    type: Annotated[TypeName, Query()] = None,  # noqa: A002 - the name of the parameter
    relation: Annotated[RelationName, Query()] = None,
    role: Annotated[VectorRole, Query()] = "target",
    parts: Annotated[WhichParts, Query()] = "dense",
) -> JSON:
    """z = μ, whose inner products with source vectors are the logits, but for the parts that `leaves_out` names."""
    model, which = _of_relation(model, relation, role), _vectors(role, parts)
    rows = model.rows([node], model.kind(type, "type"))
    answer: NodeEmbedding = {
        "model": model.name,
        "version": model.version,
        "node": node,
        "dim": model.dim,
        "embedding": model.embeddings(rows, source=which.source)[0],
    }
    if model.types is not None:
        answer["type"] = model.types.name(rows.item())
    if model.relation is not None:
        answer["relation"] = model.relation
    if left_out := which.leaves_out(model):
        answer["leaves_out"] = left_out
    if which.shared_links:
        _require_few_links(model, state, rows)
        answer["shared_links"] = await state.computing.light.run(lambda: shared_links(model, rows.item()))
    return JSON(answer)


def _of_relation(model: Scorer, relation: str | None, role: str) -> Scorer:
    """The model of a relation, which targets need none of: their vectors are the same for all."""
    return model if relation is None and role == "target" else model.of_relation(relation)


def _vectors(role: str, parts: str) -> Vectors:
    return Vectors(source=role == "source", shared_links=parts == "all")


def _require_few_links(model: Scorer, state: State, rows: Int64) -> int:
    """How many known links of some rows, −1 for none, are listed.

    Raises:
        InvalidRequestError: more than a request may list.
    """
    listed, most = model.links_listed(rows), state.settings.max_results
    if listed > most:
        expected = f"at most {most:,} known links of the nodes together for parts=all (LATENTLINK_MAX_RESULTS)"
        raise InvalidRequestError.of("parts", expected, f"{listed:,}")
    return listed


@router.get(
    "/v1/models/{model}/embeddings",
    operation_id="all_embeddings",
    response_model=NodeEmbeddings,
    responses=_BULK,
    summary="All nodes' vectors",
)
async def all_embeddings(
    request: Request,
    model: ModelDep,
    state: StateDep,
    media: MediaDep,
    relation: Annotated[RelationName, Query()] = None,
    role: Annotated[VectorRole, Query()] = "target",
    parts: Annotated[WhichParts, Query()] = "dense",
) -> Response:
    """All vectors in order of row, streamed, in constant memory on both sides."""
    model = _of_relation(model, relation, role)
    everything, (write, cost), which = range(len(model.nodes)), _WRITERS[media], _vectors(role, parts)
    shared = model.checkpoint.decoder.shared if which.shared_links else None
    links = 0 if shared is None else len(shared.indices)
    work = len(everything) * model.dim * cost + links * _LISTED
    return await answer_with_all(request, state, write(model, everything, which), work, media)


@router.post(
    "/v1/models/{model}/embeddings",
    operation_id="embed_nodes",
    response_model=NodeEmbeddings,
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
    model = _of_relation(model, body.relation, body.role)
    (write, cost), which, kind = _WRITERS[media], _vectors(body.role, body.parts), model.kind(body.type, "type")
    look_up = partial(resolve, model, body.nodes, body.on_unknown, kind)
    rows = await result_of(state, look_up, LOOKED_UP * len(body.nodes))
    work = {"nodes": len(body.nodes) * (model.dim * cost + LOOKED_UP)}
    if which.shared_links:
        work["parts"] = _LISTED * _require_few_links(model, state, rows)
    return await answer_in_steps(request, state, write(model, rows, which), work, media)
