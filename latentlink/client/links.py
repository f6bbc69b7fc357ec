"""The most likely missing links of a graph, as the API answers them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NotRequired, cast, overload

import nanoarrow as na
from typing_extensions import TypedDict

from latentlink.client.arrow import lists_of
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
class FoundLinks(Sequence[Link]):
    """Links, best first: a sequence of dictionaries that is also a table.

    Attributes:
        content: the table as an Arrow stream, which files and other libraries take as it is.
    """

    content: bytes = field(repr=False)

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """The columns by name, `source`, `target`, `probability` and `logit` among them, of one length."""
        return lists_of(self.content)

    def __len__(self) -> int:
        return len(self.columns["source"])

    @overload
    def __getitem__(self, place: int) -> Link: ...
    @overload
    def __getitem__(self, place: slice) -> list[Link]: ...
    def __getitem__(self, place: int | slice) -> Link | list[Link]:
        """The link at a place, or those at several."""
        if isinstance(place, slice):
            return [self[at] for at in range(len(self))[place]]
        return cast(Link, {name: column[place] for name, column in self.columns.items()})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} link{'s' * (len(self) != 1)})"

    def to_pandas(self) -> "DataFrame":
        """A row for each link."""
        return frame(self.columns)

    def to_arrow(self) -> na.Array:
        """The same as an array of structs, which pyarrow, polars and DuckDB read by `__arrow_c_stream__`."""
        return na.ArrayStream.from_readable(self.content).read_all()


def has_ended(job: Job) -> bool:
    """Whether a job has its result.

    Raises:
        APIError: it failed.
    """
    if job["state"] == "failed":
        raise APIError(0, {"title": "job failed", "detail": job.get("error", "")})
    return job["state"] == "succeeded"
