"""The layout of pairs by node, against a loop."""

import numpy as np
import pytest

from latentlink.models.nn.pairs import grouped, pair_matrix


@pytest.mark.parametrize("n_keys", [101, 2**16, 2**16 + 1])
def test_keys_are_grouped_in_their_order(n_keys: int) -> None:
    """As numpy's sort by comparing does it; the last key is one of them, and those that do not occur have an empty group."""
    keys = np.append(np.random.default_rng(0).integers(0, 50, 200) * 2, n_keys - 1).astype(np.int32)
    starts, order = grouped(keys, n_keys)
    assert (order == np.argsort(keys, kind="stable")).all()
    assert (np.diff(starts) == np.bincount(keys, minlength=n_keys)).all()


@pytest.mark.parametrize("weights", [None, np.array([1, 2, 1], np.float32)])
def test_a_pair_counts_its_share_at_both_of_its_places(weights: np.ndarray | None) -> None:
    """Repeated pairs add up, a node with itself stands twice in one place, a node without pairs has an empty row."""
    matrix = pair_matrix(4, np.array([[0, 1, 2], [1, 0, 2]]), weights).to_dense().numpy()
    shares = [1 / 3, 1 / 3, 1 / 3] if weights is None else [0.25, 0.5, 0.25]
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = shares[0] + shares[1]
    expected[2, 2] = 2 * shares[2]
    np.testing.assert_allclose(matrix, expected, rtol=1e-6)
