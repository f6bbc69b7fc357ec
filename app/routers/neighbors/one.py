"""Predicted neighbours of one node: the nodes that it is most likely to be linked to."""

import re
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from latentlink.app.deps import ModelDep, State, StateDep, get_state, model_of
from latentlink.app.http.computed import answer_in_steps, require_affordable, result_of
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.filters import FILTER_PARAMETER, queried_filter
from latentlink.app.http.requests import directly, plain_query, require_at_most
from latentlink.app.http.responses import as_json
from latentlink.app.routers.searching import annotated, filtered
from latentlink.app.schemas import answers
from latentlink.app.schemas.filters import Filter
from latentlink.app.schemas.requests import (
    AnswerType,
    K,
    Level,
    MinProbability,
    Prior,
    QueriedInclude,
    RelationName,
    Towards,
    TypeName,
)
from latentlink.app.services.annotations import (
    Annotations,
    annotation_work,
    require_few,
    used_prior,
)
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.costs import ANSWERED
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Neighbors
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.app.services.steps import Steps

router = APIRouter(route_class=ModelRoute, tags=["neighbors"])

_PLAIN_K = re.compile("[1-9][0-9]{0,8}")


async def _neighbors_directly(request: Request) -> Response | None:
    if found := plain_query(request, "node", "k"):
        node, k = found
    elif found := plain_query(request, "node"):
        [node], k = found, "10"
    if not found or not _PLAIN_K.fullmatch(k):
        return None
    model = (await model_of(request)).of_relation(None)
    return await _respond(request, model, await get_state(request), node, SearchQuery(k=int(k)))


@router.get(
    "/v1/models/{model}/neighbors",
    operation_id="neighbors",
    response_model=answers.PredictedNeighbors,
    summary="One node's predicted neighbours",
    openapi_extra={"parameters": [FILTER_PARAMETER]},
)
@directly(_neighbors_directly)
async def neighbors(
    request: Request,
    model: ModelDep,
    state: StateDep,
    node: Annotated[str, Query(description="Node id.", examples=["a"])],
    k: Annotated[K, Query()] = 10,
    type: Annotated[TypeName, Query()] = None,  # noqa: A002 - the name of the parameter
    relation: Annotated[RelationName, Query()] = None,
    direction: Annotated[Towards, Query()] = None,
    target_type: Annotated[AnswerType, Query()] = None,
    known: Annotated[bool, Query(description="Whether known links may be among the answers.")] = False,
    min_probability: Annotated[MinProbability, Query()] = 0.0,
    exact: Annotated[bool, Query(description="Score every node, without the index.")] = False,
    include: Annotated[QueriedInclude, Query()] = [],  # noqa: B006 - the framework copies it
    prior: Annotated[Prior, Query()] = None,
    interval: Annotated[Level, Query()] = None,
    filter: Annotated[str | None, Query(include_in_schema=False)] = None,  # noqa: A002 - see `FILTER_PARAMETER`
) -> Response:
    """The k nodes with the highest logit, best first, without the node itself and, unless `known` is true, its known links."""
    model = model.of_relation(relation)
    kind, partners = model.kind(type, "type"), model.partners(target_type, direction)
    query = SearchQuery(k=k, known=known, min_probability=min_probability, exact=exact)
    annotations = Annotations.of(include, prior, interval)
    return await _respond(
        request, model, state, node, query, annotations, kind, partners, queried_filter(filter, state.settings)
    )


async def _respond(
    request: Request,
    model: Scorer,
    state: State,
    node: str,
    query: SearchQuery,
    annotations: Annotations = Annotations(),  # noqa: B008 - a constant
    kind: int | None = None,
    partners: Partners | None = None,
    given: Filter | None = None,
) -> Response:
    require_at_most("k", query.k, state.settings.max_k)
    require_few(annotations, "k", query.k)
    partners, rows = partners or model.partners(), model.rows([node], kind)
    [kind] = kinds = partners.kinds_of(rows)
    partners.require_linked(kinds)
    shared = partners.search.searcher.costs.of_shared_links(rows)
    query, work = await filtered(request, model, state, query, given, {"node": shared})
    work = {**work, "node": partners.work(rows, query)}
    require_affordable(state, work)
    query = await result_of(state, partial(partners.narrowed, query, kind), partners.marking)
    found = await partners.search.find(rows.item(), query, state.computing.lane(work["node"]).run)
    model.observer.searched(model.name, exact=found.exact)
    answered = {"k": ANSWERED * len(found.rows), "include": annotation_work(model, annotations, query.k)}
    steps = _one(model, partners, node, rows.item(), query, found, annotations)
    return await answer_in_steps(request, state, steps, answered)


def _one(
    model: Scorer,
    partners: Partners,
    node: str,
    row: int,
    query: SearchQuery,
    found: Neighbors,
    annotations: Annotations,
) -> Steps[None]:
    answer: answers.PredictedNeighbors = {
        "model": model.name,
        "version": model.version,
        "node": node,
        "k": query.k,
        "exact": found.exact,
        "neighbors": (yield from annotated(model, partners, row, found, annotations)),
    }
    if model.types is not None:
        answer["type"] = model.types.name(row)
    if model.relation is not None:
        answer["relation"] = model.relation
    if model.checkpoint.manifest.directed:
        answer["direction"] = partners.search.direction
    if annotations.calibrated:
        answer["prior"] = used_prior(model, annotations.prior)
    yield as_json(answer)
