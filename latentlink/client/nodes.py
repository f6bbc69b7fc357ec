"""Nodes of the graph as a client returns them."""

from dataclasses import dataclass, fields
from typing import Any


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


def node_of(answer: Any) -> Node:
    """From an answer of `GET node`; a member that this client does not know is left out."""
    return Node(**{field.name: answer.get(field.name) for field in fields(Node)})
