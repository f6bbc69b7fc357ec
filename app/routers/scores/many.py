"""The probabilities of many edges."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, cast

import numpy as np
from fastapi import APIRouter, Depends, Request, Response

from latentlink.app.deps import ModelDep, State, StateDep, get_state, model_of
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.arrow.options import is_arrow
from latentlink.app.http.computed import AT_ONCE, answer_in_steps, result_of
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.negotiation import ARROW_TYPE, JSON_TYPE
from latentlink.app.http.pair_bodies import Pairs, PairsBody
from latentlink.app.http.requests import directly, require_at_most
from latentlink.app.http.responses import JSON, as_json
from latentlink.app.http.shadowed import shadowed
from latentlink.app.routers.arrow.reading import require_columns
from latentlink.app.routers.arrow.scores import DESCRIBED, score_streamed
from latentlink.app.routers.unknown import align, column, resolve_pairs
from latentlink.app.schemas.answers import Scores
from latentlink.app.services.annotations import Annotations, annotate, annotation_work, require_few, used_prior
from latentlink.app.services.arrow_writing import BLOCK
from latentlink.app.services.batch_streams import write_scores
from latentlink.app.services.lookup import LOOKED_UP
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.shadows.questions import compare_scores
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Int64

router = APIRouter(route_class=ModelRoute, tags=["scores"])

read_pairs = PairsBody(DESCRIBED.body())


async def _score_pairs_directly(request: Request) -> Response | None:
    if is_arrow(request):
        return await score_streamed(request, await model_of(request), await get_state(request))
    if request.scope["query_string"]:
        return None
    model, state = await model_of(request), await get_state(request)
    return await _respond(request, model, state, await read_pairs(request, state))


@router.post(
    "/v1/models/{model}/scores",
    operation_id="score_pairs",
    response_model=Scores,
    responses=DESCRIBED.answer(),
    summary="The probabilities of many edges",
    openapi_extra=read_pairs.openapi(),
)
@directly(_score_pairs_directly)
async def score_pairs(
    request: Request, model: ModelDep, state: StateDep, pairs: Annotated[Pairs, Depends(read_pairs)]
) -> Response:
    """Columns aligned with the pairs of the request."""
    return await _respond(request, model, state, pairs)


async def _respond(request: Request, model: Scorer, state: State, pairs: Pairs) -> Response:
    require_at_most("pairs", len(pairs), state.settings.max_pairs)
    require_few(pairs.annotations, "pairs", len(pairs))
    rows, parts, shared = await result_of(state, partial(_looked_up, model, pairs), 2 * LOOKED_UP * len(pairs))
    media = request.state.media
    part, places = parts[0]
    if media == JSON_TYPE and shared <= AT_ONCE and (pair := _only_pair(pairs, rows)) is not None:
        return shadowed(JSON(_score_one(part, *pair)), state, part, compare_scores, rows)
    work = {
        "pairs": model.scoring_work(len(pairs)) + shared,
        "include": annotation_work(model, pairs.annotations, len(pairs)),
    }
    write = _as_arrow if media == ARROW_TYPE else _score_pairs
    answer = await answer_in_steps(request, state, write(model, parts, pairs, rows), work, media)
    return shadowed(answer, state, part, compare_scores, rows[places])


def _looked_up(model: Scorer, pairs: Pairs) -> tuple[Int64, list[tuple[Scorer, Int64]], int]:
    """The rows of pairs, int64 (m, 2), −1 for unknown nodes, their relations, and what shared links add to the work."""
    source_type, target_type = pairs.types
    kinds = model.kind(source_type, "source_type"), model.kind(target_type, "target_type")
    parts = _by_relation(model, pairs)
    rows = resolve_pairs(model, pairs.nodes, pairs.on_unknown, kinds)
    if model.types is not None:
        model.types.require_linked(rows, "pairs.{}")
    return rows, parts, model.shared_work(rows)


def _only_pair(pairs: Pairs, rows: Int64) -> list[int] | None:
    """The rows of a pair of known nodes whose score is all that is asked for, as of most requests; None where more is."""
    if len(rows) != 1 or pairs.relations is not None or pairs.annotations:
        return None
    pair: list[int] = rows[0].tolist()
    return None if -1 in pair else pair


def _score_one(model: Scorer, source: int, target: int) -> Scores:
    """As `_score_pairs`, to the bit, of a plain request, without its steps."""
    one = model.score_pair(source, target)
    model.observer.scored(model.name, one.probability)
    answer: Scores = {
        "model": model.name,
        "version": model.version,
        "probability": [one.probability],
        "logit": [one.logit],
        "known": [one.known],
    }
    if model.relation is not None:
        answer["relation"] = model.relation
    return answer


def _score_pairs(model: Scorer, parts: list[tuple[Scorer, Int64]], pairs: Pairs, rows: Int64) -> Steps[None]:
    if pairs.relations is None:
        [(model, _)] = parts
        columns = yield from _columns(model, rows, pairs.annotations)
    else:
        made = []
        for part, places in parts:
            columns = yield from _columns(part, rows[places], pairs.annotations)
            if pairs.annotations.calibrated:
                columns["priors"] = [used_prior(part, pairs.annotations.prior)] * len(places)
            made.append((places, columns))
        columns = _together(made)
    answer = cast(Scores, {"model": model.name, "version": model.version, **columns})
    if model.relation is not None:
        answer["relation"] = model.relation
    if pairs.annotations.calibrated and not model.spans_relations:
        answer["prior"] = used_prior(model, pairs.annotations.prior)
    yield as_json(answer)


def _as_arrow(model: Scorer, parts: list[tuple[Scorer, Int64]], pairs: Pairs, rows: Int64) -> Iterator[bytes]:
    require_columns(pairs.annotations)
    one = parts[0][0] if pairs.relations is None else None
    table = np.concatenate([rows, np.zeros((len(rows), 1), np.int64)], axis=1)
    for part, places in parts if one is None else ():
        table[places, 2] = model.relations.place(part.relation) or 0
    blocks = (table[start : start + BLOCK] for start in range(0, max(1, len(table)), BLOCK))
    return write_scores(model, one, blocks, pairs.annotations)


def _by_relation(model: Scorer, pairs: Pairs) -> list[tuple[Scorer, Int64]]:
    """The model of each relation that pairs are asked about, with the places of these pairs, rising; one of all where none is.

    Raises:
        InvalidRequestError, UnsupportedByModelError: as `Scorer.of_relation`, or there is not one relation for each pair.
    """
    relations, everything = pairs.relations, np.arange(len(pairs))
    if relations is None:
        return [(model.of_relation(pairs.relation), everything)]
    if pairs.relation is not None:
        raise InvalidRequestError.of("relations", "no relation beside it", "both; drop one of them")
    if len(relations) != len(pairs):
        expected = f"a relation for each of {len(pairs):,} pairs"
        raise InvalidRequestError.of("relations", expected, f"{len(relations):,}")
    places: dict[str, list[int]] = {}
    for place, name in enumerate(relations):
        places.setdefault(name, []).append(place)
    found = [(model.of_relation(name, f"relations.{at[0]}"), np.array(at)) for name, at in places.items()]
    return found or [(model, everything)]


def _columns(model: Scorer, rows: Int64, annotations: Annotations) -> Steps[dict[str, list[Any]]]:
    """The scores of pairs of rows, (m, 2), and their annotations: by field, null where a row is −1."""
    found = (rows[:, 0] >= 0) & (rows[:, 1] >= 0)
    sources, targets = (rows if found.all() else rows[found]).T
    result = model.score(sources, targets)
    model.observer.scored_many(model.name, result.probabilities)
    columns = {
        "probability": column(result.probabilities, found),
        "logit": column(result.logits, found),
        "known": column(result.known, found),
    }
    more = yield from annotate(model, result, sources, targets, annotations)
    return columns | {name: align(values, found) for name, values in more.items()}


def _together(parts: list[tuple[Int64, dict[str, list[Any]]]]) -> dict[str, list[Any]]:
    """The columns of parts of the pairs as columns of all, by the places of each part."""
    order = np.argsort(np.concatenate([places for places, _ in parts])).tolist()
    columns: dict[str, list[Any]] = {}
    for name in parts[0][1]:
        values = [value for _, part in parts for value in np.asarray(part[name], object).tolist()]
        columns[name] = [values[at] for at in order]
    return columns
