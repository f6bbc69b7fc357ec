"""Options of the calls of a client, as keyword arguments; docs/reference/client.md has the meaning of each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from latentlink.client.ids import texts

_OF_IDS = {"candidates", "exclude", "neighbors", "sources", "targets"}  # options that are several ids


class NodeType(TypedDict, total=False):
    """The type of the nodes of a call."""

    type: str


class NodeOptions(NodeType, total=False):
    """Options of a node: its type, and the relation of its links."""

    relation: str


class PairTypes(TypedDict, total=False):
    """The types of the two ends of pairs."""

    source_type: str
    target_type: str


class Annotations(TypedDict, total=False):
    """What is added to scores."""

    include: str | Sequence[str]
    prior: float
    interval: float


class ScoreOptions(Annotations, PairTypes, total=False):
    """Options of the score of a pair."""

    relation: str


class ScoresOptions(ScoreOptions, total=False):
    """Options of the scores of pairs."""

    relations: Sequence[str]


class _Search(Annotations, total=False):
    """Options that every search has."""

    k: int
    target_type: str
    known: bool
    min_probability: float
    exact: bool
    filter: Mapping[str, Any]
    candidates: Sequence[str]
    exclude: Sequence[str]
    on_unknown: str


class SearchOptions(NodeOptions, _Search, total=False):
    """Options of a search for predicted neighbours."""

    direction: str


class NewNodeOptions(_Search, total=False):
    """Options of a new node, whose predicted neighbours are searched where `k` is given."""

    limit: int


class NewNodesOptions(NewNodeOptions, total=False):
    """Options of several new nodes."""

    targets: Sequence[str]
    link_weights: Sequence[float]


class LinksOptions(TypedDict, total=False):
    """Which links of the whole graph to list: the `limit` most likely ones, or the `per_node` most likely ones of each source."""

    limit: int
    per_node: int
    min_probability: float
    min_calibrated: float
    known: bool
    relation: str
    source_type: str
    target_type: str
    sources: Sequence[str]
    targets: Sequence[str]
    filter: Mapping[str, Any]
    include: str | Sequence[str]


class VectorOptions(NodeOptions, total=False):
    """Which vectors to return."""

    role: str
    parts: str


def in_body(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as a body has them: `include` as a list, also of one name, and ids as texts.

    Raises:
        TypeError: ids are neither texts nor whole numbers.
    """
    of_ids = {name: texts(value) for name, value in options.items() if name in _OF_IDS and _is_list(value)}
    return {**options, **of_ids} | ({"include": several(options["include"])} if "include" in options else {})


def in_query(value: Any) -> Any:
    """An option as a query has it: a filter as JSON."""
    if isinstance(value, Mapping):
        return json.dumps(value, allow_nan=False)
    return str(value).lower() if isinstance(value, bool) else value


def several(names: str | Sequence[str]) -> list[str]:
    """One name or several, as a list."""
    return [names] if isinstance(names, str) else [*names]


def _is_list(value: Any) -> bool:
    """Whether it holds several; all else the service refuses."""
    return not isinstance(value, str | Mapping) and isinstance(value, Iterable)
