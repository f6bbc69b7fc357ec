"""Rows of features to a file, a block at a time: CSV, Parquet or `.npz`, as `latentlink train --features` reads them."""

import csv
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from models.csr import Float32
from models.errors import DataError

_DUCK_ROWS = 1024  # of one INSERT


class Rows(NamedTuple):
    """A table to be written.

    Attributes:
        names: of its F columns.
        ids: of its n rows, or None for rows that are nobody's.
        n: number of rows.
        blocks: float32 (m, F) each, n rows in all.
    """

    names: Sequence[str]
    ids: Sequence[str] | None
    n: int
    blocks: Iterable[Float32]

    @property
    def header(self) -> list[str]:
        """The names of all columns of a text table."""
        return list(self.names) if self.ids is None else ["node", *self.names]


def writer_for(path: Path) -> Callable[[Path, Rows], None]:
    """The writer of the format that `path` ends with.

    Raises:
        DataError: it ends otherwise, or its folder isn't there.
    """
    if path.suffix.lower() not in _WRITERS:
        raise DataError(f"--out: expected a file that ends with {', '.join(_WRITERS)}, found {str(path)!r}")
    if not path.parent.is_dir():
        raise DataError(f"--out: expected a folder that is there, found {str(path.parent)!r}; make it")
    return _WRITERS[path.suffix.lower()]


def write_rows(path: Path, rows: Rows) -> None:
    """Write a table whole or not at all.

    Raises:
        DataError: as `writer_for`, or the disk refuses.
    """
    write, temporary = writer_for(path), path.with_name(f".{path.name}.part")
    try:
        write(temporary, rows)
        temporary.replace(path)
    except (OSError, duckdb.Error) as error:
        told = str(error).partition("\n")[0]
        raise DataError(f"{path}: expected a file to write to, found: {told}; name another with --out") from None
    finally:
        temporary.unlink(missing_ok=True)


def _write_csv(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows.header)
        start = 0
        for block in rows.blocks:
            # str of a float32 has as few digits as tell it apart.
            cells = [list(map(str, row)) for row in block]
            writer.writerows(_with_ids(cells, rows, start))
            start += len(block)


def _write_parquet(path: Path, rows: Rows) -> None:
    """Through a table of DuckDB, which goes to disk where it is large. It numbers names that differ in case alone."""
    kinds = ["VARCHAR"] * (rows.ids is not None) + ["FLOAT"] * len(rows.names)
    columns = ", ".join(f"c{i} {kind}" for i, kind in enumerate(kinds))
    called = ", ".join(f"c{i} AS {_quoted(name)}" for i, name in enumerate(rows.header))
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE written ({columns})")
        start = 0
        for block in rows.blocks:
            taken = {f"c{i}": np.ascontiguousarray(column) for i, column in enumerate(block.T)}
            if rows.ids is not None:
                taken = {"node": np.array(rows.ids[start : start + len(block)], object), **taken}
            database.execute("INSERT INTO written SELECT * FROM taken")
            start += len(block)
        literal = str(path).replace("'", "''")
        database.execute(f"COPY (SELECT {called} FROM written) TO '{literal}' (FORMAT parquet)")


def _write_npz(path: Path, rows: Rows) -> None:
    """`x` (n, F), `names` (F,), and `ids` (n,) where there are any: what numpy.load reads without pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        _write_array(archive, "names", np.array(rows.names, np.str_))
        if rows.ids is not None:
            _write_array(archive, "ids", np.array(rows.ids, np.str_))
        with archive.open("x.npy", "w", force_zip64=True) as file:
            shape = {"descr": "<f4", "fortran_order": False, "shape": (rows.n, len(rows.names))}
            np.lib.format.write_array_header_1_0(file, shape)
            for block in rows.blocks:
                file.write(np.ascontiguousarray(block, "<f4").tobytes())


def _write_array(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def _with_ids(cells: list[list[str]], rows: Rows, start: int) -> Iterable[list[str]]:
    if rows.ids is None:
        return cells
    return ([node, *row] for node, row in zip(rows.ids[start:], cells, strict=False))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet, ".npz": _write_npz}
