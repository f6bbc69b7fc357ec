"""A graph as one of networkx; `read_graph` reads it back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from latentlink.models.arrays import Float32, Int64
from latentlink.models.graph.columns import Binary, Category, Encoder, Number
from latentlink.models.graph.features import dense_rows
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing
from latentlink.models.sources.relations import PART_NAMES

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(graph: Graph) -> "nx.Graph":
    """The graph as a `Graph`, a `DiGraph` or, with relations, a `MultiDiGraph`; it needs the extra `train`.

    Args:
        graph: N nodes and E edges.

    Returns:
        Nodes are called by their ids, or by `type:id` where an id is a node of two types; they have `type`, and the columns of
        which the features were made, numbers in their own units. Edges have `weight`, `time`, `relation` and `split`, as far as
        the graph has them.

    Examples:
        >>> from latentlink import read_graph, to_networkx
        >>> list(to_networkx(read_graph([("ann", "bob", 2), ("bob", "cem", 5)])).edges(data="weight"))
        [('ann', 'bob', 2.0), ('bob', 'cem', 5.0)]
    """
    import networkx as nx  # a quarter of a second, which no other caller needs to wait

    network = nx.MultiDiGraph() if graph.relations is not None else nx.DiGraph() if graph.directed else nx.Graph()
    names = _names(graph)
    network.add_nodes_from(zip(names, _attributes(graph), strict=True))
    ends = ((names[one], names[other]) for one, other in graph.edges.tolist())
    links = _rows(_edge_columns(graph), graph.n_edges)
    network.add_edges_from((one, other, link) for (one, other), link in zip(ends, links, strict=True))
    return network


def _names(graph: Graph) -> Sequence[str]:
    """What the nodes are called, distinct."""
    if graph.types is None or len(set(graph.ids)) == graph.n_nodes:
        return graph.ids
    return [f"{graph.types.names[kind]}:{node}" for node, kind in zip(graph.ids, graph.types.of.tolist(), strict=True)]


def _rows(columns: Mapping[str, Sequence[Any]], n: int) -> list[dict[str, Any]]:
    """The attributes of each of n nodes or links."""
    return [{name: column[row] for name, column in columns.items()} for row in range(n)]


def _edge_columns(graph: Graph) -> dict[str, Sequence[Any]]:
    columns: dict[str, Sequence[Any]] = {}
    for name, values in (("weight", graph.weights), ("time", graph.times)):
        if values is not None:
            columns[name] = values.tolist()
    if graph.relations is not None:
        columns["relation"] = [graph.relations.names[place] for place in graph.relations.of.tolist()]
    if graph.parts is not None:
        columns["split"] = [PART_NAMES[place] for place in graph.parts.tolist()]
    return columns


def _attributes(graph: Graph) -> list[dict[str, Any]]:
    """Of each node the columns of which its features were made, `x0`, `x1` and so on where they have no names, and its type."""
    found: list[dict[str, Any]] = [{} for _ in range(graph.n_nodes)]
    for rows, part, columns in _parts(graph):
        x = (
            np.zeros((len(rows), 0), np.float32)
            if graph.features is None
            else dense_rows(graph.features, rows)[:, columns]
        )
        cells = {encoder.name: _decoded(encoder, x[:, block]) for encoder, block in part.blocks()}
        for row, own in zip(rows.tolist(), _rows(cells, len(rows)), strict=True):
            found[row] |= own
    if graph.types is not None:
        for node, kind in zip(found, graph.types.of.tolist(), strict=True):
            node["type"] = graph.types.names[kind]
    return found


def _parts(graph: Graph) -> Iterator[tuple[Int64, Preprocessing, slice]]:
    """Nodes, int64 (m,), of one table each, with what made its features and their columns among the F."""
    made, every = graph.preprocessing, np.arange(graph.n_nodes)
    if graph.types is None or made is None or not made.types:
        names = (f"x{place}" for place in range(graph.n_features))
        yield every, Preprocessing.named(names) if made is None else made, slice(0, graph.n_features)
        return
    for kind, name in enumerate(graph.types.names):
        yield np.flatnonzero(graph.types.of == kind), *made.of_type(name)


def _decoded(encoder: Encoder, x: Float32) -> Sequence[Any]:
    """The cells of which the columns (N, width) were made: numbers in their unit, texts and lists, None where one is missing."""
    if isinstance(encoder, Number):
        return list(encoder.decoded(x[:, 0]).tolist())
    if isinstance(encoder, Binary):
        return list(x[:, 0].tolist())
    known = [not np.isnan(row).any() for row in x]
    entries = [
        [encoder.values[at] for at in np.flatnonzero(row)] if own else None for row, own in zip(x, known, strict=True)
    ]
    if isinstance(encoder, Category):
        return [own[0] if own else None for own in entries]
    delimiter = encoder.delimiter
    return entries if delimiter is None else [None if own is None else delimiter.join(own) for own in entries]
