"""Circulant negatives: what is left of them is no edge, every pair is as likely as any other, every node has as many."""

import itertools

import numpy as np
import pytest

from latentlink.models.graph.circulants import Circulant, CirculantSampler

SPARSE = np.array([[0, 1], [1, 2], [5, 3], [7, 8]])
DENSE = np.array([pair for pair in itertools.combinations(range(7), 2) if pair not in {(0, 3), (2, 6), (4, 5)}])
MATCHING = np.array([[0, 1], [2, 3]])  # may be all pairs of a shift by half of the nodes


def _draw(n_nodes: int, edges: np.ndarray, seed: int) -> Circulant:
    rng = np.random.default_rng(seed)
    return CirculantSampler(n_nodes, edges, rng).draw(rng)


def _ordered(pairs: np.ndarray) -> list[tuple[int, int]]:
    return [(min(pair), max(pair)) for pair in pairs.tolist()]


def _all_pairs(drawn: Circulant) -> list[tuple[int, int]]:
    """By a loop, edges included, each with its lower node first."""
    order, n = drawn.order, len(drawn.order)
    return _ordered(np.array([(order[i], order[(i + shift) % n]) for shift in drawn.shifts for i in range(n)]))


def _negatives(drawn: Circulant) -> list[tuple[int, int]]:
    return [pair for place, pair in enumerate(_all_pairs(drawn)) if place not in set(drawn.edges.tolist())]


@pytest.mark.parametrize(("n_nodes", "edges"), [(10, SPARSE), (7, DENSE), (4, MATCHING)])
def test_exactly_the_edges_are_left_out(n_nodes: int, edges: np.ndarray) -> None:
    """Of every draw; at least one pair is left, and the size is the number of those that are."""
    for seed in range(50):
        drawn, linked = _draw(n_nodes, edges, seed), set(_ordered(edges))
        negatives = _negatives(drawn)
        assert not linked & set(negatives)
        assert negatives == [pair for pair in _all_pairs(drawn) if pair not in linked]
        assert drawn.size == len(negatives) > 0


@pytest.mark.parametrize(("n_edges", "n_shifts"), [(0, 1), (10, 1), (20, 2), (58, 6), (189, 19)])
def test_a_draw_has_about_two_pairs_for_each_edge(n_edges: int, n_shifts: int) -> None:
    """Of 20 nodes, each in two pairs for each distinct shift; at least one shift, at most all."""
    edges = np.array(list(itertools.combinations(range(20), 2)))[:n_edges].reshape(-1, 2)
    drawn = _draw(20, edges, 0)
    assert len(set(drawn.shifts)) == len(drawn.shifts) == n_shifts
    assert np.bincount(np.ravel(_all_pairs(drawn))).tolist() == [2 * n_shifts] * 20


def test_every_non_edge_is_as_likely_as_any_other() -> None:
    """Over permutations and shifts: of 2,000 draws each of the 41 non-edges has its share within five standard deviations."""
    counts = np.zeros((10, 10))
    for seed in range(2000):
        np.add.at(counts, tuple(np.array(_negatives(_draw(10, SPARSE, seed))).T), 1)
    found = counts[counts > 0]
    assert len(found) == 41
    assert abs(found / found.mean() - 1).max() < 5 / found.mean() ** 0.5


def test_one_permutation_reaches_every_non_edge() -> None:
    """By its shifts alone."""
    rng = np.random.default_rng(0)
    sampler = CirculantSampler(10, SPARSE, rng)
    draws = [sampler.draw(rng) for _ in range(200)]
    assert all((drawn.places[drawn.order] == np.arange(10)).all() for drawn in draws)
    assert len({pair for drawn in draws for pair in _negatives(drawn)}) == 41
