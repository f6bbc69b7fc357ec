"""The most likely missing links of the whole graph."""

import io
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.negotiation import ARROW_TYPE, CSV_TYPE, JSON_TYPE, NDJSON_TYPE, MediaDep
from latentlink.app.http.responses import as_json
from latentlink.app.schemas.links import LinkList, QueriedShown
from latentlink.app.services.link_lists.columns import Columns
from latentlink.app.services.link_lists.formats import FORMATS
from latentlink.app.services.link_lists.stored import stored_links
from latentlink.app.services.scorer import Scorer

router = APIRouter(route_class=ModelRoute, tags=["links"])

_MOST = 1_000  # links of the list
_LISTED = 5_000  # operations that take as long as to score a link and to write it
_SUFFIXES = {NDJSON_TYPE: ".ndjson", CSV_TYPE: ".csv", ARROW_TYPE: ".arrow"}
_FILES: dict[int | str, dict[str, Any]] = {  # JSON schemas
    200: {
        "content": {
            media: {"schema": {"type": "string"} | ({"format": "binary"} if media == ARROW_TYPE else {})}
            for media in _SUFFIXES
        }
    }
}


@router.get(
    "/v1/models/{model}/links",
    operation_id="links",
    response_model=LinkList,
    responses=_FILES,
    summary="The most likely missing links of the whole graph",
)
async def links(
    request: Request,
    model: ModelDep,
    state: StateDep,
    media: MediaDep,
    limit: Annotated[
        int, Query(ge=1, description="Links in the answer, at most.", json_schema_extra={"maximum": _MOST})
    ] = 100,
    include: Annotated[QueriedShown, Query()] = [],  # noqa: B006 - the framework copies it
) -> Response:
    """The best of the links that the checkpoint carries since it was published, best first, of all relations together.

    Known links and those that were held out for evaluation are left out. `links:search` and `latentlink predict` list more.
    """
    if limit > _MOST:
        expected = f"at most {_MOST:,} at once; POST links:search, search_links or latentlink predict list more"
        raise InvalidRequestError.of("limit", expected, f"{limit:,}")
    steps = _listed(model, limit, Columns(model, degrees="degrees" in include), media)
    return await answer_in_steps(request, state, steps, {"limit": _LISTED * limit}, media)


def _listed(model: Scorer, limit: int, columns: Columns, media: str) -> Iterator[bytes]:
    found = stored_links(model, limit)
    if media == JSON_TYPE:
        table = columns.table(found)
        rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        yield as_json({"model": model.name, "version": model.version, "links": rows})
    else:
        file = io.BytesIO()
        FORMATS[_SUFFIXES[media]](file, columns, found)
        yield file.getvalue()
