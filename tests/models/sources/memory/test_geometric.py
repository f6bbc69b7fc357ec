"""`Data` and `HeteroData` of PyTorch Geometric."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.serialization import get_safe_globals
from torch_geometric.data import Data, HeteroData
from torch_geometric.transforms import ToUndirected

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.sources import load_graph

BOTH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
ONE = torch.tensor([[0, 1], [1, 2]])


def hetero(**more: Any) -> HeteroData:
    """Two users with a feature, who rate two of three films."""
    data = HeteroData()
    data["user"].x = torch.tensor([[1.0], [2.0]])
    data["film"].num_nodes = 3
    data["user", "rates", "film"].update({"edge_index": torch.tensor([[0, 1], [2, 0]]), **more})
    return data


def test_links_in_both_directions_are_read_once() -> None:
    """With the weight of one direction, and features as they are: nodes without links stay."""
    x = torch.tensor([[5.0, 1], [0, 2], [7, 3], [0, 4]])
    graph = load_graph(edges=Data(edge_index=BOTH, edge_weight=torch.tensor([1.0, 1, 2, 2]), x=x))
    assert (graph.ids, graph.edges.tolist(), graph.duplicates) == (["0", "1", "2", "3"], [[0, 1], [1, 2]], 0)
    assert graph.weights is not None
    assert graph.weights.tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(np.asarray(graph.features), x.numpy())
    assert graph.preprocessing is None


def test_weights_that_differ_by_direction_make_links_directed() -> None:
    """PyG looks at `edge_attr` alone; here both attributes tell."""
    data = Data(edge_index=BOTH, edge_weight=torch.tensor([1.0, 1, 2, 3]), num_nodes=3)
    assert load_graph(edges=data, directed=True).n_edges == 4
    assert any("The links are directed" in note for note in load_graph(edges=data).notes)


def test_undirected_links_are_not_read_as_directed() -> None:
    """A direction would be made up."""
    with pytest.raises(DataError, match="found a graph that says that its links are undirected"):
        load_graph(edges=Data(edge_index=BOTH, num_nodes=3), directed=True)


def test_attributes_of_links_are_columns() -> None:
    """An `edge_attr` of one column is the weight; times and relations are named."""
    data = Data(edge_index=ONE, edge_attr=torch.tensor([[2.0], [3.0]]), day=torch.tensor([5, 6]), num_nodes=3)
    graph = load_graph(edges=data, time="day")
    assert graph.weights is not None
    assert graph.times is not None
    assert (graph.weights.tolist(), graph.times.tolist()) == ([2.0, 3.0], [5.0, 6.0])
    kinds = load_graph(edges=Data(edge_index=ONE, kind=["a", "b"], num_nodes=3), relation_column="kind").relations
    assert kinds is not None
    assert kinds.names == ("a", "b")


def test_node_id_names_the_nodes() -> None:
    """Else a node table does, in its order."""
    names = ["p", "q", "r"]
    assert load_graph(edges=Data(edge_index=ONE, node_id=names)).ids == names
    assert load_graph(edges=Data(edge_index=ONE, num_nodes=3), features=names).ids == names
    by_id = load_graph(edges=Data(edge_index=ONE, node_id=names), features=["q", "r", "p"])
    assert (by_id.ids, by_id.edges.tolist()) == (["q", "r", "p"], [[0, 1], [0, 2]])


def test_mostly_zero_features_are_sparse() -> None:
    """As those of any table."""
    features = load_graph(edges=Data(edge_index=ONE, x=torch.eye(4))).features
    assert isinstance(features, CSR)
    np.testing.assert_array_equal(features.to_dense(), np.eye(4))


def test_attributes_that_are_not_read_are_named() -> None:
    """Those of nodes in a note, those of links in the reading."""
    data = Data(edge_index=ONE, x=torch.ones(3, 1), y=torch.ones(3), edge_attr=torch.ones(2, 4))
    graph = load_graph(edges=data)
    assert "links: attributes of nodes beside x are not used: 'y'." in graph.notes
    assert graph.readings[0].unused == ("edge_attr",)


def test_edges_between_two_types_make_a_typed_graph() -> None:
    """User 0 and film 0 are two nodes; features are 0 on nodes of the other type; film 1 has no links."""
    graph = load_graph(edges=hetero(edge_weight=torch.tensor([4.0, 5])))
    assert graph.types is not None
    assert (graph.types.names, graph.types.of.tolist()) == (("user", "film"), [0, 0, 1, 1, 1])
    assert (graph.ids, graph.edges.tolist()) == (["0", "1", "0", "1", "2"], [[0, 4], [1, 2]])
    np.testing.assert_array_equal(np.asarray(graph.features), [[1], [2], [0], [0], [0]])


def test_links_turned_round_are_the_same_ones() -> None:
    """As `ToUndirected` adds them, which is noted."""
    graph, turned = load_graph(edges=hetero()), load_graph(edges=ToUndirected()(hetero()))
    assert graph.fingerprint() == turned.fingerprint()
    assert any("the same ones, turned round" in note for note in turned.notes)


def several() -> HeteroData:
    """Links of two types, and a user who follows another."""
    data = hetero()
    data["user", "likes", "film"].edge_index = torch.tensor([[0, 1], [1, 2]])
    data["user", "follows", "user"].edge_index = torch.tensor([[1], [0]])
    return data


def test_links_of_several_types_are_relations(tmp_path: Path) -> None:
    """As files of links by relation and a node table with types have them; features serve no relations, which is noted.

    `ToUndirected` adds links turned round between two types, and makes those within a type stand in both directions.
    """
    files = {"rates": ["user:0,film:2", "user:1,film:0"], "likes": ["user:0,film:1", "user:1,film:2"]}
    for name, lines in {**files, "follows": ["user:0,user:1", "user:1,user:0"]}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["source,target", *lines]))
    nodes = ["user:0,user", "user:1,user", "film:0,film", "film:1,film", "film:2,film"]
    (tmp_path / "nodes.csv").write_text("\n".join(["node,type", *nodes]))
    links = {name: tmp_path / f"{name}.csv" for name in ("rates", "likes", "follows")}
    expected = load_graph(edges=links, features=tmp_path / "nodes.csv", filter_columns="type")
    graph = load_graph(edges=ToUndirected()(several()), filter_columns="type")
    assert graph.relations is not None
    assert (graph.relations.names, graph.directed) == (("rates", "likes", "follows"), True)
    assert graph.fingerprint() == expected.fingerprint()
    assert graph.columns.keys() == {"type"}
    assert [reading.first for reading in graph.readings[:3]] == [reading.first for reading in expected.readings[:3]]
    notes = "\n".join(graph.notes)
    assert "links['rates']: Edges of type ('film', 'rev_rates', 'user') are the same ones, turned round" in notes
    assert "The features are not used: a model of links with relations learns from links alone." in notes


def test_ids_that_no_two_types_share_stay() -> None:
    """Types that share the name of a relation are told apart as PyG joins the names."""
    data = several()
    data["user"].node_id, data["film"].node_id = ["ann", "bob"], ["Alien", "Heat", "Up"]
    data["user", "likes", "user"].edge_index = torch.tensor([[0], [1]])
    graph = load_graph(edges=data)
    assert graph.ids == ["ann", "bob", "Alien", "Heat", "Up"]
    assert graph.relations is not None
    assert graph.relations.names == ("rates", "user__likes__film", "follows", "user__likes__user")


def test_links_turned_round_in_another_order_are_the_same_ones() -> None:
    """Others that only have such a name are a relation of their own."""
    data = several()
    data["film", "rev_rates", "user"].edge_index = torch.tensor([[0, 2], [1, 0]])
    data["film", "rev_likes", "user"].edge_index = torch.tensor([[0, 2], [1, 0]])
    relations = load_graph(edges=data).relations
    assert relations is not None
    assert relations.names == ("rates", "likes", "follows", "rev_likes")


def _outside() -> HeteroData:
    """A link to a film that is not there."""
    data = several()
    data["user", "likes", "film"].edge_index = torch.tensor([[0], [3]])
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (HeteroData(), "links: expected edges of a type or more, found none"),
        (_outside(), r"links\['likes'\], edge_index: expected places of 2 and 3 nodes, found numbers from 0 to 3"),
        (Data(x=torch.ones(2, 1)), "links: expected edge_index, found 'x'"),
        (
            Data(edge_index=torch.tensor([[0], [4]]), x=torch.ones(3, 1)),
            r"links, edge_index: .* found numbers from 0 to 4",
        ),
        (Data(edge_index=ONE, x=torch.ones(2, 1), num_nodes=3), r"links, x: expected 3 rows of numbers"),
        (
            Data(edge_index=ONE, edge_weight=torch.tensor([1.0, 0]), num_nodes=3),
            "links, row 1: weight: expected a finite",
        ),
        (Data(edge_index=ONE, node_id=["a", "b", "a"]), r"links, node_id, ids: expected distinct ids"),
    ],
)
def test_what_is_no_graph_is_refused(data: object, message: str) -> None:
    """With the attribute."""
    with pytest.raises(DataError, match=message):
        load_graph(edges=data)


def test_relations_take_no_tables_of_types() -> None:
    """Nor types of ends, weights or times, which the message names."""
    for option, given in {
        "--features TYPE=FILE": {"features": {"user": ["0", "1"]}},
        "--source-type": {"source_type": "a"},
    }.items():
        with pytest.raises(DataError, match=f"expected no {option} beside it"):
            load_graph(edges=several(), **given)  # type: ignore[arg-type]


def test_reading_a_file_leaves_what_torch_trusts_as_it_was(tmp_path: Path) -> None:
    """PyTorch Geometric trusts its own classes, or it could no longer read what it has stored."""
    torch.save(Data(edge_index=BOTH), tmp_path / "graph.pt")
    before = {*get_safe_globals()}
    assert load_graph(edges=tmp_path / "graph.pt").n_edges == 2
    assert {*get_safe_globals()} == before
