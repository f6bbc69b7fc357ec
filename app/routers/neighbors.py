"""The nodes that a node is most likely to be linked to next."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.conditional import ModelRoute
from app.deps import ModelDep, State, StateDep
from app.requests import JSONBody, require_at_most
from app.responses import JSON
from app.routers.unknown import align, resolve
from app.schemas import answers
from app.schemas.requests import K, MinProbability, Narrowed, NeighborsRequest
from app.services.scorer import Scorer
from app.services.search import Neighbors
from app.services.search import Query as SearchQuery

router = APIRouter(route_class=ModelRoute, tags=["neighbors"])

_INLINE_CELLS = 1_000_000  # N · D of a scan; a larger one leaves the event loop: about a millisecond of work

read_neighbors_request = JSONBody(NeighborsRequest)


@router.get(
    "/v1/models/{model}/neighbors",
    operation_id="neighbors",
    response_model=answers.Neighbors,
    summary="One node's predicted neighbours",
)
async def neighbors(
    model: ModelDep,
    state: StateDep,
    node: Annotated[str, Query(description="Node id.", examples=["a"])],
    k: Annotated[K, Query()] = 10,
    known: Annotated[bool, Query(description="Whether known links may be among the answers.")] = False,
    min_probability: Annotated[MinProbability, Query()] = 0.0,
    exact: Annotated[bool, Query(description="Force the exact scan.")] = False,  # noqa: ARG001  # every search is exact so far
) -> JSON:
    """The top k, best first; never the node itself, and no known link unless asked for."""
    require_at_most("k", k, state.settings.max_k)
    query = SearchQuery(k=k, known=known, min_probability=min_probability)
    row = model.rows([node])

    def respond() -> JSON:
        [found] = model.searcher.search(row, query)
        answer: answers.Neighbors = {
            "model": model.name,
            "version": model.version,
            "node": node,
            "k": k,
            "exact": True,
            "neighbors": entries(model, found),
        }
        return JSON(answer)

    return respond() if len(model.nodes) * model.dim <= _INLINE_CELLS else await state.in_thread(respond)


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
    return await state.in_thread(partial(_respond, model, body))


def _respond(model: Scorer, body: NeighborsRequest) -> JSON:
    rows = resolve(model, body.nodes, body.on_unknown)
    known = rows >= 0
    nodes = (node for node, found in zip(body.nodes, known.tolist(), strict=True) if found)
    results = model.searcher.search(rows[known], search_query(model, body, body.k))
    answered: Iterator[answers.NodeNeighbors] = (
        {"node": node, "exact": True, "neighbors": entries(model, found)}
        for node, found in zip(nodes, results, strict=True)
    )
    answer: answers.NeighborsBatch = {
        "model": model.name,
        "version": model.version,
        "k": body.k,
        "results": align(answered, known),
    }
    return JSON(answer)


def search_query(model: Scorer, body: Narrowed, k: int) -> SearchQuery:
    """What a body asks of a search, with its ids resolved."""
    candidates = None if body.candidates is None else resolve(model, body.candidates, body.on_unknown)
    exclude = model.nodes.rows(body.exclude)
    return SearchQuery(
        k=k,
        known=body.known,
        min_probability=body.min_probability,
        candidates=None if candidates is None else candidates[candidates >= 0],
        exclude=exclude[exclude >= 0],
    )


def _require_limits(body: NeighborsRequest, state: State) -> None:
    settings = state.settings
    require_at_most("nodes", len(body.nodes), settings.max_nodes)
    require_at_most("candidates", len(body.candidates or ()), settings.max_nodes)
    require_at_most("exclude", len(body.exclude), settings.max_nodes)
    require_at_most("k", body.k, settings.max_k)
    require_at_most("nodes × k", len(body.nodes) * body.k, settings.max_results)


def entries(model: Scorer, found: Neighbors) -> list[answers.Neighbor]:
    """What was found, as it is answered."""
    columns = (found.probabilities.tolist(), found.logits.tolist(), found.known.tolist())
    return [
        {"node": node, "probability": probability, "logit": logit, "known": known}
        for node, probability, logit, known in zip(model.nodes.ids(found.rows.tolist()), *columns, strict=True)
    ]
