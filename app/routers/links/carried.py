"""The most likely missing links of the whole graph."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.responses import as_json
from latentlink.app.schemas.links import LinkList, QueriedShown
from latentlink.app.services.link_lists.columns import Columns
from latentlink.app.services.link_lists.stored import stored_links
from latentlink.app.services.scorer import Scorer
from latentlink.app.services.steps import Steps

router = APIRouter(route_class=ModelRoute, tags=["links"])

_LISTED = 5_000  # operations that take as long as to score a link and to write it


@router.get(
    "/v1/models/{model}/links",
    operation_id="links",
    response_model=LinkList,
    summary="The most likely missing links of the whole graph",
)
async def links(
    request: Request,
    model: ModelDep,
    state: StateDep,
    limit: Annotated[int, Query(ge=1, le=1000, description="Links in the answer, at most.")] = 100,
    include: Annotated[QueriedShown, Query()] = [],  # noqa: B006 - the framework copies it
) -> Response:
    """The best of the links that the checkpoint carries since it was published, best first, of all relations together.

    Known links and those that were held out for evaluation are left out. `latentlink predict` lists more.
    """
    steps = _listed(model, limit, Columns(model, degrees="degrees" in include))
    return await answer_in_steps(request, state, steps, {"limit": _LISTED * limit})


def _listed(model: Scorer, limit: int, columns: Columns) -> Steps[None]:
    table = columns.table(stored_links(model, limit))
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    yield as_json({"model": model.name, "version": model.version, "links": rows})
