"""Sampled neighborhoods: Â without sampling, Â in expectation with sampling, and bounded."""

import numpy as np
import pytest
import torch

from latentlink.models.arrays import Float32
from latentlink.models.training.adjacency import Propagation
from latentlink.models.training.trainers.sampler import NeighborSampler, SampledSubgraph

N = 30
RANDOM = np.random.default_rng(0)
EDGES = np.unique(np.sort(RANDOM.integers(0, N - 1, (120, 2)), axis=1), axis=0)  # the last node has no links
EDGES = EDGES[EDGES[:, 0] != EDGES[:, 1]]
WEIGHTS = RANDOM.uniform(0.5, 2, len(EDGES)).astype(np.float32)
NODES = np.array([3, 29, 11, 4])
HIDDEN = np.array([0, 7, 8, 30])


def _dense(near: SampledSubgraph) -> Float32:
    """The sampled Â between all N nodes."""
    m, dense = len(near.nodes), np.zeros((N, N), np.float32)
    dense[np.ix_(near.nodes, near.nodes)] = (near.propagation @ torch.eye(m)).numpy()
    return dense


def _whole(hidden: np.ndarray, weights: Float32 | None) -> Float32:
    mask = np.isin(np.arange(len(EDGES)), hidden)
    return (Propagation(N, EDGES, weights).without(mask) @ torch.eye(N)).numpy()


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("hops", [1, 2, 3])
def test_with_all_neighbours_nodes_see_what_they_see_in_the_whole_graph(hops: int, weights: Float32 | None) -> None:
    """Their rows of the power of Â without the hidden edges, which count in no degree either."""
    neighbourhoods = NeighborSampler(Propagation(N, EDGES, weights), hops, fan_out=N)
    near = neighbourhoods.around(NODES, np.random.default_rng(1), HIDDEN)
    assert (near.nodes[: len(NODES)] == NODES).all()
    power = np.linalg.matrix_power(_dense(near), hops)[NODES]
    np.testing.assert_allclose(power, np.linalg.matrix_power(_whole(HIDDEN, weights), hops)[NODES], atol=1e-6)


@pytest.mark.parametrize("hidden", [np.empty(0, np.int64), HIDDEN])
@pytest.mark.parametrize("hops", [1, 2])
def test_the_mean_of_many_samples_is_the_whole(hops: int, hidden: np.ndarray) -> None:
    """Of 1,000 draws of two neighbours each the mean of every entry is within five standard errors of that of Âᴷ."""
    neighbourhoods, rng = NeighborSampler(Propagation(N, EDGES, WEIGHTS), hops, fan_out=2), np.random.default_rng(2)
    draws = [
        np.linalg.matrix_power(_dense(neighbourhoods.around(NODES, rng, hidden)), hops)[NODES] for _ in range(1000)
    ]
    error = np.std(draws, axis=0) / np.sqrt(len(draws))
    expected = np.linalg.matrix_power(_whole(hidden, WEIGHTS), hops)[NODES]
    assert (np.abs(np.mean(draws, axis=0, dtype=np.float64) - expected) <= 5 * error + 1e-6).all()
    assert error.max() > 0  # something was left out


def test_no_neighbour_is_drawn_twice_and_none_too_many() -> None:
    """A row has at most the fan-out and the node itself, each once, whatever is drawn; outer nodes have no row."""
    neighbourhoods, rng = NeighborSampler(Propagation(N, EDGES), 2, fan_out=3), np.random.default_rng(3)
    degrees = np.bincount(EDGES.ravel(), minlength=N)
    for _ in range(50):
        near = neighbourhoods.around(NODES, rng)
        assert len(np.unique(near.nodes)) == len(near.nodes)
        entries = (_dense(near) > 0).sum(axis=1)
        assert (entries[NODES] == np.minimum(degrees[NODES], 3) + 1).all()
        assert entries.max() <= 4


def test_the_gradient_goes_back_along_the_sample() -> None:
    """The transpose that the gradient takes is that of the sampled matrix."""
    near = NeighborSampler(Propagation(N, EDGES), 2, fan_out=2).around(NODES, np.random.default_rng(4))
    x = torch.eye(len(near.nodes), requires_grad=True)
    y = near.propagation @ x
    target = torch.rand(y.shape, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((y * target).sum(), x)
    torch.testing.assert_close(gradient, y.detach().T @ target)
