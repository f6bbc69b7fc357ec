"""The nodes of a model: their ids, and the known links of one."""

from typing import Annotated

from fastapi import APIRouter, Query

from latentlink.app.deps import ModelDep
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.responses import JSON
from latentlink.app.schemas.answers import Node, NodeList
from latentlink.app.schemas.requests import Listed

router = APIRouter(route_class=ModelRoute, tags=["nodes"])


@router.get(
    "/v1/models/{model}/nodes",
    operation_id="list_nodes",
    response_model=NodeList,
    summary="Ids that begin with a prefix",
)
async def list_nodes(
    model: ModelDep,
    prefix: Annotated[str, Query(description="Beginning of the ids, in any case.", examples=["a"])] = "",
    limit: Annotated[Listed, Query()] = 10,
) -> JSON:
    """The first ids that begin with `prefix`, in order of their UTF-8: a completion of typed text."""
    answer: NodeList = {
        "model": model.name,
        "version": model.version,
        "prefix": prefix,
        "nodes": model.completion.starting(prefix, limit),
    }
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
