"""Components against networkx."""

import networkx as nx
import numpy as np

from latentlink.models.evaluation.strata import components
from latentlink.models.graph.graph import adjacency


def test_components_are_networkxs() -> None:
    """Of a graph with many, single nodes among them, numbered by their first nodes."""
    random = np.random.default_rng(0)
    edges = np.unique(np.sort(random.choice(200, (80, 2)), axis=1), axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    graph = nx.Graph(edges.tolist())
    graph.add_nodes_from(range(200))
    expected = np.empty(200, np.int64)
    for number, nodes in enumerate(sorted(nx.connected_components(graph), key=min)):
        expected[list(nodes)] = number
    found = components(adjacency(200, edges))
    assert found.dtype == np.int32
    assert found.tolist() == expected.tolist()
