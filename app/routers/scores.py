"""Edge probabilities of pairs."""

from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query

from app.conditional import ModelRoute
from app.deps import ModelDep, StateDep
from app.requests import JSONBody, require_at_most
from app.responses import JSON
from app.routers.unknown import align, resolve
from app.schemas.answers import Score, Scores
from app.schemas.requests import ScoresRequest
from app.services.scorer import Scorer

router = APIRouter(route_class=ModelRoute, tags=["scores"])

_INLINE_PAIRS = 64  # more than these leave the event loop: about a millisecond of work

read_scores_request = JSONBody(ScoresRequest)


@router.get(
    "/v1/models/{model}/score", operation_id="score", response_model=Score, summary="The probability of one edge"
)
async def score(
    model: ModelDep,
    source: Annotated[str, Query(description="Node id.", examples=["a"])],
    target: Annotated[str, Query(description="Node id.", examples=["b"])],
) -> JSON:
    """σ(zᵢᵀzⱼ) of the pair; the same in either direction."""
    rows = model.rows([source, target])
    result = model.score(rows[:1], rows[1:])
    answer: Score = {
        "model": model.name,
        "version": model.version,
        "source": source,
        "target": target,
        "probability": float(result.probabilities[0]),
        "logit": float(result.logits[0]),
        "known": bool(result.known[0]),
    }
    return JSON(answer)


@router.post(
    "/v1/models/{model}/scores",
    operation_id="score_pairs",
    response_model=Scores,
    summary="The probabilities of many edges",
    openapi_extra=read_scores_request.openapi(),
)
async def score_pairs(
    model: ModelDep, state: StateDep, body: Annotated[ScoresRequest, Depends(read_scores_request)]
) -> JSON:
    """Columns aligned with the pairs of the request."""
    require_at_most("pairs", len(body.pairs), state.settings.max_pairs)
    if len(body.pairs) <= _INLINE_PAIRS:
        return _score_pairs(model, body)
    return await state.in_thread(partial(_score_pairs, model, body))


def _score_pairs(model: Scorer, body: ScoresRequest) -> JSON:
    rows = resolve(model, [node for pair in body.pairs for node in pair], body.on_unknown).reshape(-1, 2)
    found = np.all(rows >= 0, axis=1)
    result = model.score(*rows[found].T)
    answer: Scores = {
        "model": model.name,
        "version": model.version,
        "probability": align(result.probabilities.tolist(), found),
        "logit": align(result.logits.tolist(), found),
        "known": align(result.known.tolist(), found),
    }
    return JSON(answer)
