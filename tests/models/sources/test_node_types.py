"""Types of nodes: of the columns of links, and of a column of the node table."""

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph

RATINGS = "userId,movieId,rating\n1,1,5\n1,2,3\n2,1,4\n3,9,1\n2,1,4\n"
ENDS = {"source_type": "user", "target_type": "film"}
NODES = "id,kind,age\na,person,30\nb,person,41\nx,film,7\ny,film,9\nz,genre,1\n"


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def _links(graph: Graph) -> set[frozenset[tuple[str, str]]]:
    """The links, each as a set of (type, id)."""
    assert graph.types is not None
    named = [(graph.types.names[of], node) for of, node in zip(graph.types.of.tolist(), graph.ids, strict=True)]
    return {frozenset((named[a], named[b])) for a, b in graph.edges.tolist()}


@pytest.mark.parametrize("suffix", ["csv", "sql"])
def test_equal_ids_of_two_types_are_two_nodes(tmp_path: Path, suffix: str) -> None:
    """User 1 and film 1; repeats are merged, and a note on directions has no place."""
    path = _file(tmp_path, "ratings.csv", RATINGS)
    query = f"SELECT userId AS source, movieId AS target, rating AS weight FROM '{path}'"
    read = {"sql": query} if suffix == "sql" else {"edges": path, "source": "userId", "target": "movieId"}
    graph = load_graph(**read, source_type="user", target_type="film")
    assert _links(graph) == {
        frozenset((("user", user), ("film", film))) for user, film in [("1", "1"), ("1", "2"), ("2", "1"), ("3", "9")]
    }
    assert (graph.n_nodes, graph.duplicates, graph.self_loops) == (6, 1, 0)
    assert graph.ids[:4] == ["1", "1", "2", "2"]
    assert graph.types is not None
    assert graph.types.linked.tolist() == [[0, 1]]
    assert not any("direct" in note for note in graph.notes)


def test_the_reading_tells_which_column_holds_which_type(tmp_path: Path) -> None:
    """For who checks before a training."""
    path = _file(tmp_path, "ratings.csv", RATINGS)
    graph = load_graph(edges=path, source="userId", target="movieId", source_type="user", target_type="film")
    assert dict(graph.readings[0].columns) == {"userId": "source, of type user", "movieId": "target, of type film"}


def test_shared_ids_of_two_kinds_teach_the_option(tmp_path: Path) -> None:
    """With the names that the columns say."""
    path = _file(tmp_path, "ratings.csv", RATINGS)
    with pytest.raises(DataError, match="--source-type user --target-type movie,"):
        load_graph(edges=path, source="userId", target="movieId")


def test_a_column_of_the_node_table_types_its_nodes(tmp_path: Path) -> None:
    """It is no feature; links say which types may be linked, in either direction, and order them, self-loops neither."""
    edges = _file(tmp_path, "edges.csv", "source,target\nx,x\na,x\ny,b\nz,x\na,b\n")
    graph = load_graph(edges=edges, features=_file(tmp_path, "nodes.csv", NODES), type_column="kind")
    assert graph.types is not None
    assert graph.types.names == ("person", "film", "genre")
    assert graph.types.of.tolist() == [0, 0, 1, 1, 2]
    assert graph.types.linked.tolist() == [[0, 0], [0, 1], [1, 2]]
    assert graph.preprocessing is not None
    assert graph.preprocessing.names == ("age",)
    assert ("kind", "type") in graph.readings[1].columns


@pytest.mark.parametrize("names", [("1", "2"), ("true", "false"), ("Nutzerïn", "映画"), ("user", "film")])
@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_types_are_called_as_they_are_written(tmp_path: Path, names: tuple[str, str], suffix: str) -> None:
    """Whole numbers, as codes of categories are, booleans and any text; the first one is that of the sources."""
    kinds = {"x": names[1], "a": names[0], "b": names[0], "alone": names[1]}
    links, features = [("a", "x"), ("b", "x")], None
    if suffix == "json":
        bare = {name: name if name in ("1", "2", "true", "false") else f'"{name}"' for name in names}
        nodes = ", ".join(f'{{"id": "{node}", "kind": {bare[kind]}}}' for node, kind in kinds.items())
        ends = ", ".join(f'{{"source": "{u}", "target": "{v}"}}' for u, v in links)
        edges = _file(tmp_path, "g.json", f'{{"nodes": [{nodes}], "links": [{ends}]}}')
    else:
        edges = _file(tmp_path, "e.csv", "source,target\n" + "".join(f"{u},{v}\n" for u, v in links))
        rows = "".join(f"{node},{kind}\n" for node, kind in kinds.items())
        features = _file(tmp_path, "x.csv", f"id,kind\n{rows}")
    graph = load_graph(edges=edges, features=features, type_column="kind")
    assert graph.types is not None
    assert (graph.types.names, graph.types.of.tolist(), graph.types.groups) == (
        names,
        [1, 0, 0, 1],
        ([names[0]], [names[1]]),
    )


@pytest.mark.parametrize(
    ("names", "noted"),
    [
        (("user", "User", "film"), True),
        (("film", "film ", "a"), True),
        (("1", "01", "2"), True),
        (("a", "b", "c"), False),
    ],
)
def test_types_that_look_alike_are_noted(tmp_path: Path, names: tuple[str, str, str], noted: bool) -> None:
    """As ids are: of another case, with blanks around them, or with leading zeros."""
    edges = _file(tmp_path, "e.csv", "source,target\na,x\nb,x\n")
    nodes = _file(tmp_path, "x.csv", "id,kind\na,{}\nb,{}\nx,{}\n".format(*names))
    graph = load_graph(edges=edges, features=nodes, type_column="kind")
    assert (
        any("1 of 3 types differ from another one only in case, accents, blanks, " in note for note in graph.notes)
        == noted
    )


def test_types_without_links_are_noted(tmp_path: Path) -> None:
    """A self-loop is none."""
    edges = _file(tmp_path, "e.csv", "source,target\na,x\nb,y\nz,z\n")
    graph = load_graph(edges=edges, features=_file(tmp_path, "x.csv", NODES), type_column="kind")
    assert "Nodes of 1 type have no links, so that none are predicted for them: 'genre'." in graph.notes


@pytest.mark.parametrize(("mirrored", "noted"), [(30, True), (5, False)])
def test_links_between_types_in_both_directions_are_noted(tmp_path: Path, mirrored: int, noted: bool) -> None:
    """Where each end is in both columns, and so two nodes; a few user and film ids that match by chance say nothing."""
    links = [(f"u{i}", f"i{i}") for i in range(30)] + [(f"i{i}", f"u{i}") for i in range(mirrored)]
    edges = _file(tmp_path, "e.csv", "source,target\n" + "".join(f"{u},{v}\n" for u, v in links))
    graph = load_graph(edges=edges, source_type="user", target_type="film")
    assert graph.n_nodes == 60 + 2 * mirrored
    assert any("30 of 30 linked pairs stand in both directions" in note for note in graph.notes) == noted


@pytest.mark.parametrize("option", [{"directed": True}, {"type_column": "kind"}])
def test_no_option_is_proposed_that_another_rules_out(tmp_path: Path, option: dict[str, Any]) -> None:
    """Types of ends stand in place of other types, directions and node tables, and typed links have no direction."""
    edges = _file(tmp_path, "e.csv", "userId,movieId\na,x\nx,b\n")
    nodes = _file(tmp_path, "x.csv", "id,kind\na,u\nb,u\nx,f\n")
    [given] = option
    with pytest.raises(
        DataError, match=f"--target-type movie in place of --{given.replace('_', '-')} and --features, keep"
    ):
        load_graph(edges=edges, features=nodes, source="userId", target="movieId", **option)
    said = _file(tmp_path, "d.csv", "from,to,type\na,x,Directed\nx,b,Directed\n")
    assert not any("--directed" in note for note in load_graph(edges=said, features=nodes, **option).notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source_type": "user"}, "two different names, .*, found 'user' and none"),
        ({"source_type": "user", "target_type": "user"}, "two different names"),
        ({"source_type": "user", "target_type": "x" * 81}, r"at most 80 characters, found 'user' and 'x{77}\.\.\.'"),
        (
            {**ENDS, "features": "nodes.csv"},
            "--features: expected a table of one type .*, such as user=FILE, found one without",
        ),
        ({**ENDS, "type_column": "kind"}, "expected links, and node tables of these types, found --type-column"),
        ({**ENDS, "edges": "g.json"}, "expected a table of links for --source-type and --target-type, found JSON"),
        ({**ENDS, "directed": True}, "found --source-type and --target-type: .* drop --directed, or --source-type"),
        ({"type_column": "kind", "directed": True}, "expected nodes of one type, found --type-column: "),
        ({"dataset": "karate", "edges": None, "type_column": "kind"}, "--dataset alone, found --type-column beside"),
        (
            {"type_column": "kind", "edges": "g.json"},
            "kind: expected the type of each node, .* neither on every node; fill",
        ),
        ({"type_column": "kind", "features": "list.parquet"}, r"node 'a': kind: .* found \"\('film',\)\""),
        ({"type_column": "kind"}, "found none; correct --type-column, or give a node table"),
        (
            {"type_column": "kind", "features": "long.csv"},
            r"node 'x': kind: .* 80 characters, found 'y{77}\.\.\.'; correct",
        ),
        ({"type_column": "kind", "features": "torn.csv"}, r"node 'a': kind: .* one line .*, found 'p\\nq'; correct"),
        ({"type_column": "sort", "features": "nodes.csv"}, "expected 'sort' of --type-column, found 'kind', 'age'"),
        (
            {"type_column": "kind", "features": "gap.csv"},
            "node 'b': kind: expected the type of the node, .* found none",
        ),
        ({"type_column": "kind", "features": "one.csv"}, "expected 2 to 100 types of nodes, found 1: 'film'"),
    ],
)
def test_what_cannot_type_nodes_is_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    """With what was expected, and the options that were given."""
    edges = _file(tmp_path, "edges.csv", "source,target\na,x\nb,x\n")
    _file(tmp_path, "nodes.csv", NODES)
    _file(tmp_path, "gap.csv", "id,kind,age\na,film,1\nb,,2\nx,film,3\n")
    _file(tmp_path, "long.csv", f"id,kind,age\na,film,1\nb,film,2\nx,{'y' * 81},3\n")
    _file(tmp_path, "torn.csv", 'id,kind,age\na,"p\nq",1\nb,film,2\nx,film,3\n')
    _file(tmp_path, "one.csv", "id,kind,age\na,film,1\nb,film,2\nx,film,3\n")
    nodes = [{"id": "a", "kind": "film"}, {"id": "x"}]
    _file(tmp_path, "g.json", json.dumps({"nodes": nodes, "links": [{"source": "a", "target": "x"}]}))
    query = "SELECT 'a' AS id, ['film'] AS kind UNION ALL SELECT 'b', ['film'] UNION ALL SELECT 'x', ['film']"
    duckdb.execute(f"COPY ({query}) TO '{tmp_path / 'list.parquet'}'")
    files = {name: tmp_path / options[name] for name in ("features", "edges") if options.get(name)}
    with pytest.raises(DataError, match=message):
        load_graph(**{"edges": edges, **options, **files})


def test_a_bipartite_structure_proposes_types_and_assumes_none(tmp_path: Path) -> None:
    """Once they are said the note is gone."""
    rng = np.random.default_rng(0)
    text = "source,target\n" + "\n".join(f"u{u},i{i}" for u, i in rng.integers(0, 12, (150, 2)))
    path = _file(tmp_path, "edges.csv", text)
    plain, typed = load_graph(edges=path), load_graph(edges=path, source_type="user", target_type="item")
    assert plain.types is None
    assert any("--source-type" in note for note in plain.notes)
    assert not any("--source-type" in note for note in typed.notes)
