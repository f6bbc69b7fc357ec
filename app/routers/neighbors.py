"""Predicted neighbours: the nodes that a node is most likely to be linked to."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query, Request, Response

from latentlink.app.deps import ModelDep, State, StateDep, get_state, model_of
from latentlink.app.http.computed import AT_ONCE, answer_in_steps, require_affordable
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.filters import FILTER_PARAMETER, queried_filter
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import JSONBody, directly, plain_query, require_at_most
from latentlink.app.http.responses import as_json
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas import answers
from latentlink.app.schemas.filters import Filter
from latentlink.app.schemas.requests import K, Level, MinProbability, Narrowed, NeighborsRequest, Prior, QueriedInclude
from latentlink.app.services.annotations import (
    Annotations,
    add_to,
    annotate,
    annotation_work,
    require_few,
    used_prior,
)
from latentlink.app.services.filters import allowed_by, filter_work
from latentlink.app.services.scorer import LOOKED_UP, PairScores, Scorer
from latentlink.app.services.search.costs import ANSWERED
from latentlink.app.services.search.selection import Neighbors
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Bool, Int64
from latentlink.models.checkpoint import Texts

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
    return await _respond(request, await model_of(request), await get_state(request), node, SearchQuery(k=int(k)))


@router.get(
    "/v1/models/{model}/neighbors",
    operation_id="neighbors",
    response_model=answers.Neighbors,
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
    known: Annotated[bool, Query(description="Whether known links may be among the answers.")] = False,
    min_probability: Annotated[MinProbability, Query()] = 0.0,
    exact: Annotated[bool, Query(description="Score every node, without the index.")] = False,
    include: Annotated[QueriedInclude, Query()] = [],  # noqa: B006 - the framework copies it
    prior: Annotated[Prior, Query()] = None,
    interval: Annotated[Level, Query()] = None,
    filter: Annotated[str | None, Query(include_in_schema=False)] = None,  # noqa: A002 - see `FILTER_PARAMETER`
) -> Response:
    """The k nodes with the highest logit, best first, without the node itself and, unless `known` is true, its known links."""
    allowed = await allowed_rows(model, state, queried_filter(filter))
    query = SearchQuery(k=k, known=known, min_probability=min_probability, exact=exact, allowed=allowed)
    return await _respond(request, model, state, node, query, Annotations.of(include, prior, interval))


async def _respond(
    request: Request,
    model: Scorer,
    state: State,
    node: str,
    query: SearchQuery,
    annotations: Annotations = Annotations(),  # noqa: B008 - a constant
) -> Response:
    require_at_most("k", query.k, state.settings.max_k)
    require_few(annotations, "k", query.k)
    rows = model.rows([node])
    shared = model.searcher.costs.of_shared_links(rows)
    require_affordable(state, {"node": shared})
    found = model.searcher.glance(rows.item(), query)
    if found is None:
        costs = model.searcher.costs
        work = costs.of_rows(1, query.k, 0, 0, exact=query.exact, allowed=query.count_allowed)
        lane = state.computing.lane(shared + work)
        if model.searcher.scans_all(query):
            found = await model.together.submit((rows.item(), query), lane.run)
        else:
            found = await lane.run(lambda: next(model.searcher.search(rows, query)))
    answered = {"k": ANSWERED * len(found.rows), "include": annotation_work(model, annotations, query.k)}
    return await answer_in_steps(request, state, _one(model, node, rows.item(), query, found, annotations), answered)


def _one(
    model: Scorer, node: str, row: int, query: SearchQuery, found: Neighbors, annotations: Annotations
) -> Steps[None]:
    answer: answers.Neighbors = {
        "model": model.name,
        "version": model.version,
        "node": node,
        "k": query.k,
        "exact": found.exact,
        "neighbors": (yield from _entries(model, row, found, annotations)),
    }
    if annotations.calibrated:
        answer["prior"] = used_prior(model, annotations.prior)
    yield as_json(answer)


def _entries(model: Scorer, row: int, found: Neighbors, annotations: Annotations) -> Steps[list[answers.Neighbor]]:
    """The entries of one node, with their annotations."""
    listed = entries(model, found)
    if annotations:
        scores, sources = PairScores(found.logits, found.probabilities, found.known), np.full(len(found.rows), row)
        add_to(listed, (yield from annotate(model, scores, sources, found.rows, annotations)))
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
    annotations = annotations_of(body)
    _require_limits(body, annotations, state)
    candidates, exclude, costs = len(body.candidates or ()), len(body.exclude), model.searcher.costs
    allowed = await allowed_rows(model, state, body.filter)
    count = None if allowed is None else int(np.count_nonzero(allowed))
    work = {
        "nodes": costs.of_rows(len(body.nodes), body.k, candidates, exclude, exact=body.exact, allowed=count)
        + await with_shared_links(model, state, body.nodes, costs.of_shared_links),
        "include": annotation_work(model, annotations, len(body.nodes) * body.k),
        "candidates": LOOKED_UP * candidates,
        "exclude": LOOKED_UP * exclude,
    }
    return await answer_in_steps(request, state, _all(model, body, annotations, allowed), work)


async def allowed_rows(model: Scorer, state: State, given: Filter | None) -> Bool | None:
    """Whether each node meets a filter, bool (N,); None without one.

    Raises:
        InvalidRequestError: as `filter_work`, or the work is over the limit.
        UnsupportedByModelError: as `filter_work`.
    """
    if given is None:
        return None
    columns, n = model.checkpoint.columns, len(model.nodes)
    work = filter_work(columns, given, n)
    require_affordable(state, {"filter": work})
    if work <= AT_ONCE:
        return allowed_by(columns, given, n)
    return await state.computing.lane(work).run(partial(allowed_by, columns, given, n))


async def with_shared_links(
    model: Scorer, state: State, nodes: Sequence[str] | Texts, work: Callable[[Int64], int]
) -> int:
    """Operations that shared links add to work on some nodes, by their rows; unknown ones are −1 and take none."""
    if model.checkpoint.decoder.shared is None:
        return 0
    return await state.computing.light.run(lambda: work(model.nodes.rows(nodes)))


def _all(model: Scorer, body: NeighborsRequest, annotations: Annotations, allowed: Bool | None) -> Steps[None]:
    """The answer, a part a node."""
    rows = resolve(model, body.nodes, body.on_unknown)
    results = model.searcher.search(rows[rows >= 0], search_query(model, body, body.k, allowed))
    yield b""
    before = as_json({"model": model.name, "version": model.version, "k": body.k})[:-1] + b',"results":['
    for node, row in zip(body.nodes, rows.tolist(), strict=True):
        if row < 0:
            before += b"null,"
        else:
            found = next(results)
            result: answers.NodeNeighbors = {
                "node": node,
                "exact": found.exact,
                "neighbors": (yield from _entries(model, row, found, annotations)),
            }
            yield before + as_json(result)
            before = b","
    yield before.removesuffix(b",") + b"]" + prior_field(model, annotations) + b"}"


def prior_field(model: Scorer, annotations: Annotations) -> bytes:
    """The last field of an object that is written part by part; nothing without calibrated probabilities."""
    return b"," + as_json({"prior": used_prior(model, annotations.prior)})[1:-1] if annotations.calibrated else b""


def search_query(model: Scorer, body: Narrowed, k: int, allowed: Bool | None) -> SearchQuery:
    """The search that a body requests, with its ids resolved and its filter evaluated."""
    candidates = None if body.candidates is None else resolve(model, body.candidates, body.on_unknown)
    exclude = model.nodes.rows(body.exclude)
    return SearchQuery(
        k=k,
        known=body.known,
        min_probability=body.min_probability,
        candidates=None if candidates is None else candidates[candidates >= 0],
        exclude=exclude[exclude >= 0],
        exact=body.exact,
        allowed=allowed,
    )


def _require_limits(body: NeighborsRequest, annotations: Annotations, state: State) -> None:
    settings = state.settings
    require_at_most("nodes", len(body.nodes), settings.max_nodes)
    require_at_most("candidates", len(body.candidates or ()), settings.max_nodes)
    require_at_most("exclude", len(body.exclude), settings.max_nodes)
    require_at_most("k", body.k, settings.max_k)
    require_at_most("nodes × k", len(body.nodes) * body.k, settings.max_results)
    require_few(annotations, "nodes × k", len(body.nodes) * body.k)


def entries(model: Scorer, found: Neighbors) -> list[answers.Neighbor]:
    """The found neighbours, as the answer lists them."""
    columns = (found.probabilities.tolist(), found.logits.tolist(), found.known.tolist())
    return [
        {"node": node, "probability": probability, "logit": logit, "known": known}
        for node, probability, logit, known in zip(model.nodes.ids(found.rows.tolist()), *columns, strict=True)
    ]
