"""Feature tables in .npz, dense and sparse, and in .npy."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.sources.formats.arrays import read_npy_features, read_npz_features

csr_matrix = pytest.importorskip("scipy.sparse").csr_matrix

IDS = np.array(["a", "b", "c"])
X = np.array([[0.0, 2.0], [0.0, 0.0], [1.5, -1.0]])


def save(folder: Path, **arrays: Any) -> Path:
    """The path of an archive."""
    path = folder / "x.npz"
    np.savez(path, **arrays)
    return path


def sparse(**changes: Any) -> dict[str, Any]:
    """X as SciPy lays it out, with some arrays replaced."""
    x = csr_matrix(X)
    return {"ids": IDS, "data": x.data, "indices": x.indices, "indptr": x.indptr, "shape": x.shape} | changes


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int8])
def test_dense_numbers_become_columns(tmp_path: Path, dtype: type) -> None:
    """Every real dtype is read as it is, its columns called x0, x1 and so on."""
    table = read_npz_features(save(tmp_path, ids=IDS, x=X.astype(dtype)))
    assert table.ids == ["a", "b", "c"]
    assert isinstance(table.features, dict)
    assert {name: column.tolist() for name, column in table.features.items()} == {
        "x0": [0, 0, X.astype(dtype)[2, 0]],
        "x1": [2, 0, -1],
    }


def test_nan_is_a_missing_value(tmp_path: Path) -> None:
    """A dense table may have missing cells; a caller that needs all of them raises later."""
    features = read_npz_features(save(tmp_path, ids=IDS, x=np.where(X == 2, np.nan, X))).features
    assert isinstance(features, dict)
    np.testing.assert_array_equal(features["x1"], [np.nan, 0, -1])


def test_sparse_equals_scipy(tmp_path: Path) -> None:
    """The CSR read is the matrix that SciPy wrote."""
    x = read_npz_features(save(tmp_path, **sparse())).features
    assert isinstance(x, CSR)
    assert [array.dtype.name for array in (x.indptr, x.indices, x.data)] == ["int64", "int64", "float32"]
    np.testing.assert_array_equal(csr_matrix((x.data, x.indices, x.indptr), x.shape).toarray(), X)


def test_sparse_rows_are_sorted_and_summed(tmp_path: Path) -> None:
    """Columns rise within a row, and a column that stands twice is the sum."""
    raw = sparse(data=[1.0, 2.0, 4.0], indices=[1, 0, 1], indptr=np.array([0, 3, 3, 3], np.uint32))
    x = read_npz_features(save(tmp_path, **raw)).features
    assert isinstance(x, CSR)
    assert x.indices.tolist() == [0, 1]
    assert x.data.tolist() == [2.0, 5.0]


def test_a_flipped_byte_is_told_with_its_key(tmp_path: Path) -> None:
    """The checksum of the zip is checked."""
    path = save(tmp_path, ids=IDS, x=X)
    content = path.read_bytes()
    path.write_bytes(content.replace(X.tobytes(), (X + 1).tobytes()))
    with pytest.raises(DataError, match=r"x\.npz, x: .*Bad CRC-32"):
        read_npz_features(path)


def test_an_absurd_shape_is_told_with_its_key(tmp_path: Path) -> None:
    """A header that asks for more memory than any machine has is refused."""
    path, header = save(tmp_path, ids=IDS), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 28, 1 << 28)})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(DataError, match=r"x\.npz, x: expected an array without objects, found 'Unable to allocate"):
        read_npz_features(path)


def test_an_encrypted_archive_is_told_with_its_key(tmp_path: Path) -> None:
    """There is no password to give."""
    path = save(tmp_path, ids=IDS, x=X)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        content[archive.start_dir + 8] |= 1  # the flag of the first entry of the zip's directory
        content[archive.getinfo("ids.npy").header_offset + 6] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz, ids: .*is encrypted, password required"):
        read_npz_features(path)


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    """An .npy under another name has no ids."""
    path = tmp_path / "x.npz"
    with path.open("wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match=r"x\.npz: expected an \.npz archive, found a single array"):
        read_npz_features(path)


def save_npy(folder: Path, x: Any, ids: Any = IDS) -> Path:
    """The path of a matrix with its ids beside it."""
    np.save(folder / "x.npy", x)
    np.save(folder / "x.ids.npy", ids)
    return folder / "x.npy"


def test_a_matrix_is_mapped_as_it_is(tmp_path: Path) -> None:
    """No page of it is copied, none standardised, and a note says so."""
    table = read_npy_features(save_npy(tmp_path, X.astype(np.float32)))
    assert table.ids == ["a", "b", "c"]
    assert isinstance(table.features, np.ndarray)
    assert isinstance(table.features.base, np.memmap)
    np.testing.assert_array_equal(table.features, X.astype(np.float32), strict=True)
    assert table.notes == ("Features of x.npy are taken as they are, not standardised.",)


@pytest.mark.parametrize(
    ("x", "ids", "message"),
    [
        (X, IDS, r"x.npy, x: expected float32 \(N, F\), F > 0, row by row \(C order\), found float64 \(3, 2\)"),
        (np.asfortranarray(X, np.float32), IDS, "x.npy, x: expected float32 .* row by row"),
        (X[0].astype(np.float32), IDS, "x.npy, x: expected float32"),
        (X[:2].astype(np.float32), IDS, "x.npy, x: expected 3 rows, one for each of x.ids.npy, found 2"),
        (np.where(X == 2, np.inf, X).astype(np.float32), IDS, "x.npy, x: expected numbers within float32, .* infinity"),
        (X.astype(np.float32), IDS[[0, 1, 1]], "x.ids.npy, ids: expected distinct ids, found 'b' 2 times"),
        (X.astype(np.float32), np.arange(3), r"x.ids.npy, ids: expected strings \(dtype U\), found dtype int64"),
        (np.array([[None]]), IDS, "x.npy: expected an .npy array without objects"),
    ],
)
def test_a_matrix_that_cannot_be_mapped_is_an_error(tmp_path: Path, x: Any, ids: Any, message: str) -> None:
    """It names the file, the expected and the found value."""
    with pytest.raises(DataError, match=message):
        read_npy_features(save_npy(tmp_path, x, ids))


def test_a_matrix_needs_its_ids_beside_it(tmp_path: Path) -> None:
    """The file that is missing is named; and so is one that is none."""
    path = save_npy(tmp_path, X.astype(np.float32))
    (tmp_path / "x.ids.npy").unlink()
    with pytest.raises(DataError, match=r"x\.ids\.npy: expected a readable file, found 'No such file or directory'"):
        read_npy_features(path)
    (tmp_path / "x.ids.npy").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"x\.ids\.npy: expected an .npy array"):
        read_npy_features(path)
