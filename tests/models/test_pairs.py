"""The layout of pairs by node, against a loop."""

import numpy as np
import pytest

from models.pairs import grouped, pair_matrix


def test_keys_are_grouped_in_their_order() -> None:
    """As numpy's stable sort does it; keys that do not occur have an empty group."""
    keys = np.random.default_rng(0).integers(0, 50, 200).astype(np.int32) * 2
    starts, order = grouped(keys, 101)
    assert (order == np.argsort(keys, kind="stable")).all()
    assert (np.diff(starts) == np.bincount(keys, minlength=101)).all()


@pytest.mark.parametrize("weights", [None, np.array([1, 2, 1], np.float32)])
def test_a_pair_counts_its_share_at_both_of_its_places(weights: np.ndarray | None) -> None:
    """Repeated pairs add up, a node with itself stands twice in one place, a node without pairs has an empty row."""
    matrix = pair_matrix(4, np.array([[0, 1, 2], [1, 0, 2]]), weights).to_dense().numpy()
    shares = [1 / 3, 1 / 3, 1 / 3] if weights is None else [0.25, 0.5, 0.25]
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = shares[0] + shares[1]
    expected[2, 2] = 2 * shares[2]
    np.testing.assert_allclose(matrix, expected, rtol=1e-6)
