"""The layout of pairs by node, against a loop."""

import numpy as np
import torch

from models.pairs import grouped, make_pairs


def test_keys_are_grouped_in_their_order() -> None:
    """As numpy's stable sort does it; keys that do not occur have an empty group."""
    keys = np.random.default_rng(0).integers(0, 50, 200).astype(np.int32) * 2
    starts, order = grouped(keys, 101)
    assert (order == np.argsort(keys, kind="stable")).all()
    assert (np.diff(starts) == np.bincount(keys, minlength=101)).all()


def test_values_are_summed_over_the_pairs_of_each_node() -> None:
    """Each pair counts at both of its ends, a node without pairs has 0."""
    edges, non_edges = np.array([[0, 1], [3, 0]]), np.array([[1, 3], [1, 3], [0, 0]])
    pairs = make_pairs(5, edges.T, non_edges.T)
    z, values = torch.randn(5, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    expected = torch.zeros(5, 2)
    for (i, j), value in zip([*edges, *non_edges], values, strict=True):
        expected[i] += value * z[j]
        expected[j] += value * z[i]
    torch.testing.assert_close(pairs.weighted_sums(values, z), expected)
