"""The nodes of a model: their ids, and the known links of one."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.responses import JSON, as_json
from latentlink.app.schemas.answers import Node, NodeList
from latentlink.app.schemas.requests import Listed, RelationName, TypeName
from latentlink.app.services.scorer import Scorer
from latentlink.models.checkpoint.ids.completion import PREFIX_WORK, Found
from latentlink.models.wording import shortened

router = APIRouter(route_class=ModelRoute, tags=["nodes"])


@router.get(
    "/v1/models/{model}/nodes",
    operation_id="list_nodes",
    response_model=NodeList,
    summary="Ids by their beginning, or any part",
)
async def list_nodes(
    request: Request,
    model: ModelDep,
    state: StateDep,
    prefix: Annotated[
        str, Query(description="Beginning of the ids, in any case; without `contains`.", examples=["a"])
    ] = "",
    contains: Annotated[str | None, Query(description="Any part of the ids, in any case; without `prefix`.")] = None,
    limit: Annotated[Listed, Query()] = 10,
) -> Response:
    """The first ids, in order of their UTF-8, that begin with `prefix`; a completion of typed text.

    With `contains` the id that equals it comes first, then those that begin with it, then others in order of row. For these
    up to 256 MiB of ids are searched, up to 500,000 of them beyond ASCII; `exact` says whether that was all.
    """
    if contains is not None and prefix:
        raise InvalidRequestError.of(
            "contains", "no prefix beside it", f"prefix={shortened(prefix)!r}; drop one of them"
        )
    field, work = ("prefix", PREFIX_WORK) if contains is None else ("contains", model.completion.containing_work)
    return await answer_in_steps(request, state, _listed(model, prefix, contains, limit), {field: work})


def _listed(model: Scorer, prefix: str, contains: str | None, limit: int) -> Iterator[bytes]:
    found = Found(model.completion.starting(prefix, limit), exact=True)
    if contains is not None:
        found = model.completion.containing(contains, limit)
    nodes = model.nodes.ids(found.rows)
    answer: NodeList = {"model": model.name, "version": model.version, "prefix": prefix, "nodes": nodes}
    if model.types is not None:
        answer["types"] = list(map(model.types.name, found.rows))
    if contains is not None:
        answer |= {"contains": contains, "exact": found.exact}
    yield as_json(answer)


@router.get(
    "/v1/models/{model}/node", operation_id="get_node", response_model=Node, summary="One node's known neighbours"
)
async def get_node(
    model: ModelDep,
    node: Annotated[str, Query(description="Node id.", examples=["a"])],
    type: Annotated[TypeName, Query()] = None,  # noqa: A002 - the name of the parameter
    relation: Annotated[RelationName, Query()] = None,
    limit: Annotated[Listed, Query()] = 10,
) -> JSON:
    """The node's degree in the checkpoint's graph, and its first `limit` neighbours, in order of row.

    In directed models these are the targets of its links, and `in_degree` and `in_neighbors` are of the links to it. In models
    with relations they are of one `relation`, or of all, in order of relation.
    """
    model = model if relation is None else model.of_relation(relation)
    row, graph, types = model.rows([node], model.kind(type, "type")).item(), model.checkpoint.graph, model.types
    of, neighbors = graph.by_relation(row) if model.spans_relations else (None, graph.neighbors(row))
    answer: Node = {
        "model": model.name,
        "version": model.version,
        "node": node,
        "degree": len(neighbors),
        "neighbors": model.nodes.ids(neighbors[:limit].tolist()),
    }
    if types is not None:
        answer |= {"type": types.name(row), "neighbor_types": types.names_of(neighbors[:limit])}
    if model.relation is not None:
        answer["relation"] = model.relation
    if of is not None:
        answer["neighbor_relations"] = model.relations.names_of(of[:limit])
    if graph.into is not None:
        of, sources = graph.sources_by_relation(row) if model.spans_relations else (None, graph.sources(row))
        answer |= {"in_degree": len(sources), "in_neighbors": model.nodes.ids(sources[:limit].tolist())}
        if types is not None:
            answer["in_neighbor_types"] = types.names_of(sources[:limit])
        if of is not None:
            answer["in_neighbor_relations"] = model.relations.names_of(of[:limit])
    return JSON(answer)
