"""Why a pair of nodes has the logit that it has."""

from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query

from app.conditional import ModelRoute
from app.deps import ModelDep, StateDep
from app.responses import JSON
from app.schemas import explanations
from app.schemas.requests import Listed
from app.services.explainer import NodePart, Side
from app.services.scorer import Scorer

router = APIRouter(route_class=ModelRoute, tags=["explanation"])


@router.get(
    "/v1/models/{model}/explanation",
    operation_id="explain",
    response_model=explanations.Explanation,
    summary="Why an edge has its probability",
)
async def explain(
    model: ModelDep,
    state: StateDep,
    source: Annotated[str, Query(description="Node id.", examples=["a"])],
    target: Annotated[str, Query(description="Node id.", examples=["b"])],
    limit: Annotated[Listed, Query()] = 10,
) -> JSON:
    """The logit taken apart, once by what reaches the source and once by what reaches the target."""
    return await state.in_thread(partial(_explain, model, source, target, limit))


def _explain(model: Scorer, source: str, target: str, limit: int) -> JSON:
    rows = model.rows([source, target])
    score, explainer = model.score(rows[:1], rows[1:]), model.explainer
    answer: explanations.Explanation = {
        "model": model.name,
        "version": model.version,
        "source": source,
        "target": target,
        "probability": float(score.probabilities[0]),
        "logit": float(score.logits[0]),
        "known": bool(score.known[0]),
        "method": explainer.name,
        "sides": [_side(model, side) for side in explainer.sides(int(rows[0]), int(rows[1]), limit)],
        "common_neighbors": _common(model, int(rows[0]), int(rows[1]), limit),
    }
    return JSON(answer)


def _side(model: Scorer, side: Side) -> explanations.ExplanationSide:
    return {
        "node": model.nodes.id(side.row),
        "self": None if side.own is None else _contribution(model, side.own),
        "others": [_contribution(model, part) for part in side.others],
        "rest": side.rest,
        "exact": side.exact,
        "fidelity": side.fidelity,
    }


def _contribution(model: Scorer, part: NodePart) -> explanations.Contribution:
    return {
        "node": model.nodes.id(part.row),
        "contribution": part.contribution,
        "features": [
            {
                "feature": model.feature_names[feature.column],
                "value": feature.value,
                "contribution": feature.contribution,
            }
            for feature in part.features
        ],
        "rest": part.rest,
        "bias": part.bias,
    }


def _common(model: Scorer, source: int, target: int, limit: int) -> explanations.CommonNeighbors:
    graph = model.checkpoint.graph
    common = np.intersect1d(graph.neighbors(source), graph.neighbors(target), assume_unique=True)
    fewest = common[np.argsort(graph.indptr[common + 1] - graph.indptr[common], kind="stable")]
    return {"count": len(common), "nodes": model.nodes.ids(fewest[:limit].tolist())}
