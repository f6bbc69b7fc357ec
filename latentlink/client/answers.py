"""The results of a client's calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import numpy.typing as npt

from latentlink.client.arrow import numbers_of
from latentlink.client.frames import annotations, frame
from latentlink.client.ids import texts

if TYPE_CHECKING:
    from pandas import DataFrame

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """The interval of a logit under a variational model's posterior, and σ of its ends; (low, high) each."""

    logit: tuple[float, float]
    probability: tuple[float, float]


@dataclass(frozen=True)
class Support:
    """Local evidence: the known links around a pair.

    Attributes:
        degrees: known links of the source and of the target.
        same_component: whether known links lead from one to the other; None in checkpoints without components.
        distance: steps over known links, 0 for a node with itself; None beyond 3.
        exact: whether the search was exhaustive; if not, a distance of None may be less.
        cold_start: whether an end has few links.
    """

    degrees: tuple[int, int]
    same_component: bool | None
    distance: int | None
    exact: bool
    cold_start: bool


@dataclass(frozen=True, kw_only=True)
class Score:
    """How likely one link is.

    Attributes:
        probability: σ(logit).
        logit: the inner product of both vectors, plus shared links where they are a part.
        known: whether the link is in the graph that the model was trained on.
        calibrated: the probability at a prior, where it was requested and the link is not known.
        interval: where it was requested, of two different nodes.
        support: where it was requested.
    """

    probability: float
    logit: float
    known: bool
    calibrated: float | None = None
    interval: Interval | None = None
    support: Support | None = None


@dataclass(frozen=True)
class Scores:
    """How likely m links are, as arrays aligned with the request.

    Attributes:
        probability: float64 (m,), NaN for a pair with an unknown node.
        logit: float64 (m,), NaN likewise.
        known: bool (m,), False likewise.
        version: of the model that answered.
        calibrated: float64 (m,) where they were requested, NaN for known links and unknown nodes.
        intervals: one for each pair where they were requested, None for unknown nodes and a node with itself.
        supports: one for each pair where they were requested, None for unknown nodes.
        pairs: m pairs of ids, as requested.
    """

    probability: Float64
    logit: Float64
    known: npt.NDArray[np.bool_]
    version: str
    calibrated: Float64 | None = None
    intervals: list[Interval | None] | None = None
    supports: list[Support | None] | None = None
    pairs: Sequence[tuple[str, str]] = field(default=(), repr=False)

    def to_pandas(self) -> "DataFrame":
        """A row for each pair: `source`, `target`, `probability`, `logit`, `known`, and what was requested beside them."""
        sources, targets = ([pair[place] for pair in self.pairs] for place in (0, 1))
        return frame({"source": sources, "target": targets, **self.columns()})

    def columns(self) -> dict[str, Any]:
        """`probability`, `logit`, `known`, and what was requested beside them, (m,) each."""
        scores = {"probability": self.probability, "logit": self.logit, "known": self.known}
        calibrated = {} if self.calibrated is None else {"calibrated": self.calibrated}
        return {**scores, **calibrated, **annotations(self.intervals, self.supports)}


@dataclass(frozen=True, kw_only=True)
class Neighbor(Score):
    """One predicted neighbour; `type` is its type, in typed models."""

    node: str
    type: str | None = None


class Neighbors(list[Neighbor]):
    """Predicted neighbours of one node, the likeliest first."""

    def to_pandas(self) -> "DataFrame":
        """A row for each: `node`, `type` in typed models, `probability`, `logit`, `known`, and what was requested beside."""
        return frame(self.columns())

    def columns(self) -> dict[str, list[Any]]:
        """The columns of `to_pandas`, n cells each."""
        names = ("node", "type", "probability", "logit", "known", "calibrated", "interval", "support")
        columns = {name: [getattr(one, name) for one in self] for name in names}
        intervals, supports = columns.pop("interval"), columns.pop("support")
        more = annotations(intervals if any(intervals) else None, supports if any(supports) else None)
        absent = [name for name in ("type", "calibrated") if not any(cell is not None for cell in columns[name])]
        return {name: column for name, column in columns.items() if name not in absent} | more


def streamed_scores_of(content: bytes, version: str, sources: Any, targets: Any) -> Scores:
    """From an Arrow stream of `POST scores` of these pairs; null becomes NaN, and False."""
    columns = numbers_of(content)
    number = {name: np.where(column.found, column.values, np.nan) for name, column in columns.items()}
    return Scores(
        probability=number["probability"],
        logit=number["logit"],
        known=columns["known"].found & columns["known"].values,
        version=version,
        calibrated=number.get("calibrated"),
        pairs=list(zip(texts(sources), texts(targets), strict=True)),
    )


def scores_of(answer: Any, pairs: Sequence[tuple[str, str]]) -> Scores:
    """From the columns of `POST scores` of these pairs; null becomes NaN, and False."""
    return Scores(
        probability=np.array(answer["probability"], np.float64),
        logit=np.array(answer["logit"], np.float64),
        known=np.array([known is True for known in answer["known"]]),
        version=answer["version"],
        calibrated=np.array(answer["calibrated"], np.float64) if "calibrated" in answer else None,
        intervals=[interval_of(ends) for ends in answer["interval"]] if "interval" in answer else None,
        supports=[support_of(links) for links in answer["support"]] if "support" in answer else None,
        pairs=pairs,
    )


class ScoreFields(TypedDict):
    """The arguments of a `Score`."""

    probability: float
    logit: float
    known: bool
    calibrated: float | None
    interval: Interval | None
    support: Support | None


def score_of(answer: Any) -> ScoreFields:
    """The arguments of a `Score`, from an answer or an entry."""
    return {
        "probability": answer["probability"],
        "logit": answer["logit"],
        "known": answer["known"],
        "calibrated": answer.get("calibrated"),
        "interval": interval_of(answer.get("interval")),
        "support": support_of(answer.get("support")),
    }


def interval_of(ends: Any) -> Interval | None:
    """From `interval`, where there is one."""
    return None if ends is None else Interval(tuple(ends["logit"]), tuple(ends["probability"]))


def support_of(links: Any) -> Support | None:
    """From `support`, where there is one."""
    if links is None:
        return None
    one, other = links["degrees"]
    return Support((one, other), links["same_component"], links["distance"], links["exact"], links["cold_start"])


def neighbors_of(answer: Any) -> Neighbors:
    """From an answer or a result that has `neighbors`."""
    listed = answer["neighbors"]
    return Neighbors(Neighbor(node=entry["node"], type=entry.get("type"), **score_of(entry)) for entry in listed)
