"""Where links and features meet: the one entry of the command line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch_geometric.datasets import KarateClub

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.sources import load_graph

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text to a file of this name and return its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_without_features_links_order_the_nodes(write: Write) -> None:
    """Nodes stand as they first appear; loops are dropped, repeats merged and their weights summed."""
    graph = load_graph(edges=write("e.csv", "source,target,weight\nb,a,1\na,b,2\na,c,5\nc,c,9\n"))
    assert graph.ids == ["b", "a", "c"]
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.weights is not None
    assert graph.weights.tolist() == [3.0, 5.0]
    assert (graph.duplicates, graph.self_loops, graph.features) == (1, 1, None)


def test_the_feature_table_orders_the_nodes(write: Write) -> None:
    """Row i of the features belongs to id i, and a node without links stays."""
    graph = load_graph(
        edges=write("e.csv", "source,target\nc,a\n"), features=write("x.tsv", "node\tf\na\t1\nb\t2\nc\t3\n")
    )
    assert graph.ids == ["a", "b", "c"]
    assert graph.edges.tolist() == [[0, 2]]
    assert isinstance(graph.features, np.ndarray)
    np.testing.assert_allclose(graph.features, [[-(1.5**0.5)], [0], [1.5**0.5]], rtol=1e-6)  # standardised


def test_beside_a_node_table_the_order_of_links_does_not_matter(write: Write) -> None:
    """Rows in another order and with the other end first are the same graph, to the bit; without a table the ids move."""
    links, table = ["c,a", "a,b", "d,c", "b,c"], write("x.csv", "node,f\na,1\nb,2\nc,3\nd,4\n")
    turned = [",".join(reversed(link.split(","))) for link in reversed(links)]
    one, other = (write(f"{at}.csv", "\n".join(["source,target", *rows])) for at, rows in enumerate((links, turned)))
    graphs = [load_graph(edges=edges, features=table) for edges in (one, other)]
    assert graphs[0].fingerprint() == graphs[1].fingerprint()
    assert load_graph(edges=one).ids == ["c", "a", "b", "d"]
    assert load_graph(edges=other).ids == ["c", "b", "d", "a"]


@pytest.mark.parametrize("given", [str, Path], ids=["str", "Path"])
def test_paths_may_be_strings(write: Write, given: Callable[[Path], str | Path]) -> None:
    """A file is read as one however its path is given: the readings name the files."""
    edges, features = write("e.csv", "source,target\na,b\n"), write("x.csv", "node,f\na,1\nb,2\n")
    graph = load_graph(edges=given(edges), features=given(features))
    assert graph.ids == ["a", "b"]
    assert [reading.what for reading in graph.readings] == [str(edges), str(features)]
    assert load_graph(edges=given(edges)).edges.tolist() == [[0, 1]]


MIXED = "node,age,paid,city,tags,name,one\n" + "".join(
    f"n{i},{age},{paid},{city},{tags},name {i},7\n"
    for i, (age, paid, city, tags) in enumerate(
        [(1, "true", "Rome", "a|b"), (3, "false", "Oslo", "b"), (5, "true", "Rome", ""), (7, "true", "Oslo", "b|a")]
    )
)


def test_a_table_of_mixed_columns_becomes_features(write: Write) -> None:
    """Standardised numbers, truth values, categories and lists, by hand; ignored columns are reported."""
    graph = load_graph(edges=write("e.csv", "source,target\nn0,n1\n"), features=write("x.csv", MIXED))
    assert isinstance(graph.features, np.ndarray)
    expected = [[-3, 1, 0, 1, 1, 1], [-1, 0, 1, 0, 0, 1], [1, 1, 0, 1, 0, 0], [3, 1, 1, 0, 1, 1]]
    np.testing.assert_allclose(graph.features, np.array(expected) / [5**0.5, 1, 1, 1, 1, 1], rtol=1e-6)
    assert graph.preprocessing is not None
    assert graph.preprocessing.names == ("age", "paid", "city=Oslo", "city=Rome", "tags=a", "tags=b")
    assert graph.notes == (
        "Columns without two different values are ignored: 'one'.",
        "Columns in which every value is different are ignored: 'name'; to call nodes by 'name', write it in place of the ids, "
        "at the ends of links as well.",
    )


def test_the_unit_of_a_column_does_not_matter(write: Write) -> None:
    """A column of populations beside one of shares is brought to its own unit."""
    edges = write("e.csv", "source,target\na,b\n")
    small, large = (
        load_graph(edges=edges, features=write("x.csv", f"node,f\na,{1 * unit}\nb,{2 * unit}\nc,{4 * unit}\n"))
        for unit in (1, 65_536)
    )
    assert small.fingerprint() == large.fingerprint()


def test_a_table_without_features_still_tells_of_nodes(write: Write) -> None:
    """Names alone make a graph without features, with the nodes that have no links."""
    graph = load_graph(
        edges=write("e.csv", "source,target\nb,a\n"), features=write("x.csv", "node,name\na,Ann\nb,Bob\nc,Cy\n")
    )
    assert (graph.ids, graph.features, graph.preprocessing) == (["a", "b", "c"], None, None)


def test_missing_values_are_nan_where_the_model_takes_them(write: Write) -> None:
    """Of a number and of each value of a category."""
    edges, text = write("e.csv", "source,target\na,b\n"), "node,f,c\na,1,x\nb,,y\nc,3,\nd,5,x\ne,1,y\n"
    x = load_graph(edges=edges, features=write("x.csv", text), missing=True).features
    np.testing.assert_array_equal(
        np.isnan(np.asarray(x)), np.array([[0, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0], [0, 0, 0]])
    )


def test_the_karate_club_is_a_dataset() -> None:
    """34 members and 78 friendships, as Zachary counted them and torch-geometric has them, without weights."""
    graph = load_graph(dataset="karate")
    assert graph.ids == [str(i) for i in range(34)]
    assert graph.weights is None
    edges = KarateClub()[0].edge_index.T.tolist()  # both directions
    assert graph.edges.tolist() == [edge for edge in edges if edge[0] < edge[1]]
    assert (graph.duplicates, graph.features) == (0, None)


def test_sparse_features_stay_sparse(write: Write, tmp_path: Path) -> None:
    """An .npz with CSR arrays reaches the graph as CSR."""
    path = tmp_path / "x.NPZ"
    with path.open("wb") as file:
        np.savez(file, ids=np.array(["a", "b"]), data=[1.0], indices=[1], indptr=[0, 0, 1], shape=[2, 3])
    x = load_graph(edges=write("e.csv", "source,target\nb,a\n"), features=path).features
    assert isinstance(x, CSR)
    assert (x.indptr.tolist(), x.indices.tolist(), x.shape) == ([0, 0, 1], [1], (2, 3))


def test_columns_of_the_caller_are_passed_on(write: Write) -> None:
    """--source, --target, --weight and --no-header reach the reader."""
    named = load_graph(edges=write("e.csv", "n,to,from\n7,b,a\n"), source="from", target="to", weight="n")
    assert named.ids == ["a", "b"]
    assert named.weights is not None
    assert named.weights.tolist() == [7.0]
    assert load_graph(edges=write("e.csv", "a,b\n"), header=False).ids == ["a", "b"]


@pytest.mark.parametrize(
    ("header", "line"), [("", 4), ("source,target\n", 5), ('source,target,"a\nb"\n', 6)], ids=["none", "one", "two"]
)
def test_lines_are_those_of_the_file(write: Write, header: str, line: int) -> None:
    """Blank lines and line ends in quotes count."""
    extra = "," if header.count(",") == 2 else ""
    links = "".join(f"{row}{extra}\n" if row else "\n" for row in ["a,b", "", "b,a", "b,p"])
    edges, features = write("e.csv", header + links), write("x.csv", "node,f\na,1\nb,2\n")
    with pytest.raises(DataError, match=rf"e\.csv, line {line}: link: expected nodes .*, found 1 without: 'p'"):
        load_graph(edges=edges, features=features, header=bool(header))


def test_an_unknown_suffix_of_features_lists_the_legal(write: Write) -> None:
    """Features may come as .npz as well."""
    edges, features = write("e.csv", "source,target\na,b\n"), write("x.foo", "")
    with pytest.raises(DataError, match=r"x\.foo: expected .* \.csv, .* \.npz, \.npy, found '\.foo'; write the table"):
        load_graph(edges=edges, features=features)


BAD: dict[str, tuple[dict[str, object], str]] = {
    "two": ({"edges": Path("e.csv"), "sql": "SELECT 1"}, "graph"),
    "query without names": ({"sql": "SELECT 1", "header": False}, "--sql"),
    "Parquet without names": ({"edges": Path("e.parquet"), "header": False}, "e.parquet"),
    "Arrow without names": ({"edges": Path("e.arrow"), "header": False}, "e.arrow"),
    "graph file without names": ({"edges": Path("g.gml"), "header": False}, "g.gml"),
    "names of columns in a graph file": ({"edges": Path("g.gml"), "source": "from"}, "g.gml"),
    "nothing": ({}, "graph"),
    "features only": ({"features": Path("x.csv")}, "graph"),
    "both": ({"edges": Path("e.csv"), "dataset": "movies"}, "graph"),
    "own features": ({"features": Path("x.csv"), "dataset": "movies"}, "graph"),
    "unknown": ({"dataset": "karat"}, "--dataset"),
    "time of another": ({"dataset": "karate", "time": "year"}, "--time-column"),
    "no root": ({"dataset": "planetoid:Cora"}, "--root"),
    "no name": ({"dataset": "planetoid:", "root": Path()}, "planetoid"),
}


@pytest.mark.parametrize(("arguments", "name"), BAD.values(), ids=BAD)
def test_contradictions_name_the_option(arguments: dict[str, object], name: str) -> None:
    """Exactly one source is taken, and nothing that was given is ignored."""
    with pytest.raises(DataError, match=rf"\A{name}: expected .+, found .+; .+"):
        load_graph(**arguments)  # type: ignore[arg-type]


def test_planetoid_is_a_dataset(tmp_path: Path) -> None:
    """The part after the colon is the name, looked for below the root."""
    with pytest.raises(DataError, match=r"Cora.raw: expected the 8 raw files of Cora"):
        load_graph(dataset="planetoid:cora", root=tmp_path)
