"""Triples by hand: what becomes of repeats, loops and names, and what a fingerprint tells apart."""

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.graph.relations import Relations, triple_keys, triples_of

IDS = ["a", "b", "c"]
PAIRS = np.array([[2, 0], [0, 1], [1, 1], [0, 1], [0, 1], [2, 0]], np.int64)
NAMES = ("knows", "likes", "is", "sees")


def _graph(*of: int) -> Graph:
    return Graph.from_pairs(IDS, PAIRS, relations=Relations(NAMES, np.array(of, np.int16)))


def test_a_pair_is_one_edge_for_each_of_its_relations() -> None:
    """Triples stand by relation, source and target; a repeat is merged, a loop dropped with the relation of it alone."""
    graph = _graph(0, 1, 2, 0, 1, 3)
    assert graph.relations is not None
    assert (graph.relations.names, graph.relations.of.tolist()) == (("knows", "likes", "sees"), [0, 0, 1, 2])
    assert graph.edges.tolist() == [[0, 1], [2, 0], [0, 1], [2, 0]]
    assert (graph.duplicates, graph.self_loops, graph.directed) == (1, 1, True)
    assert graph.relations.counts() == {"knows": 2, "likes": 1, "sees": 1}


def test_relations_change_the_fingerprint() -> None:
    """The same pairs under other relations are another graph."""
    assert len({_graph(*of).fingerprint() for of in ((0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1), (1, 0, 0, 0, 0, 1))}) == 3


def test_keys_hold_large_triples() -> None:
    """The last triple of 1,000 relations among 90 million nodes survives the way to its key and back."""
    n, pair = 90_000_000, np.array([[89_999_999, 89_999_998]])
    of, pairs = triples_of(triple_keys(pair, 999, n), n)
    assert (of.tolist(), pairs.tolist()) == ([999], pair.tolist())


def test_too_many_relations_are_refused() -> None:
    """A column of texts is no column of relations."""
    with pytest.raises(DataError, match=r"at most 1,000 names, found 1,001, such as '0', '1', .* and 996 more"):
        Relations(tuple(map(str, range(1_001))), np.zeros(1, np.int16))
