"""Explanations of a pair's logit, as a client returns them."""

from dataclasses import dataclass
from typing import Any

from latentlink.client.answers import Score, score_of


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
        own: its own contribution; with `others` and `rest` it is the logit. None for leave-one-out.
        others: the nodes with the largest contributions.
        rest: of all other nodes, or None.
        exact: whether all nodes that reach the end were added up; if not, `rest` holds the others.
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
class NewNodeExplanation:
    """Why a new node has its logit with a target: as `Explanation`, with sides read from the new node and from the target."""

    method: str
    sides: tuple[Side, Side]
    common_neighbors: tuple[int, list[str]]


def new_node_explanation_of(part: Any) -> NewNodeExplanation:
    """From an entry of `explanation` in an answer of `POST unseen`."""
    source, target = (_side(side) for side in part["sides"])
    common = part["common_neighbors"]
    return NewNodeExplanation(part["method"], (source, target), (common["count"], common["nodes"]))


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
    is_new = part.get("stranger", False)
    return Contribution(part["node"], part["contribution"], features, part["rest"], part["bias"], is_new)
