"""Answers on jobs."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypeAliasType, TypedDict

from latentlink.app.schemas.answers import ModelRef

JobState = TypeAliasType("JobState", Literal["queued", "running", "succeeded", "failed"])


class Job(ModelRef):
    """A list of links that is being found, or was."""

    id: Annotated[str, Field(description="The name of the job: `GET /v1/jobs/{id}`.")]
    state: JobState
    progress: Annotated[float, Field(ge=0, le=1, description="Share of the work that is done, as far as is known.")]
    found: Annotated[int, Field(ge=0, description="Links that are found so far.")]
    created_at: Annotated[str, Field(description="In UTC.")]
    seconds_left: NotRequired[Annotated[float, Field(ge=0, description="While it runs, as far as is known.")]]
    error: NotRequired[Annotated[str, Field(description="Why it failed.")]]
    expires_at: NotRequired[Annotated[str, Field(description="When it and its result are removed, once it has ended.")]]


class LinksEstimate(ModelRef):
    """What a list takes at most; bounds rule out many pairs, of social networks more than nine in ten."""

    pairs: Annotated[int, Field(description="Pairs that are searched, of all relations together.")]
    links: Annotated[int, Field(description="Links in the list.")]
    seconds: Annotated[float, Field(description="On one core, as fast as it multiplies now.")]
    bytes: Annotated[int, Field(description="Of the list as NDJSON, about.")]


class JobList(TypedDict):
    """The jobs of the key that asks, the newest first."""

    jobs: list[Job]
