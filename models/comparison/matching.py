"""Nodes and relations of one checkpoint in another one, by their names."""

import numpy as np

from latentlink.models.arrays import Int64, Ints
from latentlink.models.checkpoint import Checkpoint

_FEW = 64  # nodes, up to which single lookups are faster than a batch


class Matching:
    """Where the nodes of one checkpoint are in another one: by id and, where nodes have types, by the name of the type.

    Args:
        here: the one whose rows are given.
        there: the other one.
    """

    def __init__(self, here: Checkpoint, there: Checkpoint) -> None:
        self._here, self._there = here.nodes, there.nodes
        self._kinds = places(here.manifest.types, there.manifest.types)
        self.relations = places(here.manifest.relations, there.manifest.relations)

    def rows(self, rows: Ints) -> Int64:
        """The rows, int64 (m,), of m nodes in the other checkpoint; −1 of one that it does not know."""
        types = self._here.types
        if types is None and len(rows) <= _FEW:
            return self._there.rows(self._here.ids(rows.tolist()))
        texts = self._here.texts.take(rows)
        if types is None:
            return self._there.rows(texts)
        found, kinds = np.full(len(rows), -1), types[rows]
        for kind in np.unique(kinds).tolist():
            if (place := int(self._kinds[kind])) >= 0:
                own = np.flatnonzero(kinds == kind)
                found[own] = self._there.rows(texts.take(own), place)
        return found


def places(names: list[str], others: list[str]) -> Int64:
    """The place of each of m names among others, int64 (m,); −1 of one that is not there."""
    found = {name: place for place, name in enumerate(others)}
    return np.array([found.get(name, -1) for name in names], np.int64)


def sample(n: int, most: int, rng: np.random.Generator) -> Int64:
    """Some of n places, at most so many, int64, rising."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))
