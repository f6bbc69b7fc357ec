"""Links between two kinds of nodes whose ids overlap."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

ROWS = "FROM (VALUES (1, 1, 5.0, 3), (1, 2, 3.0, 9), (2, 1, 4.0, 7), (3, 9, 1.0, 1)) t"
KEPT_APART = {frozenset((f"userId:{user}", f"movieId:{film}")) for user, film in [(1, 1), (1, 2), (2, 1), (3, 9)]}


@pytest.fixture(params=["csv", "tsv", "parquet"])
def save(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """Write ratings with these names of columns in each of the formats and return the path."""

    def save(*names: str) -> Path:
        path = tmp_path / f"it's $1.{request.param}"
        columns = ", ".join(f'"{name}"' for name in names)
        kind = {"parquet": "PARQUET", "csv": "CSV", "tsv": "CSV, DELIMITER '\t'"}[request.param]
        literal = str(path).replace("'", "''")
        duckdb.execute(f"COPY (SELECT * {ROWS}({columns})) TO '{literal}' (FORMAT {kind})")
        return path

    return save


def query(message: str) -> str:
    """The query that a message prints, as a shell reads it."""
    [printed] = re.findall(r'--sql ("(?:[^"\\]|\\.)*")', message)
    return subprocess.run(f"printf %s {printed}", shell=True, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_an_id_of_two_kinds_is_refused_with_the_query_that_keeps_them_apart(save: Callable[..., Path]) -> None:
    """User 1 and film 1 would be one node; the printed query gives the graph of users and films, weights included."""
    path = save("userId", "movieId", "rating", "at")
    with pytest.raises(DataError, match=r"found 2, such as '1'.*--one-kind") as caught:
        load_graph(edges=path, source="userId", target="movieId", weight="rating", time="at")
    graph = load_graph(sql=query(str(caught.value)), time="at")
    assert {frozenset((graph.ids[a], graph.ids[b])) for a, b in graph.edges} == KEPT_APART
    assert (sorted(np.asarray(graph.weights)), sorted(np.asarray(graph.times))) == ([1, 3, 4, 5], [1, 3, 7, 9])


def test_names_that_a_query_must_quote_are_quoted(save: Callable[..., Path]) -> None:
    """A word of SQL, a blank and a quote."""
    path = save("user's id", "order", "rating", "at")
    with pytest.raises(DataError, match="--one-kind") as caught:
        load_graph(edges=path, source="user's id", target="order")
    assert load_graph(sql=query(str(caught.value))).ids[:2] == ["user's id:1", "order:1"]


def test_one_kind_is_taken_at_its_word(save: Callable[..., Path]) -> None:
    """The same id is then the same node."""
    graph = load_graph(edges=save("a", "film", "w", "at"), source="a", target="film", one_kind=True)
    assert (graph.n_nodes, graph.self_loops, graph.duplicates) == (4, 1, 1)


@pytest.mark.parametrize(
    "names",
    [
        ("source", "target"),
        ("from_id", "to"),
        ("FromNodeId", "ToNodeId"),
        ("fromnodeid", "tonodeid"),
        ("proteinA", "proteinB"),
        ("node_1", "node_2"),
        ("user", "user.1"),
        ("userID", "friendID"),
        ("cited_paper", "citing_paper"),
        ("u", "v"),
        ("parent", "child"),
    ],
)
def test_names_of_one_kind_may_share_ids(tmp_path: Path, names: tuple[str, str]) -> None:
    """They differ only in what tells the ends of a link apart."""
    (tmp_path / "e.csv").write_text(f"{','.join(names)}\n1,2\n2,3\n")
    assert load_graph(edges=tmp_path / "e.csv", source=names[0], target=names[1]).n_nodes == 3


@pytest.mark.parametrize(
    "names",
    [
        ("userId", "movieId"),
        ("userid", "itemid"),
        ("author", "paper"),
        ("id", "movie_id"),
        ("student1", "course2"),
        ("drug", "target"),
    ],
)
def test_names_of_two_kinds_may_share_no_id(tmp_path: Path, names: tuple[str, str]) -> None:
    """Without a shared id they are read; with one they are not."""
    for rows, shared in (("1,a\n2,b\n", False), ("1,2\n2,3\n", True)):
        (tmp_path / "e.csv").write_text(f"{','.join(names)}\n{rows}")
        if not shared:
            assert load_graph(edges=tmp_path / "e.csv", source=names[0], target=names[1]).n_nodes == 4
            continue
        with pytest.raises(DataError, match="found 1, such as '2'"):
            load_graph(edges=tmp_path / "e.csv", source=names[0], target=names[1])


@pytest.mark.parametrize(
    "select",
    [
        "source, target FROM (SELECT userId AS source, movieId AS target FROM 'r.csv') t",
        "* FROM (SELECT userId AS source, movieId AS target FROM 'r.csv')",
        "userId AS source, movieId AS target FROM 'r.csv' r",
        "r.userId::TEXT AS source, movieId AS target FROM 'r.csv' r",
        "\"userId\" source, movieId AS target FROM 'r.csv';",
    ],
)
def test_a_query_that_renames_columns_hides_no_kinds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, select: str
) -> None:
    """The names before AS count; the printed query is one around it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.csv").write_text("userId,movieId\n1,1\n1,2\n2,1\n3,9\n")
    with pytest.raises(DataError, match=r"found 2, such as '1'") as caught:
        load_graph(sql=f"SELECT {select}")
    graph = load_graph(sql=query(str(caught.value)))
    assert {frozenset((graph.ids[a], graph.ids[b])) for a, b in graph.edges} == KEPT_APART


def test_a_query_that_makes_ids_is_not_questioned(tmp_path: Path) -> None:
    """What is more than a column has a kind of its own."""
    (tmp_path / "r.csv").write_text("userId,movieId\n1,1\n1,2\n")
    assert load_graph(sql=f"SELECT 'u' || userId AS source, movieId AS target FROM '{tmp_path}/r.csv'").n_nodes == 3
