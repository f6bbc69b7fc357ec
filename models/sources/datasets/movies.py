"""The co-star graph that comes inside the package bokeh-sampledata (Wikidata, CC0), for the first steps offline.

A node is a person with at least 15 films between 1940 and 2014, an edge joins two who share at least 2 films.
Persons without an edge are left out, which leaves one connected graph.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import replace
from importlib import metadata
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.preprocessing import Preprocessing

MIN_FILMS = 15
MIN_SHARED = 2
_TIMED = (
    "An edge is as old as the second film that its two persons share. In the evaluation the features are those of the films "
    "up to the last edge that was trained on, in the model that is served of all films."
)
_NOTE = "The features come from the films that make the edges, so a random split flatters the model."
_SUFFIXES = {"Jr.", "Sr.", "III"}
_INSTALL = "pip install 'latentlink[demo]'"


class Film(NamedTuple):
    """Who was in a film, its genres and countries, and its year."""

    cast: set[str]
    traits: set[str]
    year: int


Films = list[Film]


def load_movies(*, timed: bool = False) -> Graph:
    """The co-star graph: ids are names in sorted order, edges are unweighted.

    Args:
        timed: whether each edge carries the year of the second film that its persons share, as its time, and the features can
            be had as they were in a year.

    Returns:
        A graph with CSR features (N, F): the share of a person's films, in (0, 1], of each genre and country, under its name;
        the graph's note says that they come from the films that make the edges.

    Raises:
        DataError: bokeh-sampledata isn't installed, or is older than 2026.1.
    """
    return costars(database(), timed=timed)


def costars(path: Path, *, timed: bool = False) -> Graph:
    """The co-star graph of a SQLite file with a table `omdb` of films; see `load_movies`."""
    films = _films(path)
    busy = {name for name, count in Counter(name for film in films for name in film.cast).items() if count >= MIN_FILMS}
    shared: dict[tuple[str, str], list[int]] = defaultdict(list)  # the years of the films
    for film in sorted(films, key=lambda film: film.year):
        for pair in combinations(sorted(film.cast & busy), 2):
            shared[pair].append(film.year)
    pairs = [pair for pair, years in shared.items() if len(years) >= MIN_SHARED]
    ids = sorted({name for pair in pairs for name in pair})
    row_of = {name: row for row, name in enumerate(ids)}
    rows = np.array([(row_of[one], row_of[other]) for one, other in pairs], np.int64).reshape(-1, 2)
    times = np.array([shared[pair][MIN_SHARED - 1] for pair in pairs], np.float64) if timed else None
    traits = sorted({trait for film in films if film.cast & row_of.keys() for trait in film.traits})
    graph = Graph.from_pairs(ids, rows, features=_shares(films, row_of, traits), times=times)
    graph = replace(graph, notes=(_TIMED if timed else _NOTE,), preprocessing=Preprocessing.named(traits))
    if not timed:
        return graph
    return replace(
        graph,
        features_until=lambda year: _shares([film for film in films if film.year <= year], row_of, traits),
    )


def database() -> Path:
    """Where the installed package keeps its films."""
    try:
        version = metadata.version("bokeh-sampledata")
    except metadata.PackageNotFoundError:
        raise DataError(f"movies: expected the package bokeh-sampledata, found none; {_INSTALL}") from None
    # Earlier releases hold other data under other licences.
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (2026, 1):
        raise DataError(f"movies: expected bokeh-sampledata 2026.1 or later, found {version}; {_INSTALL}")
    from bokeh_sampledata import package_path

    return Path(package_path("movies.db"))


def immutable(path: Path) -> str:
    """The URI of a SQLite file beside which no journal is written: it may stand in a read-only folder."""
    return f"{path.resolve().as_uri()}?mode=ro&immutable=1"


def _films(path: Path) -> Films:
    """Cast and traits (genres and countries) of every film."""
    with closing(sqlite3.connect(immutable(path), uri=True)) as connection:
        rows = connection.execute('SELECT "Cast", "Genre", "Country", "Year" FROM omdb').fetchall()
    return [Film(names(cast or ""), _split(genres) | _split(countries), year) for cast, genres, countries, year in rows]


def names(cast: str) -> set[str]:
    """The persons of "A, B, Jr., C": {"A", "B, Jr.", "C"}."""
    found: list[str] = []
    for part in map(str.strip, cast.split(",")):
        if part in _SUFFIXES and found:
            found[-1] += f", {part}"
        elif part:
            found.append(part)
    return set(found)


def _split(field: str | None) -> set[str]:
    """The parts of "A, B"."""
    return {part for part in map(str.strip, (field or "").split(",")) if part}


def _shares(films: Films, row_of: dict[str, int], columns: list[str]) -> CSR:
    """CSR (N, F): which share of a person's films has each of the F traits in `columns`."""
    traits_of: dict[str, list[set[str]]] = defaultdict(list)
    for film in films:
        for name in film.cast & row_of.keys():
            traits_of[name].append(film.traits)
    column_of = {trait: column for column, trait in enumerate(columns)}
    cells = [
        (row_of[name], column_of[trait], 1 / len(films_of))
        for name, films_of in traits_of.items()
        for traits in films_of
        for trait in traits
    ]
    rows, cols, values = zip(*cells, strict=True)
    shape = (len(row_of), len(columns))
    return CSR.from_coo(np.array(rows), np.array(cols), np.array(values, np.float32), shape)
