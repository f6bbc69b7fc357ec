"""Predicted neighbours: the nodes that a node is most likely to be linked to."""

import re
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query, Request

from latentlink.app.deps import ModelDep, State, StateDep, get_state, model_of
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import JSONBody, directly, plain_query, require_at_most
from latentlink.app.http.responses import JSON
from latentlink.app.routers.unknown import align, resolve
from latentlink.app.schemas import answers
from latentlink.app.schemas.requests import K, Level, MinProbability, Narrowed, NeighborsRequest, Prior, QueriedInclude
from latentlink.app.services.annotations import Annotations, add_to, annotate, require_few, used_prior
from latentlink.app.services.scorer import PairScores, Scorer
from latentlink.app.services.selection import Neighbors
from latentlink.app.services.selection import Query as SearchQuery

router = APIRouter(route_class=ModelRoute, tags=["neighbors"])

_PLAIN_K = re.compile("[1-9][0-9]{0,8}")

read_neighbors_request = JSONBody(NeighborsRequest)


async def _neighbors_directly(request: Request) -> JSON | None:
    if found := plain_query(request, "node", "k"):
        node, k = found
    elif found := plain_query(request, "node"):
        [node], k = found, "10"
    if not found or not _PLAIN_K.fullmatch(k):
        return None
    return await _respond(await model_of(request), await get_state(request), node, SearchQuery(k=int(k)))


@router.get(
    "/v1/models/{model}/neighbors",
    operation_id="neighbors",
    response_model=answers.Neighbors,
    summary="One node's predicted neighbours",
)
@directly(_neighbors_directly)
async def neighbors(
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
) -> JSON:
    """The k nodes with the highest logit, best first, without the node itself and, unless `known` is true, its known links."""
    query = SearchQuery(k=k, known=known, min_probability=min_probability, exact=exact)
    return await _respond(model, state, node, query, Annotations.of(include, prior, interval))


async def _respond(
    model: Scorer,
    state: State,
    node: str,
    query: SearchQuery,
    annotations: Annotations = Annotations(),  # noqa: B008 - a constant
) -> JSON:
    require_at_most("k", query.k, state.settings.max_k)
    require_few(annotations, "k", query.k)
    rows = model.rows([node])
    found = model.searcher.glance(rows.item(), query)
    if found is None and model.searcher.index_for(query):
        found = await state.in_thread(lambda: next(model.searcher.search(rows, query)))
    elif found is None:
        found = await model.together.submit((rows.item(), query), state.in_thread)
    answer: answers.Neighbors = {
        "model": model.name,
        "version": model.version,
        "node": node,
        "k": query.k,
        "exact": found.exact,
        "neighbors": entries(model, found),
    }
    if annotations:
        annotate = partial(_add_annotations, model, rows.item(), found, answer["neighbors"], annotations)
        await state.in_thread(annotate) if annotations.support else annotate()
        if annotations.calibrated:
            answer["prior"] = used_prior(model, annotations.prior)
    return JSON(answer)


def _add_annotations(
    model: Scorer, row: int, found: Neighbors, entries: list[answers.Neighbor], annotations: Annotations
) -> None:
    """Add the annotations to the entries of one node."""
    scores, sources = PairScores(found.logits, found.probabilities, found.known), np.full(len(found.rows), row)
    add_to(entries, annotate(model, scores, sources, found.rows, annotations))


@router.post(
    "/v1/models/{model}/neighbors",
    operation_id="neighbors_of_nodes",
    response_model=answers.NeighborsBatch,
    summary="Many nodes' predicted neighbours",
    openapi_extra=read_neighbors_request.openapi(),
)
async def neighbors_of_nodes(
    model: ModelDep, state: StateDep, body: Annotated[NeighborsRequest, Depends(read_neighbors_request)]
) -> JSON:
    """Results aligned with the nodes of the request."""
    _require_limits(body, state)
    return await state.in_thread(partial(_respond_to_all, model, body))


def _respond_to_all(model: Scorer, body: NeighborsRequest) -> JSON:
    rows = resolve(model, body.nodes, body.on_unknown)
    known = rows >= 0
    nodes = (node for node, found in zip(body.nodes, known.tolist(), strict=True) if found)
    results = model.searcher.search(rows[known], search_query(model, body, body.k))
    annotations = annotations_of(body)
    answered = (
        _result(model, node, row, found, annotations)
        for node, row, found in zip(nodes, rows[known].tolist(), results, strict=True)
    )
    answer: answers.NeighborsBatch = {
        "model": model.name,
        "version": model.version,
        "k": body.k,
        "results": align(answered, known),
    }
    if annotations.calibrated:
        answer["prior"] = used_prior(model, annotations.prior)
    return JSON(answer)


def _result(model: Scorer, node: str, row: int, found: Neighbors, annotations: Annotations) -> answers.NodeNeighbors:
    listed = entries(model, found)
    if annotations:
        _add_annotations(model, row, found, listed, annotations)
    return {"node": node, "exact": found.exact, "neighbors": listed}


def search_query(model: Scorer, body: Narrowed, k: int) -> SearchQuery:
    """The search that a body requests, with its ids resolved."""
    candidates = None if body.candidates is None else resolve(model, body.candidates, body.on_unknown)
    exclude = model.nodes.rows(body.exclude)
    return SearchQuery(
        k=k,
        known=body.known,
        min_probability=body.min_probability,
        candidates=None if candidates is None else candidates[candidates >= 0],
        exclude=exclude[exclude >= 0],
        exact=body.exact,
    )


def _require_limits(body: NeighborsRequest, state: State) -> None:
    settings = state.settings
    require_at_most("nodes", len(body.nodes), settings.max_nodes)
    require_at_most("candidates", len(body.candidates or ()), settings.max_nodes)
    require_at_most("exclude", len(body.exclude), settings.max_nodes)
    require_at_most("k", body.k, settings.max_k)
    require_at_most("nodes × k", len(body.nodes) * body.k, settings.max_results)
    require_few(annotations_of(body), "nodes × k", len(body.nodes) * body.k)


def entries(model: Scorer, found: Neighbors) -> list[answers.Neighbor]:
    """The found neighbours, as the answer lists them."""
    columns = (found.probabilities.tolist(), found.logits.tolist(), found.known.tolist())
    return [
        {"node": node, "probability": probability, "logit": logit, "known": known}
        for node, probability, logit, known in zip(model.nodes.ids(found.rows.tolist()), *columns, strict=True)
    ]
