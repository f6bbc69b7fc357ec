"""Graphs as those of PyG and networkx, and back."""

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph
from latentlink.models.sources.memory.to_networkx import to_networkx
from latentlink.models.sources.memory.to_pyg import to_pyg

LINKS = pd.DataFrame(
    {
        "source": ["a", "b", "c", "b"],
        "target": ["b", "c", "a", "d"],
        "weight": [0.1, 2, 3, 4],
        "time": [1.5, 2, 3, 4],
        "relation": ["r", "s", "r", "r"],
        "split": ["train", "valid", "test", "train"],
    }
)
NODES = pd.DataFrame({"node": list("edcba"), "age": [1, 2, 3, 4, 7.5], "city": list("xyxyx"), "paid": [1, 0, 0, 1, 1]})
NAMED: dict[str, dict[str, Any]] = {
    "undirected": {"time": "time", "split_column": "split"},
    "directed": {"time": "time", "split_column": "split"},
    "relations": {"relation_column": "relation", "split_column": "split"},
}


def read(kind: str) -> Graph:
    """A graph of a kind, with all that it can have."""
    return load_graph(edges=LINKS, features=NODES, directed=kind == "directed", **NAMED[kind])


def same(one: Graph, other: Graph) -> bool:
    """Whether fingerprints and parts of the split are equal."""
    assert one.parts is not None
    assert other.parts is not None
    return one.fingerprint() == other.fingerprint() and one.parts.tolist() == other.parts.tolist()


@pytest.mark.parametrize("kind", NAMED)
def test_data_reads_back_as_the_same_graph(kind: str) -> None:
    """Ids, edges, weights, times, features, relations and the split, to the bit."""
    graph = read(kind)
    back = load_graph(edges=to_pyg(graph), directed=kind == "directed", **NAMED[kind])
    assert same(back, graph)


@pytest.mark.parametrize("kind", NAMED)
def test_networkx_reads_back_as_the_same_graph(kind: str) -> None:
    """And its nodes have the columns of the table, in its units."""
    graph = read(kind)
    network = to_networkx(graph)
    assert same(load_graph(edges=network, directed=kind == "directed", **NAMED[kind]), graph)
    if kind != "relations":  # whose model takes no features
        assert network.nodes["a"] == {"age": 7.5, "city": "x", "paid": 1.0}


def test_hetero_data_reads_back_as_the_same_graph() -> None:
    """Nodes of two types with features of their own; the first type is that of the sources."""
    users = pd.DataFrame({"node": ["1", "2", "3"], "age": [1, 2, 4]})
    films = pd.DataFrame({"node": ["2", "1"], "year": [1990, 1999]})
    links = pd.DataFrame({"source": ["1", "2"], "target": ["1", "1"], "weight": [1, 2.5]})
    kinds: dict[str, Any] = {"source_type": "user", "target_type": "film"}
    graph = load_graph(edges=links, features={"user": users, "film": films}, **kinds)
    data = to_pyg(graph)
    assert data["user", "to", "film"].edge_index.tolist() == [[0, 1], [1, 1]]
    assert load_graph(edges=data).fingerprint() == graph.fingerprint()
    network = to_networkx(graph)
    assert network.nodes["film:1"] == {"type": "film", "year": 1999.0}
    assert sorted(network.edges(data="weight")) == [("user:1", "film:1", 1.0), ("user:2", "film:1", 2.5)]


def test_features_without_names_are_numbered() -> None:
    """As those of an .npz."""
    graph = load_graph(
        edges=to_pyg(Graph.from_pairs(["a", "b"], np.array([[0, 1]]), None, np.array([[1, 2], [3, 4]], np.float32)))
    )
    assert dict(to_networkx(graph).nodes(data=True)) == {"a": {"x0": 1.0, "x1": 2.0}, "b": {"x0": 3.0, "x1": 4.0}}


def test_the_club_of_networkx_is_itself_again() -> None:
    """Nodes by their text, links, weights and clubs."""
    club = nx.relabel_nodes(nx.karate_club_graph(), str)
    back = to_networkx(load_graph(edges=club))
    assert (dict(back.nodes(data=True)), back.adj) == (dict(club.nodes(data=True)), club.adj)
