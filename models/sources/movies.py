"""The co-star graph that comes inside the package bokeh-sampledata (Wikidata, CC0), for the first steps offline.

A node is a person with at least 15 films between 1940 and 2014, an edge joins two who share at least 2 films.
Who shares 2 films with nobody is left out, which leaves one connected graph.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import replace
from importlib import metadata
from itertools import combinations
from pathlib import Path

import numpy as np

from models.csr import CSR
from models.errors import DataError
from models.graph import Graph

MIN_FILMS = 15
MIN_SHARED = 2
_NOTE = "The features come from the films that make the edges, so a random split flatters the model."
_SUFFIXES = {"Jr.", "Sr.", "III"}
_INSTALL = "pip install 'latentlink[demo]'"
Films = list[tuple[set[str], set[str]]]  # cast, traits


def load_movies() -> Graph:
    """The co-star graph: ids are names in sorted order, edges are unweighted.

    Returns:
        A graph with CSR features (N, F): the share of a person's films, in (0, 1], of each genre and country; its note says
        that they come from the films that make the edges.

    Raises:
        DataError: bokeh-sampledata isn't installed, or is older than 2026.1.
    """
    return costars(_database())


def costars(database: Path) -> Graph:
    """The co-star graph of a SQLite file with a table `omdb` of films; see `load_movies`."""
    films = _films(database)
    busy = {name for name, count in Counter(name for cast, _ in films for name in cast).items() if count >= MIN_FILMS}
    shared = Counter(pair for cast, _ in films for pair in combinations(sorted(cast & busy), 2))
    pairs = [pair for pair, count in shared.items() if count >= MIN_SHARED]
    ids = sorted({name for pair in pairs for name in pair})
    row_of = {name: row for row, name in enumerate(ids)}
    rows = np.array([(row_of[one], row_of[other]) for one, other in pairs], np.int64).reshape(-1, 2)
    return replace(Graph.from_pairs(ids, rows, features=_shares(films, row_of)), notes=(_NOTE,))


def _database() -> Path:
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


def _films(database: Path) -> Films:
    """Cast and traits (genres and countries) of every film."""
    # Immutable: SQLite then writes no journal beside the file, which may stand in a read-only folder.
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        rows = connection.execute('SELECT "Cast", "Genre", "Country" FROM omdb').fetchall()
    return [(_names(cast or ""), _split(genres) | _split(countries)) for cast, genres, countries in rows]


def _names(cast: str) -> set[str]:
    """The persons of "A, B, Jr., C": {"A", "B, Jr.", "C"}."""
    names: list[str] = []
    for part in map(str.strip, cast.split(",")):
        if part in _SUFFIXES and names:
            names[-1] += f", {part}"
        elif part:
            names.append(part)
    return set(names)


def _split(field: str | None) -> set[str]:
    """The parts of "A, B"."""
    return {part for part in map(str.strip, (field or "").split(",")) if part}


def _shares(films: Films, row_of: dict[str, int]) -> CSR:
    """CSR (N, F): which share of a person's films has each trait, traits in sorted order."""
    traits_of: dict[str, list[set[str]]] = defaultdict(list)
    for cast, traits in films:
        for name in cast & row_of.keys():
            traits_of[name].append(traits)
    columns = sorted({trait for films_of in traits_of.values() for traits in films_of for trait in traits})
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
