"""Graphs that have a name: embedded ones, and Planetoid from its files."""

from pathlib import Path

import numpy as np

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.films import load_films
from latentlink.models.sources.movies import load_movies
from latentlink.models.sources.planetoid import load_planetoid


def load_dataset(dataset: str, root: Path | None, time: str | None) -> Graph:
    """The graph of a name.

    Args:
        dataset: "karate", "movies", "films" or "planetoid:<Name>".
        root: the folder with the files of Planetoid.
        time: "year", to know when each edge of "movies" came to be.

    Raises:
        DataError: there is no such graph, or it lacks what is asked for.
    """
    kind, _, name = dataset.partition(":")
    if time is not None and (dataset, time) != ("movies", "year"):
        raise DataError(
            f"--time-column: expected 'year' with --dataset movies, found {time!r} with {dataset!r}; correct or drop it"
        )
    if dataset == "movies":
        return load_movies(timed=time is not None)
    if dataset == "films":
        return load_films()
    if dataset == "karate":
        return _karate()
    if kind != "planetoid":
        raise DataError(
            f"--dataset: expected 'karate', 'movies', 'films' or 'planetoid:<Name>', found {dataset!r}; correct the name"
        )
    if root is None:
        raise DataError(f"--root: expected the folder that holds the files of {dataset!r}, found none; give --root")
    return load_planetoid(name, root)


def _karate() -> Graph:
    """Zachary's karate club (1977), 34 members and 78 friendships: ids are "0" to "33"; weights and clubs are left out."""
    import networkx as nx  # a quarter of a second, which no other source needs

    pairs = np.array(nx.karate_club_graph().edges, np.int64)
    return Graph.from_pairs([str(node) for node in range(34)], pairs)
