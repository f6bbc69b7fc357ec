"""Feature tables in NumPy's .npz: `ids` beside a dense `x`, or beside the four arrays of a sparse matrix; and in its .npy.

The columns of a dense one are called x0, x1, and so on, and are preprocessed like those of any table; a sparse one stays as
it is, and so does a dense .npy, which is mapped and not read: it may be larger than memory.

Nothing is unpickled. An archive that was cut short, an array of Python objects or a matrix that contradicts itself is
a `DataError` that names the file and the key.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib.npyio import NpzFile

from latentlink.models.arrays import Float32, Int64
from latentlink.models.errors import DataError
from latentlink.models.graph.columns import Columns
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.features import blocks
from latentlink.models.sources.formats.tables import NodeTable

Array = npt.NDArray[Any]
_MEND = "write it with numpy.savez, ids as strings (dtype U)"


def read_npz_features(path: Path) -> NodeTable:
    """Read `ids`, (N,) strings, and either `x`, (N, F) real numbers, or `data`, `indices`, `indptr` and `shape`.

    The sparse form is that of `scipy.sparse.csr_matrix`; columns may stand in any order within a row, and repeated
    ones are summed, to float32. NaN in `x` is a missing value.

    Raises:
        DataError: the file can't be read, a key is missing, or an array has the wrong shape, dtype or values.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, found {error.strerror!r}; check the path") from None
    with file, _opened(path, file) as archive:
        return read_arrays(path, archive, "NumPy, dense" if "x" in archive else "NumPy, sparse")


def read_arrays(what: Path | str, archive: Mapping[str, Array], form: str) -> NodeTable:
    """The same of arrays of these names, in a file or in memory.

    Raises:
        DataError: as `read_npz_features`.
    """
    ids = read_ids(what, archive)
    return NodeTable(ids, (_dense if "x" in archive else _sparse)(what, archive, len(ids)), form=form)


def as_given(what: Path | str, ids: list[str], x: Float32, form: str) -> NodeTable:
    """A matrix, float32 (N, F), that is taken as it is; NaN is a missing value.

    Raises:
        DataError: a number is infinite.
    """
    finite = all(not np.isinf(x[rows]).any() for rows in blocks(np.arange(len(x)), x.shape[1]))
    _require(finite, what, "x", "numbers within float32, or NaN where one is missing", "infinity")
    name = what.name if isinstance(what, Path) else what
    return NodeTable(ids, x, (f"Features of {name} are taken as they are, not standardised.",), form)


def read_npy_features(path: Path) -> NodeTable:
    """Map `path`, float32 (N, F), whose ids, (N,) strings, stand in `<name>.ids.npy` beside it.

    NaN is a missing value.

    Raises:
        DataError: a file can't be read, or an array has the wrong shape, dtype or values.
    """
    beside = path.with_suffix(".ids.npy")
    ids, x = read_ids(beside, {"ids": _mapped(beside)}), _mapped(path)
    legal = x.dtype == np.float32 and x.ndim == 2 and x.shape[1] > 0 and x.flags.c_contiguous
    _require(legal, path, "x", "float32 (N, F), F > 0, row by row (C order)", f"{x.dtype} {x.shape}")
    _require(len(x) == len(ids), path, "x", f"{len(ids)} rows, one for each of {beside.name}", str(len(x)))
    return as_given(path, ids, x, "NumPy, mapped")


def read_ids(what: Path | str, archive: Mapping[str, Array]) -> list[str]:
    """The distinct node ids, (N,) strings under `ids`.

    Raises:
        DataError: there are none, one is empty or no Unicode, or two are equal.
    """
    ids = _array(what, archive, "ids", kinds="U", ndim=1)
    _require(len(ids) > 0, what, "ids", "at least one node", "none")
    try:
        np.strings.encode(ids, "utf-8")
    except (ValueError, SystemError) as error:  # A lone surrogate, or a number beyond Unicode.
        raise DataError(f"{what}, ids: expected Unicode text, found {str(error)!r}; {_MEND}") from None
    distinct, counts = np.unique(ids, return_counts=True)
    _require(distinct[0] != "", what, "ids", "ids of at least one character", "an empty one")
    worst = counts.argmax()
    _require(counts[worst] == 1, what, "ids", "distinct ids", f"{str(distinct[worst])!r} {counts[worst]} times")
    return [str(node) for node in ids]


def _mapped(path: Path) -> Array:
    """One array, none of its pages read."""
    try:
        with path.open("rb"):
            return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, found {error.strerror!r}; check the path") from None
    except Exception as error:  # Damaged files raise anything.
        raise DataError(
            f"{path}: expected an .npy array without objects, found {str(error)!r}; write it with numpy.save"
        ) from None


def _opened(path: Path, file: BinaryIO) -> NpzFile:
    """The archive, none of its arrays read; `file` is the caller's, as NumPy leaves a damaged one open."""
    try:
        archive = np.load(file, allow_pickle=False)
    except Exception as error:  # Damaged archives raise anything.
        raise DataError(f"{path}: expected an .npz archive, found {str(error)!r}; {_MEND}") from None
    if not isinstance(archive, NpzFile):
        raise DataError(f"{path}: expected an .npz archive, found a single array; {_MEND}")
    return archive


def _dense(what: Path | str, archive: Mapping[str, Array], n: int) -> Columns:
    """The columns of `x`, float64 (n,) each."""
    x = _array(what, archive, "x", kinds="biuf", ndim=2)
    _require(
        x.shape[0] == n and x.shape[1] > 0, what, "x", f"shape ({n}, F), F > 0, as there are {n} ids", str(x.shape)
    )
    finite = "numbers within float32, or NaN where one is missing"
    _require(not bool(np.isinf(_float32(x)).any()), what, "x", finite, "larger ones")
    return {f"x{place}": column.astype(np.float64) for place, column in enumerate(x.T)}


def _sparse(what: Path | str, archive: Mapping[str, Array], n: int) -> CSR:
    """The CSR arrays as a checked (n, F) matrix."""
    shape = _array(what, archive, "shape", kinds="iu", ndim=1).tolist()
    legal = len(shape) == 2 and shape[0] == n and 0 < shape[1] < 2**31
    _require(legal, what, "shape", f"({n}, F), 0 < F < 2^31", str(shape))
    data = _float32(_array(what, archive, "data", kinds="biuf", ndim=1))
    indices: Int64 = _array(what, archive, "indices", kinds="iu", ndim=1).astype(np.int64)
    indptr: Int64 = _array(what, archive, "indptr", kinds="iu", ndim=1).astype(np.int64)
    _require(
        len(indices) == len(data), what, "indices", f"{len(data)} columns, one for each of data", str(len(indices))
    )
    _require(len(indptr) == n + 1, what, "indptr", f"{n + 1} entries for {n} rows", str(len(indptr)))
    counts = np.diff(indptr)
    _require(
        indptr[0] == 0 and indptr[-1] == len(data), what, "indptr", f"0 to {len(data)}", f"{indptr[0]} to {indptr[-1]}"
    )
    _require(bool((counts >= 0).all()), what, "indptr", "rising entries", "falling ones")
    inside = bool(((indices >= 0) & (indices < shape[1])).all())
    _require(inside, what, "indices", f"columns in [0, {shape[1]})", "one outside")
    with np.errstate(over="ignore"):  # A sum beyond float32 becomes infinite and is refused with the rest.
        matrix = CSR.from_coo(np.repeat(np.arange(n), counts), indices, data, (n, shape[1]))
    _require(bool(np.isfinite(matrix.data).all()), what, "data", "finite numbers within float32", "NaN or infinity")
    return matrix


def _array(what: Path | str, archive: Mapping[str, Array], key: str, *, kinds: str, ndim: int) -> Array:
    """One array, of a dtype kind and number of axes."""
    if key not in archive:
        expected = "ids and either x or data, indices, indptr and shape"
        raise DataError(
            f"{what}, {key}: expected {expected}, found {', '.join(archive) or 'no array'}; add the missing key"
        )
    try:
        array = np.asarray(archive[key])
    except Exception as error:  # Encrypted, cut short, or a header that asks for more memory than there is.
        raise DataError(f"{what}, {key}: expected an array without objects, found {str(error)!r}; {_MEND}") from None
    expected = {"U": "strings (dtype U)", "iu": "whole numbers", "biuf": "real numbers"}[kinds]
    _require(array.dtype.kind in kinds, what, key, expected, f"dtype {array.dtype}")
    _require(array.ndim == ndim, what, key, f"{ndim} axes", f"shape {array.shape}")
    return array


def _float32(array: Array) -> Float32:
    """As float32; what doesn't fit becomes infinite and is refused with the rest."""
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _require(holds: bool, what: Path | str, key: str, expected: str, found: str) -> None:
    if not holds:
        raise DataError(f"{what}, {key}: expected {expected}, found {found}; write the file again with this corrected")
