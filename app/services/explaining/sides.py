"""Sides of a logit: the contributions of the nodes around an end, or the change when their links are left out.

A logit zᵢᵀzⱼ can be read from either side: zᵢ is made of what reaches i, while zⱼ is taken as it is, and the other way round.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from latentlink.app.services.encoder import Embedded
from latentlink.models.arrays import Float64, Int64, Ints

Name = Literal["contributions", "leave-one-out"]


@dataclass(frozen=True)
class FeaturePart:
    """The contribution of one encoded feature of a node; `column` is its place among the F."""

    column: int
    value: float
    contribution: float


@dataclass(frozen=True)
class NodePart:
    """The contribution of one node: of its largest features, their `rest`, and its learned embedding, `bias`; None without it."""

    row: int
    contribution: float
    features: list[FeaturePart]
    rest: float | None = None
    bias: float | None = None


@dataclass(frozen=True)
class Side:
    """A logit read from one end.

    Attributes:
        row: the end.
        own: what it adds itself; None where links are left out.
        others: the other nodes with the largest contributions by absolute value.
        rest: what all other nodes add, so that own, others and rest are the logit; None where links are left out.
        exact: whether all nodes that reach the end were searched; else `rest` holds the others.
        fidelity: by how much the probability would fall without all links to `others`; None where nothing is left out.
    """

    row: int
    own: NodePart | None
    others: list[NodePart]
    rest: float | None
    exact: bool = True
    fidelity: float | None = None


class Method(Protocol):
    """A way to explain; `name` is what answers call it."""

    name: Name

    def sides(self, source: int, target: int, limit: int) -> Iterator[Side]:
        """Both sides of a pair of rows, with up to `limit` others each; each is computed when it is asked for."""

    def sides_of_new_node(self, one: Embedded, targets: list[int], limit: int) -> Iterator[Iterator[Side]]:
        """As `sides`, of a new node, whose group has the rows from N on, with each of some rows."""

    def side_work(self, near: Ints, other: Ints, limit: int) -> int:
        """About how many ns one side takes, at most, by the known neighbours of its end and of the other end."""


def largest(values: Float64, limit: int, own: int = -1) -> Int64:
    """Where the largest values by size stand, up to `limit`, the largest first and of equals the first; never `own`."""
    order = np.argsort(-np.abs(values), kind="stable")
    return np.asarray(order[order != own][:limit])
