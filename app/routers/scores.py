"""Edge probabilities of pairs."""

from typing import Annotated, Any, cast

import numpy as np
from fastapi import APIRouter, Depends, Query, Request, Response

from latentlink.app.deps import ModelDep, State, StateDep, get_state, model_of
from latentlink.app.http.computed import AT_ONCE, answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.pair_bodies import Pairs, PairsBody
from latentlink.app.http.requests import directly, plain_query, require_at_most
from latentlink.app.http.responses import JSON, as_json
from latentlink.app.routers.searching import with_shared_links
from latentlink.app.routers.unknown import PAIR_TYPES, align, column, resolve_pairs
from latentlink.app.schemas.answers import Score, Scores
from latentlink.app.schemas.requests import Level, Prior, QueriedInclude, SourceType, TargetType
from latentlink.app.services.annotations import Annotations, annotate, annotation_work, require_few, used_prior
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Int64

router = APIRouter(route_class=ModelRoute, tags=["scores"])

read_pairs = PairsBody()


async def _score_directly(request: Request) -> JSON | None:
    ids = plain_query(request, "source", "target")
    if ids is None:
        return None
    source, target = ids
    model = await model_of(request)
    rows = model.rows(ids, parameters=PAIR_TYPES)
    if model.types is not None:
        model.types.require_pair(rows, "target")
    return JSON(_score(model, source, target, rows)) if model.shared_work(rows) <= AT_ONCE else None


async def _score_pairs_directly(request: Request) -> Response | None:
    if request.scope["query_string"]:
        return None
    model, state = await model_of(request), await get_state(request)
    return await _respond(request, model, state, await read_pairs(request, state))


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
    include: Annotated[QueriedInclude, Query()] = [],  # noqa: B006 - the framework copies it
    prior: Annotated[Prior, Query()] = None,
    interval: Annotated[Level, Query()] = None,
) -> Response:
    """σ of the pair's logit; the same in either direction, but for directed models, whose links lead from source to target."""
    annotations = Annotations.of(include, prior, interval)
    rows = rows_of_pair(model, source, target, source_type, target_type)

    def steps() -> Steps[None]:
        answer = _score(model, source, target, rows)
        columns = yield from annotate(model, model.score(rows[:1], rows[1:]), rows[:1], rows[1:], annotations)
        answer.update(cast(Any, {name: value for name, [value] in columns.items()}))
        if annotations.calibrated:
            answer["prior"] = used_prior(model, annotations.prior)
        yield as_json(answer)

    work = {"source": model.shared_work(rows), "include": annotation_work(model, annotations, 1)}
    return await answer_in_steps(request, state, steps(), work)


@router.post(
    "/v1/models/{model}/scores",
    operation_id="score_pairs",
    response_model=Scores,
    summary="The probabilities of many edges",
    openapi_extra=read_pairs.openapi(),
)
@directly(_score_pairs_directly)
async def score_pairs(
    request: Request, model: ModelDep, state: StateDep, pairs: Annotated[Pairs, Depends(read_pairs)]
) -> Response:
    """Columns aligned with the pairs of the request."""
    return await _respond(request, model, state, pairs)


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
    return answer


async def _respond(request: Request, model: Scorer, state: State, pairs: Pairs) -> Response:
    require_at_most("pairs", len(pairs), state.settings.max_pairs)
    require_few(pairs.annotations, "pairs", len(pairs))
    work = {
        "pairs": model.scoring_work(len(pairs)) + await with_shared_links(model, state, pairs.nodes, model.shared_work),
        "include": annotation_work(model, pairs.annotations, len(pairs)),
    }
    return await answer_in_steps(request, state, _score_pairs(model, pairs), work)


def _score_pairs(model: Scorer, pairs: Pairs) -> Steps[None]:
    source_type, target_type = pairs.types
    kinds = model.kind(source_type, "source_type"), model.kind(target_type, "target_type")
    rows = resolve_pairs(model, pairs.nodes, pairs.on_unknown, kinds)
    found = (rows[:, 0] >= 0) & (rows[:, 1] >= 0)
    if model.types is not None:
        model.types.require_linked(rows, "pairs.{}")
    if len(rows) == 1 and found[0] and not pairs.annotations:
        one = model.score_pair(*rows[0].tolist())
        yield as_json(_columns(model, [one.probability], [one.logit], [one.known]))
        return
    ends = (rows if found.all() else rows[found]).T
    result = model.score(*ends)
    answer = _columns(
        model, column(result.probabilities, found), column(result.logits, found), column(result.known, found)
    )
    columns = yield from annotate(model, result, ends[0], ends[1], pairs.annotations)
    answer.update(cast(Any, {name: align(values, found) for name, values in columns.items()}))
    if pairs.annotations.calibrated:
        answer["prior"] = used_prior(model, pairs.annotations.prior)
    yield as_json(answer)


def _columns(
    model: Scorer, probability: list[float | None], logit: list[float | None], known: list[bool | None]
) -> Scores:
    return {
        "model": model.name,
        "version": model.version,
        "probability": probability,
        "logit": logit,
        "known": known,
    }
