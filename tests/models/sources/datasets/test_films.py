"""Persons and films: the rules on a handful of films, the counts on the real ones."""

import sqlite3
from contextlib import closing
from pathlib import Path

from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph
from latentlink.models.sources.datasets.films import casts

Row = tuple[str, int, str, str | None]


def _graph(folder: Path, *rows: Row) -> Graph:
    """Of films, each (title, year, number, cast)."""
    path = folder / "films.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE omdb ("Title" TEXT, "Year" INTEGER, "imdbID" TEXT, "Cast" TEXT)')
        connection.executemany("INSERT INTO omdb VALUES (?, ?, ?, ?)", rows)
    return casts(path)


def test_persons_of_fifteen_films_are_linked_to_films_of_two_of_them(tmp_path: Path) -> None:
    """B has 15 films, of which 14 with A; C is in too few, D in no film with another, and films of one person are left out."""
    shared: list[Row] = [(f"F{n:02}", 2000, f"t{n}", "A, B, C") for n in range(14)]
    alone: list[Row] = [(f"{name}{n}", 2000, f"{name}{n}", name) for name in "ABD" for n in range(15)]
    graph = _graph(tmp_path, *shared, *alone, ("None", 2000, "tt", None))
    assert graph.ids == ["A", "B", *(f"F{n:02} (2000)" for n in range(14))]
    assert graph.n_edges == 28
    assert graph.types is not None
    assert graph.types.counts() == {"person": 2, "film": 14}


def test_films_of_one_title_and_year_are_told_apart_by_number(tmp_path: Path) -> None:
    """Others keep the short name."""
    rows: list[Row] = [(f"F{min(n, 13):02}", 2000, f"t{n}", "A, B") for n in range(15)]
    assert _graph(tmp_path, *rows).ids[-3:] == ["F12 (2000)", "F13 (2000), t13", "F13 (2000), t14"]


def test_the_real_ones() -> None:
    """As two queries of the database count them; nobody is left without a link."""
    graph = load_graph(dataset="films")
    assert graph.types is not None
    assert (graph.types.counts(), graph.n_edges) == ({"person": 2_651, "film": 10_391}, 63_538)
    assert "Tom Hanks" in graph.ids
    assert len(set(graph.edges.ravel().tolist())) == graph.n_nodes
    assert graph.bipartite
