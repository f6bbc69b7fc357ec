"""Tables of features on disk: what is written can be read again, whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.writing import Block, Rows, write_rows

X = np.array([[0.1, -3], [1e-20, 7], [1, 0]], np.float32)
IDS = ["a", 'quoted "b", c', "ünï"]
endings = pytest.mark.parametrize("ending", ["csv", "parquet", "npz"])


def _rows(ids: list[str] | None = IDS) -> Rows:
    return Rows(["age", 'odd "name"'], ids, 3, iter([[*X[:2].T], [*X[2:].T]]))


class Read(NamedTuple):
    """A table as another library reads it: names of its columns, ids (None without), and its cells (n, F)."""

    names: list[str]
    ids: list[str] | None
    x: npt.NDArray[np.float64]


def _read(path: Path) -> Read:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return Read(arrays["names"].tolist(), arrays["ids"].tolist() if "ids" in arrays else None, arrays["x"])
    table = duckdb.read_csv(str(path)) if path.suffix == ".csv" else duckdb.read_parquet(str(path))
    rows, with_ids = table.fetchall(), table.columns[0] == "node"
    ids = [row[0] for row in rows] if with_ids else None
    return Read(table.columns[with_ids:], ids, np.array([row[with_ids:] for row in rows]))


@endings
@pytest.mark.parametrize("ids", [IDS, None])
def test_names_ids_and_every_bit_are_kept(tmp_path: Path, ending: str, ids: list[str] | None) -> None:
    """In order, and the numbers as float32; rows of samples belong to no node and have no ids."""
    write_rows(tmp_path / f"x.{ending}", _rows(ids))
    names, found, x = _read(tmp_path / f"x.{ending}")
    assert (names, found) == (["age", 'odd "name"'], ids)
    assert (x.astype(np.float32) == X).all()


def test_csv_has_the_fewest_digits(tmp_path: Path) -> None:
    """Those that identify a float32, not those of the float64 beside it."""
    write_rows(tmp_path / "x.csv", _rows())
    assert (tmp_path / "x.csv").read_text("utf-8").splitlines()[:2] == ['node,age,"odd ""name"""', "a,0.1,-3.0"]


def test_parquet_tells_names_apart_that_differ_in_case_alone(tmp_path: Path) -> None:
    """DuckDB's names ignore case: the second gets a number, and each keeps its own cells."""
    write_rows(tmp_path / "x.parquet", Rows(["city=Rome", "city=ROME"], IDS, 3, iter([[*X.T]])))
    read = duckdb.read_parquet(str(tmp_path / "x.parquet"))
    assert read.columns == ["node", "city=Rome", "city=ROME_1"]
    assert (np.array([row[1:] for row in read.fetchall()], np.float32) == X).all()


def test_npz_is_read_as_features(tmp_path: Path) -> None:
    """Arrays without pickle, and `latentlink train --features` takes them."""
    write_rows(tmp_path / "x.npz", _rows())
    (tmp_path / "edges.csv").write_text('source,target\na,ünï\na,"quoted ""b"", c"\n', encoding="utf-8")
    graph = load_graph(edges=tmp_path / "edges.csv", features=tmp_path / "x.npz")
    assert graph.n_features == 2


@endings
def test_float64_keeps_what_float32_can_t(tmp_path: Path, ending: str) -> None:
    """A whole number of eight digits beside a column of float32."""
    write_rows(
        tmp_path / f"x.{ending}",
        Rows(["a", "b"], None, 1, iter([[np.array([41939071.0]), np.array([0.5], np.float32)]])),
    )
    assert _read(tmp_path / f"x.{ending}").x.tolist() == [[41939071, 0.5]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.txt", "--out: expected a file that ends with .csv, .parquet, .npz"),
        ("none/x.csv", "--out: expected a folder that is there"),
    ],
)
def test_a_file_that_can_t_be_is_refused(tmp_path: Path, name: str, message: str) -> None:
    """Before anything is computed."""
    with pytest.raises(DataError, match=message):
        write_rows(tmp_path / name, _rows())


@endings
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, ending: str) -> None:
    """A disk that fills up in the middle ends with a message, and what was there stays."""

    def failing() -> Iterator[Block]:
        yield [*X[:2].T]
        raise OSError("No space left on device")

    path = tmp_path / f"x.{ending}"
    path.write_text("old")
    with pytest.raises(DataError, match="No space left on device; name another with --out"):
        write_rows(path, Rows(["age", "x"], IDS, 3, failing()))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "old"
