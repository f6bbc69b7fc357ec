"""Types of nodes: of the columns of links, and of a column of the node table."""

from pathlib import Path

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph

RATINGS = "userId,movieId,rating\n1,1,5\n1,2,3\n2,1,4\n3,9,1\n2,1,4\n"
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
    """It is no feature, and the links say which types may be linked, in either direction."""
    edges = _file(tmp_path, "edges.csv", "source,target\na,x\ny,b\nz,x\na,b\n")
    graph = load_graph(edges=edges, features=_file(tmp_path, "nodes.csv", NODES), type_column="kind")
    assert graph.types is not None
    assert graph.types.names == ("film", "genre", "person")
    assert graph.types.of.tolist() == [2, 2, 0, 0, 1]
    assert graph.types.linked.tolist() == [[0, 1], [0, 2], [2, 2]]
    assert graph.preprocessing is not None
    assert graph.preprocessing.names == ("age",)
    assert ("kind", "type") in graph.readings[1].columns


def test_whole_numbers_are_names_of_types(tmp_path: Path) -> None:
    """As codes of categories are."""
    edges = _file(tmp_path, "edges.csv", "source,target\na,x\nb,x\n")
    nodes = _file(tmp_path, "nodes.csv", "id,kind,age\na,1,3\nb,1,4\nx,2,5\n")
    graph = load_graph(edges=edges, features=nodes, type_column="kind")
    assert graph.types is not None
    assert graph.types.names == ("1", "2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source_type": "user"}, "two different names, found 'user' and None"),
        ({"source_type": "user", "target_type": "user"}, "two different names"),
        ({"source_type": "user", "target_type": "film", "features": "nodes.csv"}, "--type-column"),
        ({"type_column": "kind"}, "found none; correct --type-column"),
        ({"type_column": "sort", "features": "nodes.csv"}, "expected 'sort' of --type-column, found 'kind', 'age'"),
        ({"type_column": "kind", "features": "gap.csv"}, "row 2: kind: expected the type of the node, found none"),
        ({"type_column": "kind", "features": "one.csv"}, "expected 2 to 100 types of nodes, found 1: 'film'"),
    ],
)
def test_what_cannot_type_nodes_is_refused(tmp_path: Path, options: dict[str, str], message: str) -> None:
    """With what was expected."""
    edges = _file(tmp_path, "edges.csv", "source,target\na,x\nb,x\n")
    _file(tmp_path, "nodes.csv", NODES)
    _file(tmp_path, "gap.csv", "id,kind,age\na,film,1\nb,,2\nx,film,3\n")
    _file(tmp_path, "one.csv", "id,kind,age\na,film,1\nb,film,2\nx,film,3\n")
    given = {name: tmp_path / value if name == "features" else value for name, value in options.items()}
    with pytest.raises(DataError, match=message):
        load_graph(edges=edges, **given)  # type: ignore[arg-type]


def test_a_bipartite_structure_proposes_types_and_assumes_none(tmp_path: Path) -> None:
    """Once they are said the note is gone."""
    rng = np.random.default_rng(0)
    text = "source,target\n" + "\n".join(f"u{u},i{i}" for u, i in rng.integers(0, 12, (150, 2)))
    path = _file(tmp_path, "edges.csv", text)
    plain, typed = load_graph(edges=path), load_graph(edges=path, source_type="user", target_type="item")
    assert plain.types is None
    assert any("--source-type" in note for note in plain.notes)
    assert not any("--source-type" in note for note in typed.notes)
