"""The nodes of a model: their ids, and the known links of one."""

from typing import Annotated

from fastapi import APIRouter, Query

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.responses import JSON
from latentlink.app.schemas.answers import Node, NodeList
from latentlink.app.schemas.requests import Listed

router = APIRouter(route_class=ModelRoute, tags=["nodes"])

_SHOWN = 50  # characters of a parameter in a message


@router.get(
    "/v1/models/{model}/nodes",
    operation_id="list_nodes",
    response_model=NodeList,
    summary="Ids by their beginning, or any part",
)
async def list_nodes(
    model: ModelDep,
    state: StateDep,
    prefix: Annotated[
        str, Query(description="Beginning of the ids, in any case; without `contains`.", examples=["a"])
    ] = "",
    contains: Annotated[
        str | None, Query(description="Any part of the ids, in any case; without `prefix`.", examples=["b"])
    ] = None,
    limit: Annotated[Listed, Query()] = 10,
) -> JSON:
    """The first ids, in order of their UTF-8, that begin with `prefix`; a completion of typed text.

    With `contains` the id that equals it comes first, then those that begin with it, then others in order of row. For these
    up to 256 MiB of ids are searched, up to 500,000 of them beyond ASCII; `exact` says whether that was all.
    """
    answer: NodeList = {"model": model.name, "version": model.version, "prefix": prefix, "nodes": []}
    if contains is None:
        answer["nodes"] = model.completion.starting(prefix, limit)
    elif prefix:
        raise InvalidRequestError.of("contains", "no prefix beside it", f"prefix={prefix[:_SHOWN]!r}; drop one of them")
    else:
        found = await state.computing.light.run(lambda: model.completion.containing(contains, limit))
        answer |= {"contains": contains, "nodes": found.nodes, "exact": found.exact}
    return JSON(answer)


@router.get(
    "/v1/models/{model}/node", operation_id="get_node", response_model=Node, summary="One node's known neighbours"
)
async def get_node(
    model: ModelDep,
    node: Annotated[str, Query(description="Node id.", examples=["a"])],
    limit: Annotated[Listed, Query()] = 10,
) -> JSON:
    """The node's degree in the checkpoint's graph, and its first neighbours, in order of row."""
    neighbors = model.checkpoint.graph.neighbors(int(model.rows([node])[0]))
    answer: Node = {
        "model": model.name,
        "version": model.version,
        "node": node,
        "degree": len(neighbors),
        "neighbors": model.nodes.ids(neighbors[:limit].tolist()),
    }
    return JSON(answer)
