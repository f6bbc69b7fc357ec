"""A node that was not there at training: its vector, its scores and its neighbours."""

from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends

from app.conditional import ModelRoute
from app.deps import ModelDep, State, StateDep
from app.errors import ConflictError, FieldError, InvalidRequestError
from app.requests import JSONBody, require_at_most
from app.responses import JSON
from app.routers.neighbors import entries, search_query
from app.routers.unknown import align, resolve
from app.schemas import answers
from app.schemas.requests import UnseenRequest
from app.services import strangers
from app.services.scorer import Scorer
from models.csr import Float32, Int64
from models.scoring import Float64, sigmoid, vector_logits

router = APIRouter(route_class=ModelRoute, tags=["unseen"])

read_unseen_request = JSONBody(UnseenRequest)


@router.post(
    "/v1/models/{model}/unseen",
    operation_id="unseen",
    response_model=answers.Unseen,
    summary="A node that was not there at training",
    openapi_extra=read_unseen_request.openapi(),
)
async def unseen(
    model: ModelDep, state: StateDep, body: Annotated[UnseenRequest, Depends(read_unseen_request)]
) -> JSON:
    """Embed a stranger by its features and links, and score it against known nodes; nothing is stored."""
    _require_limits(body, state)
    return await state.in_thread(partial(_respond, model, body))


def _respond(model: Scorer, body: UnseenRequest) -> JSON:
    if body.features is None and not body.neighbors:
        raise InvalidRequestError([FieldError("features", "features or neighbors, to embed a node from", "neither")])
    linked, weights = _links(model, body)
    newcomer = strangers.Newcomer(body.features, linked, weights)
    [one] = strangers.embed(model, [newcomer], np.empty((0, 2), np.int64), np.empty(0))
    z, approximate = one.z, one.approximate
    logits, probabilities = _scores(model, z, body)
    answer: answers.Unseen = {
        "model": model.name,
        "version": model.version,
        "approximate": approximate,
        "dim": model.dim,
        "embedding": z if body.embedding else None,
        "probability": probabilities,
        "logit": logits,
        "neighbors": _neighbors(model, z, linked, body),
    }
    return JSON(answer)


def _links(model: Scorer, body: UnseenRequest) -> tuple[Int64, Float64]:
    """Rows, int64 (m,), rising, and weights, float64 (m,), of the links to known nodes; repeated ones add up, as in training."""
    rows = resolve(model, body.neighbors, body.on_unknown)
    if body.weights is None:
        linked = np.unique(rows[rows >= 0])
        return linked, np.ones(len(linked))
    if len(body.weights) != len(rows):
        raise ConflictError(f"weights: expected {len(rows):,}, one a neighbour, found {len(body.weights):,}")
    linked, at = np.unique(rows[rows >= 0], return_inverse=True)
    return linked, np.bincount(at, np.array(body.weights)[rows >= 0], len(linked)).astype(np.float64)


def _scores(
    model: Scorer, z: Float32, body: UnseenRequest
) -> tuple[list[float | None], list[float | None]] | tuple[None, None]:
    if body.targets is None:
        return None, None
    rows = resolve(model, body.targets, body.on_unknown)
    found = rows >= 0
    logits = vector_logits(model.checkpoint.mu, z, rows[found])
    return align(logits.tolist(), found), align(sigmoid(logits).tolist(), found)


def _neighbors(model: Scorer, z: Float32, linked: Int64, body: UnseenRequest) -> list[answers.Neighbor] | None:
    if body.k is None:
        return None
    return entries(model, model.searcher.search_vector(z, linked, search_query(model, body, body.k)))


def _require_limits(body: UnseenRequest, state: State) -> None:
    settings = state.settings
    for field in ("neighbors", "targets", "candidates", "exclude"):
        require_at_most(field, len(getattr(body, field) or ()), settings.max_nodes)
    require_at_most("k", body.k or 0, settings.max_k)
