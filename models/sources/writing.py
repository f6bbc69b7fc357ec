"""Write tables of features as CSV, Parquet or `.npz`, a block at a time; `latentlink train --features` reads them."""

import csv
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from latentlink.models.arrays import Float32, Float64
from latentlink.models.errors import DataError
from latentlink.models.sources.formats.duck import literal

Block = Sequence[Float32 | Float64]  # F columns (m,) of some rows; a column is of one dtype in all blocks


class Rows(NamedTuple):
    """A table to be written.

    Attributes:
        names: of its F columns.
        ids: of its n rows, or None where rows belong to no node.
        n: number of rows.
        blocks: F columns (m,) each, n rows in all.
    """

    names: Sequence[str]
    ids: Sequence[str] | None
    n: int
    blocks: Iterable[Block]

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
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: expected a file to write to, found: {reason}; name another with --out") from None
    finally:
        temporary.unlink(missing_ok=True)


def _write_csv(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows.header)
        start = 0
        for block in rows.blocks:
            # str of a float32 or float64 is the shortest text that reads back as the same number.
            writer.writerows(zip(*_ids(rows, start, block), *(map(str, column) for column in block), strict=True))
            start += len(block[0])


def _write_parquet(path: Path, rows: Rows) -> None:
    """Through a table of DuckDB, which spills to disk. Of names that differ in case alone the later ones get a number."""
    called = ", ".join(f"c{i} AS {_quoted(name)}" for i, name in enumerate(rows.header))
    with duckdb.connect() as database:
        start = 0
        for block in rows.blocks:
            columns = [*(np.array(ids, object) for ids in _ids(rows, start, block)), *map(np.ascontiguousarray, block)]
            taken = {f"c{i}": column for i, column in enumerate(columns)}  # noqa: F841  # DuckDB finds it by its name.
            database.execute(f"{'INSERT INTO written' if start else 'CREATE TABLE written AS'} SELECT * FROM taken")
            start += len(block[0])
        database.execute(f"COPY (SELECT {called} FROM written) TO {literal(path)} (FORMAT parquet)")


def _write_npz(path: Path, rows: Rows) -> None:
    """`x` (n, F), `names` (F,), and `ids` (n,) where there are any: what numpy.load reads without pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        _write_array(archive, "names", np.array(rows.names, np.str_))
        if rows.ids is not None:
            _write_array(archive, "ids", np.array(rows.ids, np.str_))
        with archive.open("x.npy", "w", force_zip64=True) as file:
            shape = {"descr": "<f8", "fortran_order": False, "shape": (rows.n, len(rows.names))}
            np.lib.format.write_array_header_1_0(file, shape)
            for block in rows.blocks:
                file.write(np.stack(block, axis=1).astype("<f8").tobytes())


def _write_array(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def _ids(rows: Rows, start: int, block: Block) -> list[Sequence[str]]:
    """The ids of a block that begins at row `start` as one column; no column where the table has no ids."""
    return [] if rows.ids is None else [rows.ids[start : start + len(block[0])]]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet, ".npz": _write_npz}
