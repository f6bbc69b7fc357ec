"""Matrices whose entries are links: Matrix Market, and what `scipy.sparse.save_npz` writes; both read by SciPy."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import mminfo, mmread
from scipy.sparse import coo_array, load_npz

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.guards.archives import require_ratio
from latentlink.models.sources.formats.guards.library import reading
from latentlink.models.sources.formats.matrices.from_sparse import from_sparse
from latentlink.models.sources.formats.packing import DAMAGED, unpacked
from latentlink.models.sources.formats.tables import EdgeTable


def read_mtx(path: Path) -> EdgeTable:
    """Read the entries of a Matrix Market file as links; nodes are called by their rows, from 1, as in the file.

    A symmetric one is an undirected graph, another one is directed.

    Raises:
        DataError: the file can't be read, or its entries are no numbers > 0.
    """
    try:
        with path.open("rb") as packed:
            return _mtx(path, unpacked(path, packed).read())
    except DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: expected a readable file, found {reason!r}; check the path") from None


def _mtx(path: Path, content: bytes) -> EdgeTable:
    with reading(path, "Matrix Market"):  # SciPy ends the process where it can't seek back in a file of Python's
        *_, entries, _, field, symmetry = mminfo(BytesIO(content))
        if entries > len(content):
            raise DataError(
                f"{path}: expected {entries:,} entries, as its header says, found {len(content):,} bytes; write it again"
            )
        matrix = coo_array(mmread(BytesIO(content)))
    table = from_sparse(path, matrix, f"Matrix Market, {field}, {symmetry}, rows from 1", first=1)
    matrix = table.layout.matrix
    if symmetry == "general" and matrix is not None and (matrix.symmetric or matrix.rows != matrix.columns):
        return table  # Nothing says whether links are directed.
    return replace(table, directions=frozenset({symmetry == "general"}))


def read_sparse_npz(path: Path) -> EdgeTable:
    """Read the entries of a sparse matrix as links; nodes are called by their rows, from 0, as SciPy counts.

    Raises:
        DataError: the file can't be read, is a node table, or contradicts itself.
    """
    require_ratio(path)
    with reading(path, "a sparse matrix of SciPy"):
        with np.load(path, allow_pickle=False) as archive:
            keys = [*archive]
        if "format" not in keys:
            nodes = "it has ids: pass it as --features" if "ids" in keys else "write it with scipy.sparse.save_npz"
            raise DataError(f"{path}: expected a sparse matrix of SciPy, found the arrays {', '.join(keys)}; {nodes}")
        matrix: Any = load_npz(path)
        if hasattr(matrix, "check_format"):
            matrix.check_format(full_check=True)
        return from_sparse(path, matrix, "SciPy sparse matrix, rows from 0")
