"""Edge probabilities of pairs."""

from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query

from app.deps import ModelDep, StateDep
from app.pairs import Pairs, PairsBody
from app.requests import StrictRoute, require_at_most
from app.responses import JSON
from app.routers.unknown import column, resolve
from app.schemas.answers import Score, Scores
from app.services.scorer import Scorer

router = APIRouter(route_class=StrictRoute, tags=["scores"])

_INLINE_PAIRS = 64  # more than these leave the event loop: about a millisecond of work

read_scores_request = PairsBody()


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
async def score_pairs(model: ModelDep, state: StateDep, body: Annotated[Pairs, Depends(read_scores_request)]) -> JSON:
    """Columns aligned with the pairs of the request."""
    require_at_most("pairs", len(body), state.settings.max_pairs)
    if len(body) <= _INLINE_PAIRS:
        return _score_pairs(model, body)
    return await state.in_thread(partial(_score_pairs, model, body))


def _score_pairs(model: Scorer, body: Pairs) -> JSON:
    rows = resolve(model, body.nodes, body.on_unknown).reshape(-1, 2)
    found = np.all(rows >= 0, axis=1)
    result = model.score(*rows[found].T)
    answer: Scores = {
        "model": model.name,
        "version": model.version,
        "probability": column(result.probabilities, found),
        "logit": column(result.logits, found),
        "known": column(result.known, found),
    }
    return JSON(answer)
