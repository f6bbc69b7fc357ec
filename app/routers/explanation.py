"""Explanation of a pair's logit."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.responses import as_json
from latentlink.app.routers.scores.one import rows_of_pair
from latentlink.app.schemas import explanations
from latentlink.app.schemas.requests import Listed, RelationName, SourceType, TargetType
from latentlink.app.services.explaining.logit_parts import parts_of
from latentlink.app.services.explaining.sides import NodePart, Side
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.steps import stepwise
from latentlink.models.arrays import Int64, Ints

router = APIRouter(route_class=ModelRoute, tags=["explanation"])


@router.get(
    "/v1/models/{model}/explanation",
    operation_id="explain",
    response_model=explanations.Explanation,
    summary="Why an edge has its probability",
)
async def explain(
    request: Request,
    model: ModelDep,
    state: StateDep,
    source: Annotated[str, Query(description="Node id.", examples=["a"])],
    target: Annotated[str, Query(description="Node id.", examples=["b"])],
    source_type: Annotated[SourceType, Query()] = None,
    target_type: Annotated[TargetType, Query()] = None,
    relation: Annotated[RelationName, Query(include_in_schema=False)] = None,
    limit: Annotated[Listed, Query()] = 10,
) -> Response:
    """The logit as a sum of contributions, once of the nodes around the source and once of those around the target."""
    explainer = await state.computing.light.run(lambda: model.explainer)  # which may be made first, or refused
    model = model.of_relation(relation)
    rows = rows_of_pair(model, source, target, source_type, target_type)
    one, other = (model.checkpoint.graph.neighbors(row) for row in rows.tolist())
    work = {"source": explainer.side_work(one, other, limit), "target": explainer.side_work(other, one, limit)}
    return await answer_in_steps(request, state, _explain(model, source, target, rows, limit), work)


def _explain(model: Scorer, source: str, target: str, rows: Int64, limit: int) -> Iterator[bytes]:
    score, explainer = model.score(rows[:1], rows[1:]), model.explainer
    one, other = (model.checkpoint.graph.neighbors(row) for row in rows.tolist())
    sides = yield from stepwise(explainer.sides(int(rows[0]), int(rows[1]), limit))
    parts = parts_of(model.checkpoint, int(rows[0]), int(rows[1]))
    explanation: explanations.Explanation = {
        "model": model.name,
        "version": model.version,
        "source": source,
        "target": target,
        "probability": float(score.probabilities[0]),
        "logit": float(score.logits[0]),
        "known": bool(score.known[0]),
        "method": explainer.name,
        "sides": [side_of(model, side) for side in sides],
        "common_neighbors": common_of(model, one, other, limit),
    }
    if parts:
        explanation["parts"] = parts
    yield as_json(explanation)


def side_of(model: Scorer, side: Side, new_ids: Sequence[str] = ()) -> explanations.ExplanationSide:
    """A side as it is answered; the rows from N on have the ids of new nodes, `new_ids`."""
    return {
        **_named(model, side.row, new_ids),
        "self": None if side.own is None else _contribution(model, side.own, new_ids),
        "others": [_contribution(model, part, new_ids) for part in side.others],
        "rest": side.rest,
        "exact": side.exact,
        "fidelity": side.fidelity,
    }


def _named(model: Scorer, row: int, new_ids: Sequence[str]) -> explanations.Named:
    n = len(model.checkpoint.mu)
    if row >= n:
        return {"node": new_ids[row - n], "stranger": True}
    types = model.types
    return {"node": model.nodes.id(row)} if types is None else {"node": model.nodes.id(row), "type": types.name(row)}


def _contribution(model: Scorer, part: NodePart, new_ids: Sequence[str]) -> explanations.Contribution:
    return {
        **_named(model, part.row, new_ids),
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


def common_of(model: Scorer, one: Ints, other: Ints, limit: int, more: int = 0) -> explanations.CommonNeighbors:
    """The nodes that are neighbours of both ends, given theirs, those with the fewest links first.

    `more` is 1 where one end is a new node, which the stored degrees do not count.
    """
    graph, common = model.checkpoint.graph, np.intersect1d(one, other, assume_unique=True)
    fewest = common[np.argsort(graph.indptr[common + 1] - graph.indptr[common], kind="stable")]
    answer: explanations.CommonNeighbors = {"count": len(common), "nodes": model.nodes.ids(fewest[:limit].tolist())}
    if model.types is not None:
        answer["types"] = model.types.names_of(fewest[:limit])
    if (shared := model.checkpoint.decoder.shared) is not None:
        terms = shared.weight(shared.degrees(fewest) + more)
        answer["contributions"], answer["rest"] = terms[:limit].tolist(), float(terms[limit:].sum())
    return answer
