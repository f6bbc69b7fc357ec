"""Links with relations: what a file becomes, and what is refused beside them."""

import re
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


def test_a_triple_of_two_parts_is_named_with_its_relation(tmp_path: Path) -> None:
    """The same pair has other relations, which are in one part each."""
    rows = "a,knows,b,train,2\na,likes,b,valid,2\na,likes,b,test,2\nb,likes,a,test,2\n"
    with pytest.raises(DataError, match=r"found 1 in several, such as 'a' - 'b' of 'likes'; drop"):
        load_graph(edges=_save(tmp_path, rows), relation_column="rel", split_column="part")


@pytest.mark.parametrize("row", ["b,knows,a,train,2", "b,knows,b,valid,2"])
def test_a_part_without_edges_is_refused(tmp_path: Path, row: str) -> None:
    """As soon as the file is read, so that `check` and `train` say the same; a dropped loop is no edge."""
    path = _save(tmp_path, f"a,knows,b,train,2\nc,knows,a,test,2\n{row}\n")
    with pytest.raises(DataError, match=r"links.csv: --split-column: expected edges in .*, found none in valid$"):
        load_graph(edges=path, relation_column="rel", split_column="part")


TRIPLES = "ann,knows,bob,train\nbob,knows,cid,train\ncid,likes,ann,test\ndan,knows,ann,train\ndan,likes,cid,valid\n"


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        ({}, ["4", "2"]),
        ({"relation_column": "2"}, ["4"]),
        ({"split_column": "4"}, ["2"]),
        ({"relation_column": "2", "split_column": "4"}, []),
        ({"target": "3"}, ["4", "2"]),
    ],
)
def test_columns_without_names_are_proposed_by_what_they_hold(
    tmp_path: Path, given: dict[str, str], noted: list[str]
) -> None:
    """Few texts between the ends are relations, and names of parts divide the links; a column that is named is not proposed."""
    path = _save(tmp_path, TRIPLES, header="")
    notes = " ".join(load_graph(edges=path, header=False, **given).notes)  # type: ignore[arg-type]
    assert re.findall(r"--(?:relation|split)-column (\d)", notes) == noted


def test_a_first_row_that_is_a_triple_is_proposed_as_one(tmp_path: Path) -> None:
    """Its relation would be an id otherwise; the option reads it, and so do files of one relation each."""
    path = _save(tmp_path, TRIPLES, header="")
    with pytest.raises(
        DataError, match=r"line 1: link: expected two ids, found 'knows' .*; pass --relation-column 2 if"
    ):
        load_graph(edges=path)
    assert load_graph(edges=path, relation_column="2").n_edges == 5
    assert not any("--relation-column" in note for note in load_graph(edges={"all": path}).notes)


def test_names_of_relations_that_are_ids_are_noted(tmp_path: Path) -> None:
    """As where source and relation are mixed up."""
    graph = load_graph(edges=_save(tmp_path, ROWS), source="rel", target="tail", relation_column="head")
    assert any(note.startswith("Nodes have the names of 2 of 2 relations, such as 'a'; ") for note in graph.notes)
    assert not any("names of" in note for note in load_graph(edges=_save(tmp_path, ROWS), relation_column="rel").notes)


def test_relations_that_look_alike_are_noted(tmp_path: Path) -> None:
    """They are two relations of the model, of which each has a part of the links."""
    graph = load_graph(edges=_save(tmp_path, "a,knows,b,train,1\nb,Knows,c,train,1\n"), relation_column="rel")
    assert any(note.startswith("1 of 2 relations differ from another one only in case") for note in graph.notes)


def test_two_kinds_of_ends_with_relations_are_kept_apart_by_a_query(tmp_path: Path) -> None:
    """Types of ends are refused beside relations; the query that is printed instead has relations and parts as well."""
    path = _save(tmp_path, "1,saw,2,train\n2,saw,1,valid\n2,liked,3,test\n", "user,rel,film,part\n")
    ends = {"source": "user", "target": "film", "relation_column": "rel", "split_column": "part"}
    with pytest.raises(DataError, match="found 2, such as '1'") as refused:
        load_graph(edges=path, **ends)  # type: ignore[arg-type]
    assert "--source-type" not in str(refused.value)
    [query] = re.findall(r'--sql "([^"]*)"', str(refused.value))
    graph = load_graph(sql=query, relation_column="rel", split_column="part")
    assert sorted(graph.ids) == ["film:1", "film:2", "film:3", "user:1", "user:2"]
    assert graph.relations is not None
    assert graph.relations.counts() == {"saw": 2, "liked": 1}


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
