"""Two versions of a model side by side."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from latentlink.app.deps import ModelDep, StateDep
from latentlink.app.errors import UnsupportedByModelError
from latentlink.app.http.computed import answer_in_steps
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.responses import as_json
from latentlink.app.services.steps import Steps
from latentlink.models.comparison.compare import Comparing, comparing, work
from latentlink.models.comparison.facts import Comparison
from latentlink.models.errors import DataError

router = APIRouter(route_class=ModelRoute, tags=["models"])


@router.get(
    "/v1/models/{model}/compare",
    operation_id="compare",
    response_model=Comparison,
    summary="What another version would change",
)
async def compare(
    request: Request,
    model: ModelDep,
    state: StateDep,
    version: Annotated[
        str,
        Query(alias="with", description="A published version of the model.", examples=["20260102T030405000000Z"]),
    ],
) -> Response:
    """Metrics, lists of neighbours, probabilities, nodes and links of the model (before) and of another version (after).

    Lists and probabilities are compared on a sample of the nodes that both versions know, the same at every call.
    """
    other = await state.find(f"{model.name}@{version}")
    before, after = model.checkpoint, other.checkpoint
    try:
        found = comparing(before, after)
    except DataError as error:
        raise UnsupportedByModelError(f"with: {error}") from None
    return await answer_in_steps(request, state, _answer(found), {"with": work(before, after)})


def _answer(found: Comparing) -> Steps[None]:
    comparison = yield from found
    yield as_json(comparison.document())
