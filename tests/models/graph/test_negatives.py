"""Negatives: never an edge, never a loop, and uniform."""

import itertools

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.negatives import NegativeSampler, absent, edge_keys
from latentlink.models.graph.pair_space import AllPairs

SPARSE = np.array([[0, 1], [1, 2], [5, 3], [7, 8]])
DENSE = np.array([pair for pair in itertools.combinations(range(7), 2) if pair not in {(0, 3), (2, 6), (4, 5)}])


def _pairs_of(array: np.ndarray) -> set[tuple[int, int]]:
    return {(min(a, b), max(a, b)) for a, b in array.tolist()}


def _non_edges(n_nodes: int, edges: np.ndarray) -> set[tuple[int, int]]:
    return set(itertools.combinations(range(n_nodes), 2)) - _pairs_of(edges)


def test_an_edge_has_one_key_in_either_direction() -> None:
    """Keys are low · N + high."""
    assert edge_keys(np.array([[2, 5], [5, 2], [0, 9]]), 10).tolist() == [25, 25, 9]


@pytest.mark.parametrize(("n_nodes", "edges"), [(10, SPARSE), (7, DENSE)])
def test_draws_cover_exactly_the_non_edges(n_nodes: int, edges: np.ndarray) -> None:
    """Every non-edge comes up, and nothing else, on sparse and on dense graphs."""
    drawn = NegativeSampler(AllPairs(n_nodes), edges).draw(5000, np.random.default_rng(0))
    assert drawn.shape == (5000, 2)
    assert _pairs_of(drawn) == _non_edges(n_nodes, edges)


@pytest.mark.parametrize(("n_nodes", "edges"), [(10, SPARSE), (7, DENSE)])
def test_draws_are_uniform(n_nodes: int, edges: np.ndarray) -> None:
    """Each non-edge comes up as often as any other, by a χ² statistic below its 0.1 % critical value for 50 cells."""
    non = NegativeSampler(AllPairs(n_nodes), edges)
    drawn = edge_keys(non.draw(50_000, np.random.default_rng(1)), n_nodes)
    counts = np.unique(drawn, return_counts=True)[1]
    expected = 50_000 / len(counts)
    assert ((counts - expected) ** 2 / expected).sum() < 90


@pytest.mark.parametrize("size", [3, 20, 41])
def test_distinct_draws_do_not_repeat(size: int) -> None:
    """Without replacement, up to the last non-edge."""
    drawn = NegativeSampler(AllPairs(10), SPARSE).draw_distinct(size, np.random.default_rng(2))
    assert len(drawn) == len(_pairs_of(drawn)) == size
    assert _pairs_of(drawn) <= _non_edges(10, SPARSE)


def test_draws_of_a_large_graph_are_no_edges() -> None:
    """Of a hundred thousand edges among a thousand nodes, a fifth of all pairs, none is drawn and no loop."""
    rng = np.random.default_rng(4)
    edges = rng.integers(0, 1000, (100_000, 2))
    drawn = NegativeSampler(AllPairs(1000), edges).draw(200_000, rng)
    assert drawn.shape == (200_000, 2)
    assert not np.isin(edge_keys(drawn, 1000), edge_keys(edges, 1000)).any()
    assert (drawn[:, 0] != drawn[:, 1]).all()


def test_a_seed_repeats_its_draws() -> None:
    """Randomness is the argument's alone."""
    first, second = (NegativeSampler(AllPairs(10), SPARSE).draw(50, np.random.default_rng(3)) for _ in range(2))
    assert (first == second).all()


def test_more_than_there_are_is_refused() -> None:
    """The error has the number of unlinked pairs; with none of them there is nothing to learn against."""
    with pytest.raises(DataError, match=r"at least 4 unlinked pairs .* found 3 among 7 nodes"):
        NegativeSampler(AllPairs(7), DENSE).draw_distinct(4, np.random.default_rng(0))
    with pytest.raises(DataError, match="found 0 among 5 nodes"):
        NegativeSampler(AllPairs(5), np.array(list(itertools.combinations(range(5), 2))))


@pytest.mark.parametrize("present", [[], [0], [0, 1, 4], [2, 3, 9], list(range(9))])
def test_absent_numbers_are_those_of_a_list_of_all(present: list[int]) -> None:
    """By rank, and drawn by the same random numbers as from the list."""
    free = np.setdiff1d(np.arange(10), present)
    assert absent(np.array(present, np.int64), np.arange(len(free))).tolist() == free.tolist()
    ranks = np.random.default_rng(2).integers(0, len(free), 50)
    expected = np.random.default_rng(2).choice(free, 50)
    assert absent(np.array(present, np.int64), ranks).tolist() == expected.tolist()
