"""The most likely missing links of a graph, as the API answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NotRequired

from typing_extensions import TypedDict

from latentlink.client.errors import APIError
from latentlink.client.frames import frame

if TYPE_CHECKING:
    from pandas import DataFrame

POLLED = 1.0  # seconds between two looks at a job


class Link(TypedDict):
    """One of the most likely missing links; degrees with `include=["degrees"]`."""

    source: str
    target: str
    source_type: NotRequired[str]
    target_type: NotRequired[str]
    relation: NotRequired[str]
    probability: float
    logit: float
    calibrated: NotRequired[float]
    source_degree: NotRequired[int]
    target_degree: NotRequired[int]


class Job(TypedDict):
    """How far a list is that the service finds in the background."""

    model: str
    version: str
    id: str
    state: Literal["queued", "running", "succeeded", "failed"]
    progress: float
    found: int
    created_at: str
    seconds_left: NotRequired[float]
    error: NotRequired[str]
    expires_at: NotRequired[str]


@dataclass(frozen=True)
class FoundLinks:
    """A list of links, best first.

    Attributes:
        columns: by name, `source`, `target`, `probability` and `logit` among them, of one length.
    """

    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.columns["source"])

    def to_pandas(self) -> "DataFrame":
        """A row for each link."""
        return frame(self.columns)


def has_ended(job: Job) -> bool:
    """Whether a job has its result.

    Raises:
        APIError: it failed.
    """
    if job["state"] == "failed":
        raise APIError(0, {"title": "job failed", "detail": job.get("error", "")})
    return job["state"] == "succeeded"
