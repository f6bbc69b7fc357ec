"""What the calls of a client return."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """Where a variational model's posterior has a logit, and σ of these ends; (low, high) each."""

    logit: tuple[float, float]
    probability: tuple[float, float]


@dataclass(frozen=True)
class Support:
    """Which known links stand behind the score of a pair.

    Attributes:
        degrees: known links of the source and of the target.
        same_component: whether known links lead from one to the other; None in checkpoints without components.
        distance: steps over known links, 0 for a node with itself; None beyond 3.
        exact: whether all walks were looked at; else a distance of None may be less.
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
        probability: σ(zᵢᵀzⱼ).
        logit: zᵢᵀzⱼ.
        known: whether the link is in the graph that the model was trained on.
        calibrated: the probability at a prior, where it was asked for and the link is not known.
        interval: where it was asked for, of two different nodes.
        support: where it was asked for.
    """

    probability: float
    logit: float
    known: bool
    calibrated: float | None = None
    interval: Interval | None = None
    support: Support | None = None


@dataclass(frozen=True)
class Scores:
    """How likely m links are, as arrays aligned with the question.

    Attributes:
        probability: float64 (m,), NaN for a pair with an unknown node.
        logit: float64 (m,), NaN likewise.
        known: bool (m,), False likewise.
        version: of the model that answered.
        calibrated: float64 (m,) where they were asked for, NaN for known links and unknown nodes.
        intervals: one for each pair where they were asked for, None for unknown nodes and a node with itself.
        supports: one for each pair where they were asked for, None for unknown nodes.
    """

    probability: Float64
    logit: Float64
    known: npt.NDArray[np.bool_]
    version: str
    calibrated: Float64 | None = None
    intervals: list[Interval | None] | None = None
    supports: list[Support | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Neighbor(Score):
    """One predicted neighbour."""

    node: str


@dataclass(frozen=True)
class Node:
    """What the graph knows of one node.

    Attributes:
        node: its id.
        degree: how many links it has.
        neighbors: some of the nodes that it is linked to.
    """

    node: str
    degree: int
    neighbors: list[str]


@dataclass(frozen=True)
class Table:
    """Vectors of nodes.

    Attributes:
        nodes: n ids.
        embeddings: float32 (n, D), a row of NaN for an unknown node.
    """

    nodes: list[str]
    embeddings: Float32


@dataclass(frozen=True)
class Map:
    """All nodes in a plane.

    Attributes:
        nodes: n ids.
        points: float32 (n, 2), x and y of each.
    """

    nodes: list[str]
    points: Float32


@dataclass(frozen=True)
class Feature:
    """What one feature of a node adds to a logit."""

    feature: str
    value: float
    contribution: float


@dataclass(frozen=True)
class Contribution:
    """What one node adds to a logit.

    Attributes:
        node: its id.
        contribution: what it adds; `features`, `rest` and `bias` add up to it, where the model tells them.
        features: its largest features.
        rest: of all its other features, or None.
        bias: of its learned row, or None.
        stranger: whether `node` is a name of the request.
    """

    node: str
    contribution: float
    features: list[Feature]
    rest: float | None
    bias: float | None
    stranger: bool = False


@dataclass(frozen=True)
class Side:
    """A logit read from one end.

    Attributes:
        node: the end.
        own: what it adds itself; with `others` and `rest` it is the logit. None for leave-one-out.
        others: the nodes that add or take most.
        rest: of all other nodes, or None.
        exact: whether all that reaches the end was looked at; else `rest` holds it.
        fidelity: by how much the probability falls without the links to all `others`; for leave-one-out alone.
    """

    node: str
    own: Contribution | None
    others: list[Contribution]
    rest: float | None
    exact: bool
    fidelity: float | None


@dataclass(frozen=True, kw_only=True)
class Explanation(Score):
    """Why a pair has its logit.

    Attributes:
        method: "contributions" or "leave-one-out".
        sides: read from the source and from the target.
        common_neighbors: how many nodes are linked to both, and some of them.
    """

    method: str
    sides: tuple[Side, Side]
    common_neighbors: tuple[int, list[str]]


@dataclass(frozen=True)
class StrangerExplanation:
    """Why a stranger has its logit with a target; as `Explanation`, its sides read from the stranger and from the target."""

    method: str
    sides: tuple[Side, Side]
    common_neighbors: tuple[int, list[str]]


@dataclass(frozen=True)
class Unseen:
    """A node that was not there at training.

    Attributes:
        approximate: whether the encoder looks at something that it has not, or that was not given.
        embedding: float32 (D,).
        probability: float64 (m,), of links to the targets; NaN for an unknown one. None without targets.
        logit: float64 (m,) likewise.
        neighbors: its predicted neighbours, the likeliest first, where `k` asked for some.
        calibrated: float64 (m,) where they were asked for, NaN for links that were given and unknown targets.
        intervals: one for each target where they were asked for, None for unknown ones.
        supports: likewise, over its links to known nodes.
        explanations: likewise.
    """

    approximate: bool
    embedding: Float32
    probability: Float64 | None
    logit: Float64 | None
    neighbors: list[Neighbor] | None
    calibrated: Float64 | None = None
    intervals: list[Interval | None] | None = None
    supports: list[Support | None] | None = None
    explanations: list[StrangerExplanation | None] | None = None


def unseen_of(answer: Any) -> Unseen:
    """From an answer of `POST unseen` with a vector, or one of its results."""
    probability, logit = (
        None if answer[name] is None else np.array(answer[name], np.float64) for name in ("probability", "logit")
    )
    found = None if answer["neighbors"] is None else neighbors_of(answer)
    return Unseen(
        answer["approximate"],
        np.array(answer["embedding"], np.float32),
        probability,
        logit,
        found,
        calibrated=np.array(answer["calibrated"], np.float64) if "calibrated" in answer else None,
        intervals=[interval_of(ends) for ends in answer["interval"]] if "interval" in answer else None,
        supports=[support_of(told) for told in answer["support"]] if "support" in answer else None,
        explanations=[part and _explanation(part) for part in answer["explanation"]]
        if "explanation" in answer
        else None,
    )


def _explanation(part: Any) -> StrangerExplanation:
    source, target = (_side(side) for side in part["sides"])
    common = part["common_neighbors"]
    return StrangerExplanation(part["method"], (source, target), (common["count"], common["nodes"]))


def explanation_of(answer: Any) -> Explanation:
    """From an answer of `GET explanation`."""
    source, target = (_side(side) for side in answer["sides"])
    common = answer["common_neighbors"]
    return Explanation(
        **score_of(answer),
        method=answer["method"],
        sides=(source, target),
        common_neighbors=(common["count"], common["nodes"]),
    )


def _side(side: Any) -> Side:
    own = None if side["self"] is None else _contribution(side["self"])
    others = [_contribution(part) for part in side["others"]]
    return Side(side["node"], own, others, side["rest"], side["exact"], side["fidelity"])


def _contribution(part: Any) -> Contribution:
    features = [Feature(f["feature"], f["value"], f["contribution"]) for f in part["features"]]
    stranger = part.get("stranger", False)
    return Contribution(part["node"], part["contribution"], features, part["rest"], part["bias"], stranger)


def scores_of(answer: Any) -> Scores:
    """From the columns of `POST scores`; null becomes NaN, and False."""
    return Scores(
        probability=np.array(answer["probability"], np.float64),
        logit=np.array(answer["logit"], np.float64),
        known=np.array([known is True for known in answer["known"]]),
        version=answer["version"],
        calibrated=np.array(answer["calibrated"], np.float64) if "calibrated" in answer else None,
        intervals=[interval_of(ends) for ends in answer["interval"]] if "interval" in answer else None,
        supports=[support_of(told) for told in answer["support"]] if "support" in answer else None,
    )


def score_of(answer: Any) -> dict[str, Any]:
    """What a `Score` is made of, from an answer or an entry."""
    told = {name: answer[name] for name in ("probability", "logit", "known")}
    return {
        **told,
        "calibrated": answer.get("calibrated"),
        "interval": interval_of(answer.get("interval")),
        "support": support_of(answer.get("support")),
    }


def interval_of(ends: Any) -> Interval | None:
    """From `interval`, where there is one."""
    return None if ends is None else Interval(tuple(ends["logit"]), tuple(ends["probability"]))


def support_of(told: Any) -> Support | None:
    """From `support`, where there is one."""
    if told is None:
        return None
    one, other = told["degrees"]
    return Support((one, other), told["same_component"], told["distance"], told["exact"], told["cold_start"])


def neighbors_of(answer: Any) -> list[Neighbor]:
    """From an answer or a result that has `neighbors`."""
    return [Neighbor(node=entry["node"], **score_of(entry)) for entry in answer["neighbors"]]
