"""Graphs in GraphML, GML and node-link JSON."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats.networks import read_network
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable


def write_json(network: Any, path: Path) -> None:
    """Node-link JSON, as networkx's documentation writes it."""
    path.write_text(json.dumps(nx.node_link_data(network, edges="edges")))


WRITERS: dict[str, Callable[[Any, Path], None]] = {"graphml": nx.write_graphml, "gml": nx.write_gml, "json": write_json}


@pytest.fixture(params=WRITERS)
def save(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Any], Path]:
    """Write a network in each of the formats and return its path."""

    def save(network: Any) -> Path:
        path = tmp_path / f"graph.{request.param}"
        WRITERS[request.param](network, path)
        return path

    return save


def columns(table: EdgeTable) -> dict[str, list[Any]]:
    """The columns as lists."""
    return {name: list(column) for name, column in table.columns.items()}


def test_nodes_links_weights_and_numbers_survive(save: Callable[[Any], Path]) -> None:
    """What networkx wrote is what is read, the lonely node included."""
    network = nx.Graph()
    network.add_node("b", size=2, share=0.5)
    network.add_node("ä c", size=-1, share=1.0)
    network.add_node("lonely", size=0, share=0.0)
    network.add_edge("ä c", "b", weight=2.5)
    table = read_network(save(network))
    assert table.ids == ["b", "ä c", "lonely"]
    assert {frozenset(table.ids[row] for row in pair) for pair in table.pairs} == {frozenset(("b", "ä c"))}
    assert (table.weights is not None and table.weights.tolist(), table.notes) == ([2.5], ())
    assert columns(table) == {"share": [0.5, 1, 0], "size": [2, -1, 0]}


def test_numbers_become_ids_as_text(save: Callable[[Any], Path]) -> None:
    """Node 7 is called "7"."""
    assert read_network(save(nx.path_graph(3))).ids == ["0", "1", "2"]


def test_directions_are_dropped_and_told(save: Callable[[Any], Path]) -> None:
    """Both directions of a link are one edge, and the graph says so."""
    graph = load_graph(edges=save(nx.DiGraph([("a", "b"), ("b", "a"), ("b", "c")])))
    assert (graph.edges.tolist(), graph.duplicates) == ([[0, 1], [1, 2]], 1)
    assert graph.notes == (
        "The links are directed; they are read as undirected, so no direction is predicted; "
        "pass --directed to keep it.",
    )


def test_parallel_links_are_merged(save: Callable[[Any], Path]) -> None:
    """Their weights are summed, as for repeated rows of a table."""
    network = nx.MultiGraph()
    network.add_edge("a", "b", weight=1.0)
    network.add_edge("a", "b", weight=2.0)
    graph = load_graph(edges=save(network))
    assert (graph.edges.tolist(), graph.duplicates) == ([[0, 1]], 1)
    assert graph.weights is not None
    assert graph.weights.tolist() == [3.0]


def test_a_named_attribute_is_the_weight(save: Callable[[Any], Path]) -> None:
    """--weight goes before "weight"."""
    weights = read_network(save(nx.Graph([("a", "b", {"weight": 1, "n": 5})])), EdgeColumns(weight="n")).weights
    assert weights is not None
    assert weights.tolist() == [5.0]


def test_numbers_of_links_are_named_as_weights(save: Callable[[Any], Path]) -> None:
    """D3 and GML call them `value`; the option of the note reads them."""
    graph = nx.Graph()
    graph.add_edge("a", "b", value=2)
    graph.add_edge("b", "c", value=5)
    path = save(graph)
    assert ["--weight value" in note for note in load_graph(edges=path).notes] == [True]
    weighted = load_graph(edges=path, weight="value")
    assert (weighted.weights is not None and weighted.weights.tolist(), weighted.notes) == ([2, 5], ())


def test_weights_on_some_links_are_ignored_and_told(save: Callable[[Any], Path]) -> None:
    """Half a column of weights is no weighting."""
    table = read_network(save(nx.Graph([("a", "b", {"weight": 1}), ("b", "c")])))
    assert (table.weights, table.notes) == (None, ("Weights are ignored: only 1 of 2 edges have a 'weight'.",))


def test_attributes_of_some_nodes_are_ignored_and_told(save: Callable[[Any], Path]) -> None:
    """Numbers on some nodes only are no column; texts on all are one."""
    network = nx.Graph([("a", "b")])
    network.add_node("a", kind="x", size=1, age=3)
    network.add_node("b", kind="y", size=2)
    table = read_network(save(network))
    assert columns(table) == {"kind": ["x", "y"], "size": [1, 2]}
    assert table.notes == ("Node attributes that aren't of one kind on every node are ignored: 'age'.",)


def test_attributes_of_several_kinds_are_ignored_and_told(tmp_path: Path) -> None:
    """Lists and null are columns; a number beside a text, and an object, are none."""
    (tmp_path / "g.json").write_text(
        '{"nodes": [{"id": "a", "l": ["x", 1], "n": null, "o": {}, "v": 1}, {"id": "b", "l": null, "n": NaN, "o": {}, '
        '"v": "1\\ud800"}], "edges": [{"source": "a", "target": "b"}]}'
    )
    table = read_network(tmp_path / "g.json")
    assert columns(table)["l"] == [("x", "1"), None]
    assert np.isnan(columns(table)["n"]).all()
    assert table.notes == ("Node attributes that aren't of one kind on every node are ignored: 'o', 'v'.",)


def test_halves_of_characters_are_told_apart_no_more(tmp_path: Path) -> None:
    """What UTF-8 can't write, in a name or a value, can't go into a checkpoint: a question mark stands for it."""
    (tmp_path / "g.json").write_text(
        '{"nodes": [{"id": "a", "\\ud800": "\\udfff", "l": ["\\ud800"]}, {"id": "b", "\\ud800": "x", "l": []}], '
        '"edges": [{"source": "a", "target": "b"}]}'
    )
    assert columns(read_network(tmp_path / "g.json")) == {"l": [("?",), ()], "?": ["?", "x"]}


def test_a_packed_graph_is_unpacked(tmp_path: Path) -> None:
    """.graphml.gz holds a .graphml."""
    nx.write_graphml(nx.path_graph(2), tmp_path / "g.graphml")
    packed = tmp_path / "p.graphml.gz"
    packed.write_bytes(gzip.compress((tmp_path / "g.graphml").read_bytes()))
    assert read_network(packed).ids == ["0", "1"]


def test_gml_without_labels_uses_numbers(tmp_path: Path) -> None:
    """A node without a label makes all nodes go by their `id`."""
    path = tmp_path / "g.gml"
    path.write_text('graph [ node [ id 4 label "x" ] node [ id 5 ] edge [ source 4 target 5 ] ]')
    assert read_network(path).ids == ["4", "5"]


def test_a_feature_table_goes_before_attributes(tmp_path: Path) -> None:
    """--features orders the nodes and gives their columns."""
    edges, features = tmp_path / "g.graphml", tmp_path / "x.csv"
    network = nx.Graph([("a", "b")])
    nx.set_node_attributes(network, 9, "size")
    nx.write_graphml(network, edges)
    features.write_text("node,f\nb,1\na,0\n")
    graph = load_graph(edges=edges, features=features)
    assert (graph.ids, np.asarray(graph.features).tolist()) == (["b", "a"], [[1.0], [0.0]])


def test_a_linked_node_without_features_is_told_with_its_link(tmp_path: Path) -> None:
    """Links of a graph file are counted, since it has no rows."""
    edges, features = tmp_path / "g.gml", tmp_path / "x.csv"
    nx.write_gml(nx.Graph([("a", "b"), ("b", "c")]), edges)
    features.write_text("node,f\nb,1\na,2\n")
    with pytest.raises(DataError) as caught:
        load_graph(edges=edges, features=features)
    assert str(caught.value).startswith(f"{edges}, link 2: link: expected nodes with a row of features, found 1")


def test_a_named_weight_must_stand_on_every_link(save: Callable[[Any], Path]) -> None:
    """An attribute that the caller names isn't silently left out."""
    with pytest.raises(DataError, match=r"edge 'b' - 'c': n: expected a finite number > 0, found none; correct it"):
        read_network(save(nx.Graph([("a", "b", {"n": 1}), ("b", "c")])), EdgeColumns(weight="n"))
