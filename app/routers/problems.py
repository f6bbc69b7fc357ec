"""The texts of problems, for a person who follows the `type` of a problem."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from latentlink.app.http.problems import PROBLEMS
from latentlink.app.http.requests import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["operations"])


@router.get(
    "/problems/{slug}",
    operation_id="explain_problem",
    response_class=PlainTextResponse,
    summary="What an error means",
)
async def explain_problem(
    slug: Annotated[str, Path(description="The last part of a problem's `type`.", examples=["unknown-node"])],
) -> PlainTextResponse:
    """The cause of a problem, and its remedy."""
    if slug not in PROBLEMS:
        raise HTTPException(404)
    problem = PROBLEMS[slug]
    return PlainTextResponse(
        f"{problem.status} {problem.title}\n\n{problem.meaning}\n\n{problem.advice}\n\nFor example: {problem.example}\n"
    )
