"""Options of the calls of a client."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class More(TypedDict, total=False):
    """Annotations of scores: `include=["calibrated", "support"]`, the `prior` of calibrated values, and an `interval`."""

    include: Sequence[str]
    prior: float
    interval: float


class Search(More, total=False):
    """Options of a search; `candidates`, `exclude` and `on_unknown` are for a search for many nodes only.

    `filter` has conditions on columns of the node table: `{"city": ["Rome", "Oslo"], "age": {"gte": 18}}`.
    """

    k: int
    known: bool
    min_probability: float
    exact: bool
    filter: Mapping[str, Any]
    candidates: Sequence[str]
    exclude: Sequence[str]
    on_unknown: str


class Which(TypedDict, total=False):
    """Which vectors: of the `role` "target" or "source", with `parts="all"` also their sparse parts."""

    role: str
    parts: str


class NewNode(TypedDict, total=False):
    """A new node, absent from the training graph."""

    features: Mapping[str, float | str | Sequence[str]] | Sequence[float]
    neighbors: Sequence[str]
    weights: Sequence[float]


class NewNodeQuery(NewNode, total=False):
    """A new node, and the known nodes to score it against."""

    targets: Sequence[str]


class Together(Search, total=False):
    """Options for several new nodes; `limit` is the length of the lists of `include=["explanation"]`."""

    targets: Sequence[str]
    link_weights: Sequence[float]
    limit: int
