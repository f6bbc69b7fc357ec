"""Predicted neighbours: the nodes that a node is most likely to be linked to."""

import re
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query, Request, Response

from latentlink.app.deps import ModelDep, State, StateDep, get_state, model_of
from latentlink.app.http.computed import answer_in_steps, require_affordable, result_of
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.filters import FILTER_PARAMETER, queried_filter
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import JSONBody, directly, plain_query, require_at_most
from latentlink.app.http.responses import as_json
from latentlink.app.routers.searching import entries, filtered, prior_field, search_query, shadowed_list
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas import answers
from latentlink.app.schemas.filters import Filter
from latentlink.app.schemas.requests import (
    AnswerType,
    K,
    Level,
    MinProbability,
    NeighborsRequest,
    Prior,
    QueriedInclude,
    RelationName,
    Towards,
    TypeName,
)
from latentlink.app.services.annotations import Annotations, add_to, annotate, annotation_work, require_few, used_prior
from latentlink.app.services.lookup import LOOKED_UP
from latentlink.app.services.scorer import PairScores, Scorer
from latentlink.app.services.search.costs import ANSWERED
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Neighbors
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Int64

router = APIRouter(route_class=ModelRoute, tags=["neighbors"])

_PLAIN_K = re.compile("[1-9][0-9]{0,8}")

read_neighbors_request = JSONBody(NeighborsRequest)


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
    asked, query = query, await result_of(state, partial(partners.narrowed, query, kind), partners.marking)
    found = await partners.search.find(rows.item(), query, state.computing.lane(work["node"]).run)
    model.observer.searched(model.name, exact=found.exact)
    answered = {"k": ANSWERED * len(found.rows), "include": annotation_work(model, annotations, query.k)}
    steps = _one(model, partners, node, rows.item(), query, found, annotations)
    return shadowed_list(await answer_in_steps(request, state, steps, answered), state, model, partners, rows, asked)


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
        "neighbors": (yield from _entries(model, partners, row, found, annotations)),
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


def _entries(
    model: Scorer, partners: Partners, row: int, found: Neighbors, annotations: Annotations
) -> Steps[list[answers.Neighbor]]:
    """The entries of one node, with their annotations."""
    listed = entries(model, found)
    if annotations:
        scores = PairScores(found.logits, found.probabilities, found.known)
        ends = np.full(len(found.rows), row), found.rows
        sources, targets = ends if partners.search.direction == "out" else ends[::-1]
        add_to(listed, (yield from annotate(model, scores, sources, targets, annotations)))
    return listed


@router.post(
    "/v1/models/{model}/neighbors",
    operation_id="neighbors_of_nodes",
    response_model=answers.NeighborsBatch,
    summary="Many nodes' predicted neighbours",
    openapi_extra=read_neighbors_request.openapi(),
)
async def neighbors_of_nodes(
    request: Request,
    model: ModelDep,
    state: StateDep,
    body: Annotated[NeighborsRequest, Depends(read_neighbors_request)],
) -> Response:
    """Results aligned with the nodes of the request."""
    model, annotations = model.of_relation(body.relation), annotations_of(body)
    _require_limits(body, annotations, state)
    kind, partners = model.kind(body.type, "type"), model.partners(body.target_type, body.direction)
    candidates, exclude = len(body.candidates or ()), len(body.exclude)
    ids = len(body.nodes) + candidates + exclude
    rows, query = await result_of(state, partial(_looked_up, model, body, kind, partners), LOOKED_UP * ids)
    others = {
        "include": annotation_work(model, annotations, len(body.nodes) * body.k),
        "candidates": LOOKED_UP * candidates,
        "exclude": LOOKED_UP * exclude,
    }
    query, work = await filtered(request, model, state, query, body.filter, others)
    work = {"nodes": partners.work(rows[rows >= 0], query), **work}
    answer = await answer_in_steps(request, state, _all(model, body, partners, annotations, rows, query), work)
    return shadowed_list(answer, state, model, partners, rows, query)


def _looked_up(
    model: Scorer, body: NeighborsRequest, kind: int | None, partners: Partners
) -> tuple[Int64, SearchQuery]:
    """The rows of the nodes, −1 for unknown ones, and the search for each."""
    rows = resolve(model, body.nodes, body.on_unknown, kind)
    kinds = partners.kinds_of(rows[rows >= 0]) if kind is None else [kind]
    partners.require_linked(kinds)
    return rows, search_query(model, body, body.k, partners.only_kind(kinds))


def _all(
    model: Scorer, body: NeighborsRequest, partners: Partners, annotations: Annotations, rows: Int64, query: SearchQuery
) -> Steps[None]:
    """The answer, a part a node."""
    results = partners.results(rows[rows >= 0], query)
    head: dict[str, str | int] = {"model": model.name, "version": model.version, "k": body.k}
    if model.relation is not None:
        head["relation"] = model.relation
    if model.checkpoint.manifest.directed:
        head["direction"] = partners.search.direction
    before = as_json(head)[:-1] + b',"results":['
    for node, row in zip(body.nodes, rows.tolist(), strict=True):
        if row < 0:
            before += b"null,"
        else:
            while (found := next(results)) is None:
                yield b""
            model.observer.searched(model.name, exact=found.exact)
            result: answers.NodeNeighbors = {
                "node": node,
                "exact": found.exact,
                "neighbors": (yield from _entries(model, partners, row, found, annotations)),
            }
            if model.types is not None:
                result["type"] = model.types.name(row)
            yield before + as_json(result)
            before = b","
    yield before.removesuffix(b",") + b"]" + prior_field(model, annotations) + b"}"


def _require_limits(body: NeighborsRequest, annotations: Annotations, state: State) -> None:
    settings = state.settings
    require_at_most("nodes", len(body.nodes), settings.max_nodes)
    require_at_most("candidates", len(body.candidates or ()), settings.max_nodes)
    require_at_most("exclude", len(body.exclude), settings.max_nodes)
    require_at_most("k", body.k, settings.max_k)
    require_at_most("nodes × k", len(body.nodes) * body.k, settings.max_results)
    require_few(annotations, "nodes × k", len(body.nodes) * body.k)
