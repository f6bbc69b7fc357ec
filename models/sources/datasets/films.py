"""Persons and the films that they are in, of the same films as the co-star graph: a graph of two types.

A link joins a person with at least 15 films and a film with at least 2 such persons; whoever has no link is left out. There are
no features. A film is called by its title and year, and where others have the same by its number in IMDb as well.
"""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np

from latentlink.models.graph.graph import Graph
from latentlink.models.graph.types import NodeTypes
from latentlink.models.sources.datasets.movies import MIN_FILMS, MIN_SHARED, database, immutable, names

TYPES = ("person", "film")


def load_films() -> Graph:
    """The graph of the installed package bokeh-sampledata: persons in sorted order, then films.

    Raises:
        DataError: the package isn't installed, or is older than 2026.1.
    """
    return casts(database())


def casts(path: Path) -> Graph:
    """The graph of a SQLite file with a table `omdb` of films; see `load_films`."""
    cast_of = _cast_of(path)
    busy = {
        name
        for name, count in Counter(name for cast in cast_of.values() for name in cast).items()
        if count >= MIN_FILMS
    }
    films = {film: cast & busy for film, cast in sorted(cast_of.items()) if len(cast & busy) >= MIN_SHARED}
    persons = sorted(set().union(*films.values()))
    row_of = {name: row for row, name in enumerate(persons)}
    pairs = [(row_of[name], row) for row, film in enumerate(films, len(persons)) for name in films[film]]
    of = np.repeat(np.array([0, 1], np.int16), [len(persons), len(films)])
    types = NodeTypes(TYPES, of, np.array([[0, 1]], np.int16))
    return Graph.from_pairs([*persons, *films], np.array(pairs, np.int64).reshape(-1, 2), types=types)


def _cast_of(path: Path) -> dict[str, set[str]]:
    """The cast of each film, by what it is called."""
    with closing(sqlite3.connect(immutable(path), uri=True)) as connection:
        rows = connection.execute('SELECT "Title", "Year", "imdbID", "Cast" FROM omdb').fetchall()
    called = [f"{title} ({year})" for title, year, _, _ in rows]
    times = Counter(called)
    return {
        name if times[name] == 1 else f"{name}, {number}": names(cast or "")
        for name, (_, _, number, cast) in zip(called, rows, strict=True)
    }
