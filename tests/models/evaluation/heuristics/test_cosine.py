"""Cosines of whole rows: features of any density and size."""

import numpy as np
import pytest

from latentlink.models.arrays import Float32
from latentlink.models.evaluation.heuristics.cosine import FeatureCosine
from latentlink.models.graph.csr import CSR


@pytest.mark.parametrize("share", [0.01, 0.5])
@pytest.mark.parametrize("sparse", [False, True])
def test_equal_cosines_of_binary_features_are_equal_in_a_row(share: float, sparse: bool) -> None:
    """Nodes with as many features, as many of them shared, are tied: by counting, c / √(a b)."""
    x = (np.random.default_rng(0).random((60, 700)) < share).astype(np.float32)
    [row] = FeatureCosine(CSR.from_dense(x) if sparse else x).score_rows(np.array([7]))
    counts = [(int(x[7] @ other), int(other.sum())) for other in x]
    assert len(set(counts)) < 60
    for one in set(counts):
        assert len({row[i] for i, other in enumerate(counts) if other == one}) == 1


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([[1e30, 1e30], [1e30, 0]], [1, 0.5**0.5]),
        ([[1, np.nan], [1, 1]], [1, 0.5**0.5]),
        ([[0, 0], [1, 1]], [0, 0]),
    ],
    ids=["large", "missing", "zeros"],
)
def test_a_row_is_finite(x: list[list[float]], expected: list[float]) -> None:
    """Products of large features do not overflow, a missing cell counts as 0, and a row of zeros resembles none."""
    features: Float32 = np.array(x, np.float32)
    for given in (features, CSR.from_dense(features)):
        assert FeatureCosine(given).score_rows(np.array([0]))[0] == pytest.approx(expected)
