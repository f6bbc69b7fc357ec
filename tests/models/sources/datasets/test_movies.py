"""The co-star graph: its rules on a handful of films, its counts on the real ones."""

import sqlite3
from contextlib import closing
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.datasets.movies import costars, load_movies

Array = npt.NDArray[np.float64]


def films(folder: Path, *rows: tuple[str | None, str | None, str | None], timed: bool = False) -> Graph:
    """The co-star graph of films, each (cast, genres, countries), one a year from 1940."""
    database = folder / "with ? and #.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute('CREATE TABLE omdb ("Cast" TEXT, "Genre" TEXT, "Country" TEXT, "Year" INTEGER)')
        connection.executemany("INSERT INTO omdb VALUES (?, ?, ?, ?)", [(*row, 1940 + i) for i, row in enumerate(rows)])
    return costars(database, timed=timed)


def links(graph: Graph) -> set[tuple[str, str]]:
    """The edges as pairs of names."""
    return {(graph.ids[one], graph.ids[other]) for one, other in graph.edges}


def dense(graph: Graph) -> Array:
    """The features as one array."""
    x = graph.features
    assert isinstance(x, CSR)
    matrix = np.zeros(x.shape)
    matrix[x.row_of_entry(), x.indices] = x.data
    return matrix


def test_fifteen_films_make_a_node(tmp_path: Path) -> None:
    """Fourteen films are too few, even when all are shared."""
    graph = films(tmp_path, *[("A, B, C", "Drama", "Italy")] * 14, ("B, A", "Drama", "Italy"))
    assert graph.ids == ["A", "B"]


def test_two_shared_films_make_an_edge(tmp_path: Path) -> None:
    """One shared film is too few, and who has no edge is no node."""
    alone = [(name, "Drama", "Italy") for name in "ABCD" for _ in range(15)]
    graph = films(tmp_path, *alone, *[("B, A", "", "")] * 2, *[("B, C", "", "")] * 3, ("C, A, D", "", ""))
    assert links(graph) == {("A", "B"), ("B", "C")}
    assert graph.ids == ["A", "B", "C"]


@pytest.mark.parametrize("suffix", ["Jr.", "Sr.", "III"])
def test_a_suffix_belongs_to_the_name_before(tmp_path: Path, suffix: str) -> None:
    """The comma in "B, Jr." doesn't part two persons."""
    graph = films(tmp_path, *[(f"A, B, {suffix}, C", "Drama", "Italy")] * 15)
    assert graph.ids == ["A", f"B, {suffix}", "C"]


def test_empty_names_are_nobody(tmp_path: Path) -> None:
    """Films without a cast and doubled commas add no node."""
    graph = films(tmp_path, *[("A, , B", "Drama", "Italy"), ("", "Drama", "Italy"), (None, None, None)] * 15)
    assert graph.ids == ["A", "B"]


def test_features_are_shares_of_films(tmp_path: Path) -> None:
    """Of A's 20 films, 15 are dramas and 5 comedies, all Italian, 5 French as well; B's 15 are Italian dramas."""
    graph = films(tmp_path, *[("A, B", "Drama", "Italy")] * 15, *[("A", "Comedy", "Italy, France")] * 5)
    comedy, drama, france, italy = 0.25, 0.75, 0.25, 1.0
    assert graph.preprocessing is not None
    assert graph.preprocessing.names == ("Comedy", "Drama", "France", "Italy")
    np.testing.assert_allclose(dense(graph), np.array([[comedy, drama, france, italy], [0, 1, 0, 1]]), rtol=1e-6)


def test_a_note_tells_where_the_features_come_from(tmp_path: Path) -> None:
    """Films give edges and features alike, which a random split of the edges doesn't part."""
    graph = films(tmp_path, *[("A, B", "Drama", "Italy")] * 15)
    assert graph.notes == (
        "The features come from the films that make the edges, so a random split flatters the model.",
    )


def test_the_real_films_give_the_known_graph() -> None:
    """2,644 persons, 24,950 unweighted edges, one component, every person with features in (0, 1]."""
    pytest.importorskip("bokeh_sampledata")
    graph = load_movies()
    x = graph.features
    assert isinstance(x, CSR)
    assert (graph.n_nodes, graph.n_edges, x.shape, graph.weights) == (2_644, 24_950, (2_644, 113), None)
    assert reached(graph) == 2_644
    assert list(graph.ids) == sorted(graph.ids)
    assert np.diff(x.indptr).min() > 0
    assert 0 < x.data.min() <= x.data.max() <= 1.000001


def reached(graph: Graph) -> int:
    """How many nodes a walk from node 0 reaches."""
    seen = np.zeros(graph.n_nodes, bool)
    seen[0] = True
    while True:
        touched = seen[graph.edges].any(axis=1)
        if seen[graph.edges[touched]].all():
            return int(seen.sum())
        seen[graph.edges[touched]] = True


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out is one command."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(DataError, match=r"bokeh-sampledata, found none; pip install 'latentlink\[demo\]'$"):
        load_movies()


@pytest.mark.parametrize("version", ["2025.0", "2024.2", "2026.0.1"])
def test_an_older_release_is_refused(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Releases before 2026.1 hold other data under other licences."""
    monkeypatch.setattr(metadata, "version", lambda _: version)
    with pytest.raises(DataError, match=rf"2026\.1 or later, found {version}; pip install 'latentlink\[demo\]'$"):
        load_movies()


TIMED = [("A, B", "Drama", "Italy")] * 13 + [("A, B, C", "Crime", "Italy")] * 2 + [("C", "War", "")] * 13


def test_an_edge_is_as_old_as_the_second_shared_film(tmp_path: Path) -> None:
    """A and B share films from 1940 on, each of them with C those of 1953 and 1954."""
    graph = films(tmp_path, *TIMED, timed=True)
    assert graph.times is not None
    named = {
        (graph.ids[one], graph.ids[other]): time for (one, other), time in zip(graph.edges, graph.times, strict=True)
    }
    assert named == {("A", "B"): 1941, ("A", "C"): 1954, ("B", "C"): 1954}


def test_features_of_a_year_know_no_later_film(tmp_path: Path) -> None:
    """Until 1952 A has Drama and Italy only, and C nothing; the columns stay those of all films."""
    graph = films(tmp_path, *TIMED, timed=True)
    assert dense(graph.as_of(1952)).tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]  # Crime, Drama, Italy, War
    np.testing.assert_allclose(dense(graph)[0], [2 / 15, 13 / 15, 1, 0], rtol=1e-6)
