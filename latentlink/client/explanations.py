"""Explanations of a pair's logit, as a client returns them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from latentlink.client.answers import Score, score_of
from latentlink.client.frames import contributions

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Feature:
    """The contribution of one feature of a node to a logit."""

    feature: str
    value: float
    contribution: float


@dataclass(frozen=True)
class Contribution:
    """The contribution of one node to a logit.

    Attributes:
        node: its id.
        contribution: to the logit; `features`, `rest` and `bias` add up to it, where the model has such parts.
        features: its largest features.
        rest: of all its other features, or None.
        bias: of its learned embedding, or None.
        stranger: whether `node` is a new node of the request.
        type: its type, in typed models, unless it is new.
    """

    node: str
    contribution: float
    features: list[Feature]
    rest: float | None
    bias: float | None
    stranger: bool = False
    type: str | None = None


@dataclass(frozen=True)
class Side:
    """A logit read from one end.

    Attributes:
        node: the end.
        own: its own contribution; with `others` and `rest` it is the logit, or its dense part. None for leave-one-out.
        others: the nodes with the largest contributions.
        rest: of all other nodes, or None.
        exact: whether all nodes that reach the end were added up; if not, `rest` holds the others.
        fidelity: by how much the probability falls without the links to all `others`; for leave-one-out alone.
        type: of the end, in typed models, unless it is new.
    """

    node: str
    own: Contribution | None
    others: list[Contribution]
    rest: float | None
    exact: bool
    fidelity: float | None
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation(Score):
    """Why a pair has its logit.

    Attributes:
        method: "contributions" or "leave-one-out".
        sides: read from the source and from the target; none for a model without dense columns.
        common_neighbors: how many nodes are linked to both, and some of them.
        parts: what each part adds to the logit, by its name, for a model that has parts; `sides` are of "dense" then.
        shared: what each of the listed common neighbours adds, for a model with shared links.
    """

    method: str
    sides: tuple[Side, ...]
    common_neighbors: tuple[int, list[str]]
    parts: dict[str, float] = field(default_factory=dict)
    shared: dict[str, float] = field(default_factory=dict)

    def to_pandas(self) -> "DataFrame":
        """A row for each end and node: `end`, `node`, `contribution`; `node` is None for all nodes that are not listed."""
        return contributions(self.sides)


@dataclass(frozen=True)
class NewNodeExplanation:
    """Why a new node has its logit with a target: as `Explanation`, with sides read from the new node and from the target."""

    method: str
    sides: tuple[Side, ...]
    common_neighbors: tuple[int, list[str]]
    parts: dict[str, float] = field(default_factory=dict)
    shared: dict[str, float] = field(default_factory=dict)

    def to_pandas(self) -> "DataFrame":
        """A row for each end and node: `end`, `node`, `contribution`; `node` is None for all nodes that are not listed."""
        return contributions(self.sides)


def new_node_explanation_of(part: Any) -> NewNodeExplanation:
    """From an entry of `explanation` in an answer of `POST unseen`."""
    return NewNodeExplanation(**_fields(part))


def explanation_of(answer: Any) -> Explanation:
    """From an answer of `GET explanation`."""
    return Explanation(**score_of(answer), **_fields(answer))


class _Fields(TypedDict):
    """The arguments of an explanation."""

    method: str
    sides: tuple[Side, ...]
    common_neighbors: tuple[int, list[str]]
    parts: dict[str, float]
    shared: dict[str, float]


def _fields(answer: Any) -> _Fields:
    common = answer["common_neighbors"]
    shares = common.get("contributions")
    return {
        "method": answer["method"],
        "sides": tuple(_side(side) for side in answer["sides"]),
        "common_neighbors": (common["count"], common["nodes"]),
        "parts": answer.get("parts", {}),
        "shared": {} if shares is None else dict(zip(common["nodes"], shares, strict=True)),
    }


def _side(side: Any) -> Side:
    own = None if side["self"] is None else _contribution(side["self"])
    others = [_contribution(part) for part in side["others"]]
    return Side(side["node"], own, others, side["rest"], side["exact"], side["fidelity"], side.get("type"))


def _contribution(part: Any) -> Contribution:
    features = [Feature(f["feature"], f["value"], f["contribution"]) for f in part["features"]]
    is_new, kind = part.get("stranger", False), part.get("type")
    return Contribution(part["node"], part["contribution"], features, part["rest"], part["bias"], is_new, kind)
