"""Which columns become the ends of links, and which can hardly be ends."""

import re
from pathlib import Path

import duckdb
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph

LINKS = [("n1", "n2"), ("n2", "n9"), ("n9", "n1"), ("n4", "n1")]


def table(folder: Path, columns: str, kind: str) -> Path:
    """A table of links with these columns, SQL over i, one, and other."""
    path = folder / f"e.{kind}"
    rows = ", ".join(f"({i}, '{one}', '{other}')" for i, (one, other) in enumerate(LINKS))
    duckdb.execute(f"COPY (SELECT {columns} FROM (VALUES {rows}) t(i, one, other)) TO '{path}'")
    return path


def links(graph: Graph) -> set[frozenset[str]]:
    """The links by the ids of their ends."""
    return {frozenset((graph.ids[a], graph.ids[b])) for a, b in graph.edges.tolist()}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    "columns",
    [
        "i AS id, one AS follower, other AS followee, '2020-01-01' AS date",
        "one AS head, 'likes' AS relation, other AS tail",
        "one AS 'from', 'likes' AS type, other AS 'to', i + 1 AS count",
        "i AS 'Unnamed: 0', 'x' AS p, one AS Subject, other AS Object",
        "one AS u, other AS v, i + 1 AS w",
        "i, one AS id1, other AS id2",
        "other AS dst_id, one AS src_id, i AS start, i + 1 AS 'end'",
    ],
)
def test_the_only_pair_that_is_named_like_ends_is_taken(tmp_path: Path, columns: str, kind: str) -> None:
    """Wherever the two columns stand; the report says that they are taken by their names."""
    graph = load_graph(edges=table(tmp_path, columns, kind))
    assert links(graph) == {frozenset(link) for link in LINKS}
    assert [meaning for _, meaning in graph.readings[0].columns[:2]] == ["source, by its name", "target, by its name"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("columns", "options"),
    [
        ("one AS src, other AS dst, one AS head, other AS tail", {("src", "dst"), ("head", "tail")}),
        ("i AS id, one AS writer, other AS reader, 'x' AS kind, i / 2 + 0.3 AS score", {("writer", "reader")}),
        ("one AS userId, other AS movieId, i % 2 AS rating, 7 + i % 2 AS at", {("userId", "movieId")}),
        ("i AS x, one AS p, other AS q, other AS r", set()),
    ],
)
def test_the_hint_names_no_row_number_and_no_constant(
    tmp_path: Path, columns: str, options: set[tuple[str, str]], kind: str
) -> None:
    """It prints options where two columns alone may be ends, or several pairs are named like ends; else the candidates."""
    with pytest.raises(DataError) as caught:
        load_graph(edges=table(tmp_path, columns, kind))
    assert set(re.findall(r"--source (\w+) --target (\w+)", str(caught.value))) == options
    if not options:
        assert str(caught.value).partition("; ")[2].count("'p', 'q', 'r'") == 1


@pytest.mark.parametrize("text", [",a,b,c\na,0,1,1\nb,1,0,1\nc,1,1,0\n", "from,to\nto,c\nc,from\n"])
def test_a_first_row_that_may_be_a_link_is_no_pair_of_names(tmp_path: Path, text: str) -> None:
    """The names of a matrix, and names that are ids as well."""
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(DataError, match=r"--sql|--no-header"):
        load_graph(edges=tmp_path / "e.csv")


@pytest.mark.parametrize(
    ("options", "name", "option"),
    [
        ({"source": "id", "target": "follower"}, "'id'", "--source"),
        ({"source": "follower", "target": "kind"}, "'kind'", "--target"),
        ({"header": False}, "'1'", "--source"),
    ],
)
def test_an_end_that_can_hardly_be_one_is_noted(
    tmp_path: Path, options: dict[str, object], name: str, option: str
) -> None:
    """A row number and a single value, whatever options are given."""
    path = table(tmp_path, "i AS id, one AS follower, 'x' AS kind, other AS followee", "csv")
    notes = load_graph(edges=path, **options).notes  # type: ignore[arg-type]
    assert [option in note for note in notes if note.startswith(f"{name} is read as an end")] == [True]


def test_a_query_that_renames_a_row_number_is_noted(tmp_path: Path) -> None:
    """Its name before AS stands in the note."""
    path = table(tmp_path, "i AS id, one AS follower", "parquet")
    notes = load_graph(sql=f"SELECT id AS source, follower AS target FROM '{path}'").notes
    assert [note.startswith("'id' ") for note in notes] == [True]


def test_rising_ids_under_the_names_of_ends_are_no_row_numbers(tmp_path: Path) -> None:
    """As those of a tree, where each child has one parent."""
    (tmp_path / "e.csv").write_text("child,parent\n2,1\n3,1\n4,2\n5,3\n")
    assert ["is read as an end" in note for note in load_graph(edges=tmp_path / "e.csv").notes] == [False]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(("types", "directed"), [("Directed", True), ("Undirected", False), ("Knows", False)])
def test_directions_that_gephi_writes_are_dropped_and_noted(
    tmp_path: Path, types: str, directed: bool, kind: str
) -> None:
    """As those of a graph file: a column of types says that the links have a direction."""
    path = table(tmp_path, f"one AS Source, other AS Target, '{types}' AS Type", kind)
    notes = load_graph(edges=path).notes
    assert ["no direction is predicted" in note for note in notes] == [True] * directed
