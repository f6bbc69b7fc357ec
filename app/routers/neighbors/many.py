"""Predicted neighbours of many nodes."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from latentlink.app.deps import ModelDep, State, StateDep, get_state, model_of
from latentlink.app.http.arrow.options import is_arrow
from latentlink.app.http.computed import answer_in_steps, result_of
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.negotiation import ARROW_TYPE, MediaDep
from latentlink.app.http.pair_bodies import annotations_of
from latentlink.app.http.requests import JSONBody, directly, require_at_most
from latentlink.app.http.responses import as_json
from latentlink.app.routers.arrow.neighbors import DESCRIBED, neighbors_streamed
from latentlink.app.routers.arrow.reading import require_columns
from latentlink.app.routers.searching import annotated, filtered, prior_field, search_query
from latentlink.app.routers.unknown import resolve
from latentlink.app.schemas import answers
from latentlink.app.schemas.requests import NeighborsRequest
from latentlink.app.services.annotations import Annotations, annotation_work, require_few
from latentlink.app.services.arrow_writing import BLOCK
from latentlink.app.services.batch_streams import write_neighbors
from latentlink.app.services.lookup import LOOKED_UP
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.search.partners import Partners
from latentlink.app.services.search.selection import Query as SearchQuery
from latentlink.app.services.steps import Steps
from latentlink.models.arrays import Int64

router = APIRouter(route_class=ModelRoute, tags=["neighbors"])

read_neighbors_request = JSONBody(NeighborsRequest, DESCRIBED.body())


async def _streamed(request: Request) -> Response | None:
    if not is_arrow(request):
        return None
    return await neighbors_streamed(request, await model_of(request), await get_state(request))


@router.post(
    "/v1/models/{model}/neighbors",
    operation_id="neighbors_of_nodes",
    response_model=answers.NeighborsBatch,
    responses=DESCRIBED.answer(),
    summary="Many nodes' predicted neighbours",
    openapi_extra=read_neighbors_request.openapi(),
)
@directly(_streamed)
async def neighbors_of_nodes(
    request: Request,
    model: ModelDep,
    state: StateDep,
    media: MediaDep,
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
    if media == ARROW_TYPE:
        require_columns(annotations)
        size = max(1, BLOCK // body.k)
        blocks = (rows[start : start + size, None] for start in range(0, max(1, len(rows)), size))
        steps = write_neighbors(model, partners, blocks, query, annotations)
    else:
        steps = _all(model, body, partners, annotations, rows, query)
    return await answer_in_steps(request, state, steps, work, media)


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
                "neighbors": (yield from annotated(model, partners, row, found, annotations)),
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
