"""What the calls of a client return."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How likely one link is.

    Attributes:
        probability: σ(zᵢᵀzⱼ).
        logit: zᵢᵀzⱼ.
        known: whether the link is in the graph that the model was trained on.
    """

    probability: float
    logit: float
    known: bool


@dataclass(frozen=True)
class Scores:
    """How likely m links are, as arrays aligned with the question.

    Attributes:
        probability: float64 (m,), NaN for a pair with an unknown node.
        logit: float64 (m,), NaN likewise.
        known: bool (m,), False likewise.
        version: of the model that answered.
    """

    probability: Float64
    logit: Float64
    known: npt.NDArray[np.bool_]
    version: str


@dataclass(frozen=True)
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


def scores_of(answer: Any) -> Scores:
    """From the columns of `POST scores`; null becomes NaN, and False."""
    probability, logit = (np.array(answer[name], np.float64) for name in ("probability", "logit"))
    return Scores(probability, logit, np.array([known is True for known in answer["known"]]), answer["version"])


def neighbors_of(answer: Any) -> list[Neighbor]:
    """From an answer or a result that has `neighbors`."""
    return [Neighbor(n["probability"], n["logit"], n["known"], n["node"]) for n in answer["neighbors"]]
