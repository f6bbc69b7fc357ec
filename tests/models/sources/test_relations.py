"""Links with relations: what a file becomes, and what is refused beside them."""

from pathlib import Path

import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

ROWS = "a,knows,b,train,2\nb,knows,a,valid,2\na,likes,b,test,2\nb,likes,b,train,2\n"


def _save(folder: Path, rows: str, header: str = "head,rel,tail,part,weight\n") -> Path:
    path = folder / "links.csv"
    path.write_text(header + rows)
    return path


def test_a_file_of_triples_is_a_directed_graph(tmp_path: Path) -> None:
    """Both directions and both relations of a pair are kept; a loop is dropped, which a note says, as are unnamed weights."""
    graph = load_graph(edges=_save(tmp_path, ROWS), relation_column="rel", split_column="part")
    assert graph.relations is not None
    assert graph.parts is not None
    assert (graph.relations.names, graph.triples.tolist()) == (("knows", "likes"), [[0, 1, 0], [1, 0, 0], [0, 1, 1]])
    assert (graph.parts.tolist(), graph.directed, graph.weights) == ([0, 1, 2], True, None)
    assert "1 triple of a node with itself is dropped and not evaluated." in graph.notes
    assert "The weights 'weight' are not used: links with relations have none." in graph.notes


def test_without_a_header_the_ends_stand_around_the_relation(tmp_path: Path) -> None:
    """The first two columns that hold neither relations nor parts are source and target."""
    path = _save(tmp_path, "x,r,y\ny,r,z\n", header="")
    graph = load_graph(edges=path, relation_column="2", header=False)
    assert (graph.ids, graph.edges.tolist()) == (["x", "y", "z"], [[0, 1], [1, 2]])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"weight": "weight"},
            "--relation-column: expected no --weight beside it, found 'weight'; .* leave out --weight",
        ),
        ({"source_type": "a", "target_type": "b"}, "--relation-column: expected no --source-type beside it, found 'a'"),
        ({"relation_column": "kind"}, "header: expected a column 'kind', found 'head', .*; correct --relation-column"),
        ({"split_column": "rel"}, "--split-column: expected train, valid or test in each row, found 'knows', 'likes'"),
    ],
)
def test_what_relations_cant_have_is_refused(tmp_path: Path, given: dict[str, str], expected: str) -> None:
    """The message names the option, and what to do."""
    with pytest.raises(DataError, match=expected):
        load_graph(**({"edges": _save(tmp_path, ROWS), "relation_column": "rel"} | given))  # type: ignore[arg-type]


def test_an_edge_of_two_parts_is_refused(tmp_path: Path) -> None:
    """Undirected, b–a is the edge a–b: it would be trained on and tested."""
    with pytest.raises(DataError, match=r"expected each edge in one part, found 1 in several, such as 'a' - 'b'"):
        load_graph(edges=_save(tmp_path, ROWS), split_column="part")


def test_a_column_that_may_hold_relations_is_named(tmp_path: Path) -> None:
    """Read without it, links of all relations are one kind."""
    graph = load_graph(edges=_save(tmp_path, "a,isa,b\nb,isa,c\n", "source,predicate,target\n"))
    note = "'predicate' is not used; if it holds the relations of the links, pass --relation-column predicate."
    assert note in graph.notes


def test_a_node_table_is_read_though_its_features_are_not_used(tmp_path: Path) -> None:
    """The report shows its columns, and a note says so."""
    (tmp_path / "edges.csv").write_text("source,target,rel\na,b,x\nb,c,y\nc,a,x\n")
    (tmp_path / "nodes.csv").write_text("id,age\na,1\nb,2\nc,5\n")
    graph = load_graph(edges=tmp_path / "edges.csv", features=tmp_path / "nodes.csv", relation_column="rel")
    assert (graph.features, graph.preprocessing) == (None, None)
    assert graph.readings[1].columns == (("id", "id"), ("age", "number"))
    assert any(note.startswith("The features are not used") for note in graph.notes)
