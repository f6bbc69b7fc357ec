"""Cut-offs of the ranking."""

from typing import Annotated

from fastapi import APIRouter, Query

from latentlink.app.deps import ModelDep
from latentlink.app.errors import InvalidRequestError
from latentlink.app.http.conditional import ModelRoute
from latentlink.app.http.responses import JSON
from latentlink.app.schemas.answers import Threshold
from latentlink.app.schemas.requests import RelationName
from latentlink.app.services.cutoffs import Target, cutoff_for

router = APIRouter(route_class=ModelRoute, tags=["scores"])


@router.get(
    "/v1/models/{model}/thresholds",
    operation_id="threshold",
    response_model=Threshold,
    summary="The cut-off that reaches a goal",
)
async def threshold(
    model: ModelDep,
    target: Annotated[Target, Query(description="The goal.", examples=["recall"])],
    value: Annotated[
        float,
        Query(
            gt=0,
            allow_inf_nan=False,
            description="Of precision and recall a fraction up to 1, of links their number.",
            examples=[0.5],
        ),
    ],
    relation: Annotated[RelationName, Query()] = None,
) -> JSON:
    """The pairs above a cut-off on the probability, true and false, by the calibration; of all relations unless one is named."""
    if target != "links" and value > 1:
        raise InvalidRequestError.of("value", f"a {target} of at most 1", f"{value:g}")
    model = model if relation is None else model.of_relation(relation)
    cutoff = cutoff_for(model, target, value)
    answer: Threshold = {
        "model": model.name,
        "version": model.version,
        "target": target,
        "value": value,
        "reachable": cutoff.reachable,
        "probability": cutoff.probability,
        "logit": cutoff.logit,
        "precision": cutoff.precision._asdict(),  # type: ignore[typeddict-item]  # of the same fields
        "recall": cutoff.recall._asdict(),  # type: ignore[typeddict-item]
        "links": cutoff.links._asdict(),  # type: ignore[typeddict-item]
        "pairs": cutoff.pairs,
    }
    if model.relation is not None:
        answer["relation"] = model.relation
    return JSON(answer)
