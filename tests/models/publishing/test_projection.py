"""The picture of all embeddings in a plane."""

import numpy as np
import pytest

from latentlink.models.publishing.projection import principal_map


def test_it_is_what_a_singular_value_decomposition_gives() -> None:
    """The first two right singular vectors of the centred table, up to the sign of each."""
    mu = np.random.default_rng(0).normal(3, [5, 0.5, 2, 1], (300, 4)).astype(np.float32)
    centred = mu - mu.mean(axis=0, dtype=np.float64)
    expected = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    found = principal_map(mu)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.abs(found), np.abs(expected), rtol=1e-4, atol=1e-4)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is read in many parts has the map of the whole."""
    mu = np.random.default_rng(1).normal(0, [3, 2, 1], (50, 3)).astype(np.float32)
    whole = principal_map(mu)
    monkeypatch.setattr("latentlink.models.publishing.projection._BLOCK", 7)
    np.testing.assert_allclose(principal_map(mu), whole, rtol=1e-5, atol=1e-5)


def test_the_sign_is_fixed() -> None:
    """Points along (1, −3) rise where −3's coordinate does: the largest coefficient counts as positive."""
    mu = np.outer(np.arange(5), [1, -3]).astype(np.float32)
    assert (np.diff(principal_map(mu)[:, 0]) < 0).all()


@pytest.mark.parametrize("shape", [(1, 4), (2, 4), (4, 1), (1, 1)])
def test_small_tables_have_a_map_too(shape: tuple[int, int]) -> None:
    """(N, 2) finite numbers, 0 where there is no second direction."""
    found = principal_map(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
    assert found.shape == (shape[0], 2)
    assert np.isfinite(found).all()
    assert np.allclose(found[:, 1], 0, atol=1e-5)
