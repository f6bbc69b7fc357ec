"""Rows of features: kinds of columns, means, blocks and held-out rows, against hand-made tables and the dense layout."""

import numpy as np
import pytest
from scipy import linalg

from latentlink.models.errors import DataError
from latentlink.models.evaluation.splits import split_rows
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import (
    binary_columns,
    block_diagonal,
    blocks,
    column_means,
    count_missing,
    dense_rows,
    of_block,
)

NAN = float("nan")
TABLE = np.array([[0, 1, NAN, 2.5], [1, 0, NAN, NAN], [NAN, 1, NAN, 0], [0, 0, NAN, 1]], np.float32)


@pytest.mark.parametrize("layout", [np.asarray, CSR.from_dense])  # NaN is not 0, so CSR stores it
@pytest.mark.parametrize(("rows", "last"), [([0, 1, 2, 3], False), ([3, 1], True)])
def test_a_column_of_zeros_and_ones_is_binary(layout: type, rows: list[int], last: bool) -> None:
    """Known cells of the given rows decide, here without the 2.5 of row 0; a column without any counts as binary."""
    assert binary_columns(layout(TABLE), np.array(rows)).tolist() == [True, True, True, last]


@pytest.mark.parametrize("layout", [np.asarray, CSR.from_dense])
def test_means_are_of_the_known_cells_of_the_given_rows(layout: type) -> None:
    """Of rows 0–2: (0, 1, –), (1, 0, 1), none, (2.5, –, 0); binary columns lean to (3 + ½) / (5 + 1) by one cell."""
    means = column_means(layout(TABLE), np.array([0, 1, 2]), np.array([True, True, True, False]))
    prior = 3.5 / 6
    np.testing.assert_allclose(means, [(1 + prior) / 3, (2 + prior) / 4, prior, 1.25], rtol=1e-6)


def test_sparse_rows_are_those_of_the_dense_table() -> None:
    """Any rows in any order, repeated and empty ones too, with their missing cells."""
    rows = np.array([3, 0, 0, 2])
    np.testing.assert_array_equal(dense_rows(CSR.from_dense(TABLE), rows), TABLE[rows])
    assert dense_rows(CSR.from_dense(TABLE), np.empty(0, np.int64)).shape == (0, 4)


def test_missing_cells_are_counted_in_either_layout() -> None:
    """Six of them; none where there are no features."""
    assert [count_missing(TABLE), count_missing(CSR.from_dense(TABLE)), count_missing(None)] == [6, 6, 0]


def test_blocks_cover_the_rows_in_order_and_stay_small() -> None:
    """A table of 2²⁰ columns comes two rows at a time."""
    parts = list(blocks(np.arange(5), 2**20))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert np.concatenate(parts).tolist() == [0, 1, 2, 3, 4]


def test_every_row_is_in_one_set() -> None:
    """5 and 10 % of 200 rows are held out, and another seed holds out others; of nine rows none can be held out."""
    split = split_rows(200, 0.05, 0.10, np.random.default_rng(0))
    assert [len(part) for part in split] == [170, 10, 20]
    assert sorted(np.concatenate(split).tolist()) == list(range(200))
    assert split_rows(200, 0.05, 0.10, np.random.default_rng(1)).test.tolist() != split.test.tolist()
    with pytest.raises(DataError, match="expected at least 10 rows to hold some out, found 9"):
        split_rows(9, 0.05, 0.1, np.random.default_rng(0))


@pytest.mark.parametrize("sparse", [(), (0,), (0, 1, 2)])
def test_features_of_types_are_blocks_of_a_diagonal(sparse: tuple[int, ...]) -> None:
    """As scipy has them, from any layouts, and each can be taken out again; CSR where one is, or where most are 0."""
    random = np.random.default_rng(2)
    parts = [random.integers(1, 9, shape).astype(np.float32) for shape in ((3, 2), (2, 0), (4, 3))]
    x = block_diagonal([CSR.from_dense(part) if at in sparse else part for at, part in enumerate(parts)])
    assert isinstance(x, CSR) == bool(sparse)
    np.testing.assert_array_equal(dense_rows(x, np.arange(9)), linalg.block_diag(*parts))
    np.testing.assert_array_equal(
        dense_rows(of_block(x, np.array([8, 6]), slice(2, 5)), np.arange(2)), parts[2][[3, 1]]
    )
    assert isinstance(block_diagonal([np.eye(9, dtype=np.float32)] * 2), CSR)
