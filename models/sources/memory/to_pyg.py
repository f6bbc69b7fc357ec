"""A graph as a `Data` or `HeteroData` of PyTorch Geometric; `read_graph` reads it back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from latentlink.models.arrays import Bool, Int64
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import Features, of_block
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.relations import PART_NAMES

if TYPE_CHECKING:
    from torch_geometric.data import Data, HeteroData


def to_pyg(graph: Graph) -> "Data | HeteroData":
    """The graph as `Data` or, with types of nodes, as `HeteroData`; it needs the extra `train`.

    Args:
        graph: N nodes and E edges.

    Returns:
        `edge_index` int64 (2, E), of undirected edges (2, 2E), each in both directions; `node_id`, N ids; `x` float32 (N, F),
        `edge_weight` float32, `time` float64, `relation` and `split`, texts, where the graph has them, one for each link of
        `edge_index`. A `HeteroData` has one type of edges, `to`, for each pair of linked types, in one direction.

    Examples:
        >>> from latentlink import read_graph, to_pyg
        >>> to_pyg(read_graph([("ann", "bob"), ("bob", "cem")])).edge_index.tolist()
        [[0, 1, 1, 2], [1, 2, 0, 1]]
    """
    from torch_geometric.data import Data, HeteroData  # seconds, which no other caller needs to wait

    if graph.types is None:
        rows = np.arange(graph.n_nodes)
        return Data(**_nodes(graph, rows, graph.features), **_links(graph, rows, np.ones(graph.n_edges, np.bool_)))
    data, place = HeteroData(), np.zeros(graph.n_nodes, np.int64)
    for kind, name in enumerate(graph.types.names):
        rows = np.flatnonzero(graph.types.of == kind)
        place[rows] = np.arange(len(rows))
        data[name].update(_nodes(graph, rows, _of_type(graph, name, rows)))
    ends = np.sort(graph.types.of[graph.edges], axis=1)
    for one, other in graph.types.linked.tolist():
        names = graph.types.names[one], "to", graph.types.names[other]
        data[names].update(_links(graph, place, (ends == (one, other)).all(axis=1)))
    return data


def _nodes(graph: Graph, rows: Int64, features: Features | None) -> dict[str, Any]:
    """The attributes of some nodes, int64 (m,), with their features, (m, F)."""
    import torch

    found: dict[str, Any] = {"node_id": [graph.ids[row] for row in rows.tolist()], "num_nodes": len(rows)}
    if features is not None and features.shape[1]:
        dense = features.to_dense() if isinstance(features, CSR) else np.array(features)
        found["x"] = torch.from_numpy(dense)
    return found


def _of_type(graph: Graph, name: str, rows: Int64) -> Features | None:
    """The features of the nodes of a type: those of its table, if it has one of its own."""
    if graph.features is None or graph.preprocessing is None or not graph.preprocessing.types:
        return None if graph.features is None else of_block(graph.features, rows, slice(0, graph.n_features))
    return of_block(graph.features, rows, graph.preprocessing.of_type(name)[1])


def _links(graph: Graph, place: Int64, chosen: Bool) -> dict[str, Any]:
    """The attributes of some edges, bool (E,), between nodes at places, int64 (N,), among those of their types."""
    import torch

    edges, twice = graph.edges[chosen], not graph.directed
    if graph.types is not None:  # from the first type to the second
        of = graph.types.of[edges]
        edges = np.where((of[:, 0] > of[:, 1])[:, None], edges[:, ::-1], edges)
        twice = bool((of[:, 0] == of[:, 1]).all())
    ends = np.concatenate([edges, edges[:, ::-1]]) if twice else edges
    found: dict[str, Any] = {"edge_index": torch.from_numpy(np.ascontiguousarray(place[ends].T))}
    for name, values in (("edge_weight", graph.weights), ("time", graph.times)):
        if values is not None:
            found[name] = torch.from_numpy(np.tile(values[chosen], 1 + twice))
    if graph.relations is not None:
        found["relation"] = _texts(graph.relations.names, graph.relations.of[chosen], twice)
    if graph.parts is not None:
        found["split"] = _texts(PART_NAMES, graph.parts[chosen], twice)
    return found


def _texts(names: Sequence[str], of: Any, twice: bool) -> list[str]:
    return [names[place] for place in of.tolist()] * (1 + twice)
