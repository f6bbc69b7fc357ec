"""What errors mean, for a person who follows the `type` of a problem."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from latentlink.app.http.problems import HTTP_PROBLEMS, INTERNAL, PROBLEMS
from latentlink.app.http.requests import StrictRoute
from latentlink.app.reference.problem_texts import MEANINGS

router = APIRouter(route_class=StrictRoute, tags=["operations"])

_BY_SLUG = {problem.slug: problem for problem in (*PROBLEMS.values(), *HTTP_PROBLEMS.values(), INTERNAL)}


@router.get(
    "/problems/{slug}",
    operation_id="explain_problem",
    response_class=PlainTextResponse,
    summary="What an error means",
)
async def explain_problem(
    slug: Annotated[str, Path(description="The last part of a problem's `type`.", examples=["unknown-node"])],
) -> PlainTextResponse:
    """What went wrong, and what to do about it."""
    if slug not in _BY_SLUG:
        raise HTTPException(404)
    problem, meaning = _BY_SLUG[slug], MEANINGS[slug]
    return PlainTextResponse(
        f"{problem.status} {problem.title}\n\n{meaning.means}\n\n{meaning.advice}\n\nFor example: {meaning.detail}\n"
    )
