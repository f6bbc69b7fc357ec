"""The probability of one edge."""

from typing import Annotated, Any, cast

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from latentlink.app.deps import ModelDep, StateDep, get_state, model_of
from latentlink.app.http.computed import AT_ONCE, answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.requests import directly, plain_query
from latentlink.app.http.responses import JSON, as_json
from latentlink.app.http.shadowed import shadowed
from latentlink.app.routers.unknown import PAIR_TYPES, resolve_pairs
from latentlink.app.schemas.answers import Score
from latentlink.app.schemas.requests import Level, Prior, QueriedInclude, RelationName, SourceType, TargetType
from latentlink.app.services.annotations import Annotations, annotate, annotation_work, used_prior
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.shadows.questions import compare_scores
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Int64

router = APIRouter(route_class=ModelRoute, tags=["scores"])


async def _score_directly(request: Request) -> JSON | None:
    ids = plain_query(request, "source", "target")
    if ids is None:
        return None
    source, target = ids
    model, state = (await model_of(request)).of_relation(None), await get_state(request)
    rows = model.rows(ids, parameters=PAIR_TYPES)
    if model.types is not None:
        model.types.require_pair(rows, "target")
    if model.shared_work(rows) > AT_ONCE:
        return None
    return shadowed(JSON(_score(model, source, target, rows)), state, model, compare_scores, rows)


@router.get(
    "/v1/models/{model}/score", operation_id="score", response_model=Score, summary="The probability of one edge"
)
@directly(_score_directly)
async def score(
    request: Request,
    model: ModelDep,
    state: StateDep,
    source: Annotated[str, Query(description="Node id.", examples=["a"])],
    target: Annotated[str, Query(description="Node id.", examples=["b"])],
    source_type: Annotated[SourceType, Query()] = None,
    target_type: Annotated[TargetType, Query()] = None,
    relation: Annotated[RelationName, Query()] = None,
    include: Annotated[QueriedInclude, Query()] = [],  # noqa: B006 - the framework copies it
    prior: Annotated[Prior, Query()] = None,
    interval: Annotated[Level, Query()] = None,
) -> Response:
    """σ of the pair's logit; the same in either direction, but for directed models, whose links lead from source to target."""
    model, annotations = model.of_relation(relation), Annotations.of(include, prior, interval)
    rows = rows_of_pair(model, source, target, source_type, target_type)

    def steps() -> Steps[None]:
        answer = _score(model, source, target, rows)
        columns = yield from annotate(model, model.score(rows[:1], rows[1:]), rows[:1], rows[1:], annotations)
        answer.update(cast(Any, {name: value for name, [value] in columns.items()}))
        if annotations.calibrated:
            answer["prior"] = used_prior(model, annotations.prior)
        yield as_json(answer)

    work = {"source": model.shared_work(rows), "include": annotation_work(model, annotations, 1)}
    return shadowed(await answer_in_steps(request, state, steps(), work), state, model, compare_scores, rows)


def rows_of_pair(
    model: Scorer, source: str, target: str, source_type: str | None = None, target_type: str | None = None
) -> Int64:
    """int64 (2,): the rows of a pair, of which types may be named.

    Raises:
        UnknownNodesError, AmbiguousNodesError: as `Scorer.rows`.
        InvalidRequestError: the types of the pair may not be linked.
    """
    kinds = model.kind(source_type, "source_type"), model.kind(target_type, "target_type")
    [rows] = resolve_pairs(model, [source, target], "error", kinds)
    if model.types is not None:
        model.types.require_pair(rows, "target")
    return np.asarray(rows)


def _score(model: Scorer, source: str, target: str, rows: Int64) -> Score:
    result = model.score_pair(*rows.tolist())
    model.observer.scored(model.name, result.probability)
    answer: Score = {
        "model": model.name,
        "version": model.version,
        "source": source,
        "target": target,
        "probability": result.probability,
        "logit": result.logit,
        "known": result.known,
    }
    if model.types is not None:
        answer["source_type"], answer["target_type"] = model.types.names_of(rows)
    if model.relation is not None:
        answer["relation"] = model.relation
    return answer
