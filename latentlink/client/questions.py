"""Options of the calls of a client."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class More(TypedDict, total=False):
    """Annotations of scores: `include=["calibrated", "support"]`, the `prior` of calibrated values, and an `interval`."""

    include: Sequence[str]
    prior: float
    interval: float


class Ends(TypedDict, total=False):
    """The types of both ends of a pair, in typed models: needed for an id that several types have."""

    source_type: str
    target_type: str


class Scored(More, Ends, total=False):
    """Annotations of scores, and the types of both ends."""


class Searched(More, total=False):
    """Options of a search of any node; `target_type` is the only type of the answers, in typed models.

    `filter` has conditions on columns of the node table: `{"city": ["Rome", "Oslo"], "age": {"gte": 18}}`.
    """

    target_type: str
    k: int
    known: bool
    min_probability: float
    exact: bool
    filter: Mapping[str, Any]
    candidates: Sequence[str]
    exclude: Sequence[str]
    on_unknown: str


class OfType(TypedDict, total=False):
    """The type of nodes, in typed models: needed for an id that several types have."""

    type: str


class Search(Searched, OfType, total=False):
    """Options of a search; `candidates`, `exclude` and `on_unknown` are for a search for many nodes only.

    In directed models `direction` is "out" (the default) for targets of links from a node, "in" for sources of links to it.
    """

    direction: str


class Which(OfType, total=False):
    """Which vectors: of the `role` "target" or "source", with `parts="all"` also their sparse parts."""

    role: str
    parts: str


class NewNode(TypedDict, total=False):
    """A new node, absent from the training graph; in typed models with its `type`."""

    type: str
    features: Mapping[str, float | str | Sequence[str]] | Sequence[float]
    neighbors: Sequence[str]
    weights: Sequence[float]


class NewNodeQuery(NewNode, total=False):
    """A new node, and the known nodes to score it against."""

    targets: Sequence[str]


class Together(Searched, total=False):
    """Options for several new nodes; `limit` is the length of the lists of `include=["explanation"]`."""

    targets: Sequence[str]
    link_weights: Sequence[float]
    limit: int
