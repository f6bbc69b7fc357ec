"""The results of a client's calls."""

from dataclasses import dataclass, fields
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

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
    """One predicted neighbour; `type` is its type, in typed models."""

    node: str
    type: str | None = None


@dataclass(frozen=True)
class NodeList:
    """The first ids that match a text.

    Attributes:
        nodes: n ids.
        types: in typed models, the type of each.
        exact: whether all ids were searched, unless as many as requested were found before; if not, others may match.
    """

    nodes: list[str]
    types: list[str] | None = None
    exact: bool = True


@dataclass(frozen=True)
class Node:
    """One node of the graph.

    Attributes:
        node: its id.
        degree: how many links it has; in directed models, from it.
        neighbors: some of the nodes that it is linked to.
        in_degree: in directed models, how many links lead to it.
        in_neighbors: in directed models, some of their sources.
        type: in typed models, its type.
        neighbor_types: in typed models, those of `neighbors`.
        in_neighbor_types: in models that are both, those of `in_neighbors`.
        relation: in models with relations, that of all of these links, where it was requested.
        neighbor_relations: else the relation of the link to each of `neighbors`.
        in_neighbor_relations: likewise of the link from each of `in_neighbors`.
    """

    node: str
    degree: int
    neighbors: list[str]
    in_degree: int | None = None
    in_neighbors: list[str] | None = None
    type: str | None = None
    neighbor_types: list[str] | None = None
    in_neighbor_types: list[str] | None = None
    relation: str | None = None
    neighbor_relations: list[str] | None = None
    in_neighbor_relations: list[str] | None = None


@dataclass(frozen=True)
class Table:
    """Vectors of nodes.

    Attributes:
        nodes: n ids.
        embeddings: float32 (n, D), a row of NaN for an unknown node.
        shared_links: for `parts="all"`, the sparse part of each: weights of known neighbours; empty for an unknown node.
        types: in typed models, the type of each; None for an unknown node.
    """

    nodes: list[str]
    embeddings: Float32
    shared_links: list[dict[str, float]] | None = None
    types: list[str | None] | None = None


@dataclass(frozen=True)
class Map:
    """All nodes in a plane.

    Attributes:
        nodes: n ids.
        points: float32 (n, 2), x and y of each.
        method: how they were made of the vectors, `pca` or `umap`.
        types: in typed models, the type of each.
    """

    nodes: list[str]
    points: Float32
    method: str
    types: list[str] | None = None


def node_of(answer: Any) -> Node:
    """From an answer of `GET node`; a member that this client does not know is left out."""
    return Node(**{field.name: answer.get(field.name) for field in fields(Node)})


def scores_of(answer: Any) -> Scores:
    """From the columns of `POST scores`; null becomes NaN, and False."""
    return Scores(
        probability=np.array(answer["probability"], np.float64),
        logit=np.array(answer["logit"], np.float64),
        known=np.array([known is True for known in answer["known"]]),
        version=answer["version"],
        calibrated=np.array(answer["calibrated"], np.float64) if "calibrated" in answer else None,
        intervals=[interval_of(ends) for ends in answer["interval"]] if "interval" in answer else None,
        supports=[support_of(links) for links in answer["support"]] if "support" in answer else None,
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


def neighbors_of(answer: Any) -> list[Neighbor]:
    """From an answer or a result that has `neighbors`."""
    return [Neighbor(node=entry["node"], type=entry.get("type"), **score_of(entry)) for entry in answer["neighbors"]]
