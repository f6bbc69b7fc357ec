"""CSR against scipy's, and its search against a set."""

import numpy as np
import pytest
import scipy.sparse

from latentlink.models.graph.csr import CSR, contains, runs


def _random_coo(
    rng: np.random.Generator, shape: tuple[int, int], size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        rng.integers(0, shape[0], size),
        rng.integers(0, shape[1], size),
        rng.integers(1, 5, size).astype(np.float32),  # integers: sums are exact in any order
    )


def _dense(matrix: CSR) -> np.ndarray:
    return np.asarray(scipy.sparse.csr_matrix((matrix.data, matrix.indices, matrix.indptr), matrix.shape).toarray())


@pytest.mark.parametrize("shape", [(7, 5), (1, 9), (9, 1)])
def test_from_coo_sums_repeated_cells(shape: tuple[int, int]) -> None:
    """Entries in any order, with repetitions, give the matrix that scipy gives; columns rise strictly within a row."""
    rows, columns, data = _random_coo(np.random.default_rng(1), shape, 40)
    matrix, expected = CSR.from_coo(rows, columns, data, shape), scipy.sparse.coo_matrix((data, (rows, columns)), shape)
    np.testing.assert_array_equal(_dense(matrix), expected.toarray())
    assert all((np.diff(matrix.row(row)) > 0).all() for row in range(shape[0]))


def test_from_dense_keeps_every_value() -> None:
    """A dense array survives the way to CSR and back, transposed, too."""
    array = np.array([[0, 1.5, 0], [0, 0, 0], [-2, 0, 3], [1, 4, 0]], np.float32)
    np.testing.assert_array_equal(_dense(CSR.from_dense(array)), array)
    np.testing.assert_array_equal(_dense(CSR.from_dense(array).transpose()), array.T)
    np.testing.assert_array_equal(_dense(CSR.identity(4)), np.eye(4))


@pytest.mark.parametrize("size", [30, 0])
def test_contains_agrees_with_a_set(size: int) -> None:
    """Every cell of a random matrix, and of an empty one, is found if and only if it is stored."""
    matrix = CSR.from_coo(*_random_coo(np.random.default_rng(4), (9, 11), size), (9, 11))
    stored = set(zip(matrix.row_of_entry().tolist(), matrix.indices.tolist(), strict=True))
    cells = [(row, column) for row in range(9) for column in range(11)]
    rows, columns = np.array(cells).T
    assert contains(matrix.indptr, matrix.indices, rows, columns).tolist() == [cell in stored for cell in cells]


@pytest.mark.parametrize("most", [1, 5, 8, 1000])
def test_runs_hold_as_much_as_fits(most: int) -> None:
    """All items in order; no run exceeds the limit unless it is one item, and none could take the next item as well."""
    sizes = np.array([3, 2, 0, 9, 1, 1, 1, 8, 0, 0, 4])
    found = list(runs(sizes, most))
    assert np.concatenate([np.arange(len(sizes))[run] for run in found]).tolist() == list(range(len(sizes)))
    assert all(sizes[run].sum() <= most or run.stop - run.start == 1 for run in found)
    assert all(sizes[run.start : run.stop + 1].sum() > most for run in found[:-1])
    assert list(runs(sizes[:0], most)) == []
