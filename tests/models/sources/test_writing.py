"""Tables of features on disk: what is written can be read again, whole or not at all."""

import csv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.writing import Block, Rows, write_rows

X = np.array([[0.1, -3], [1e-20, 7], [1, 0]], np.float32)
IDS = ["a", 'quoted "b", c', "ünï"]


def _rows(ids: list[str] | None = IDS) -> Rows:
    return Rows(["age", 'odd "name"'], ids, 3, iter([[*X[:2].T], [*X[2:].T]]))


def test_csv_keeps_every_bit(tmp_path: Path) -> None:
    """A header, then one line a row, with the fewest digits that identify a float32."""
    write_rows(tmp_path / "x.csv", _rows())
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["node", "age", 'odd "name"']
    assert [row[0] for row in rows] == IDS
    assert (np.array([row[1:] for row in rows], np.float32) == X).all()
    assert rows[0][1] == "0.1"


def test_parquet_keeps_every_bit_and_name(tmp_path: Path) -> None:
    """Ids as text, features as float32, in order."""
    write_rows(tmp_path / "x.parquet", _rows())
    read = duckdb.read_parquet(str(tmp_path / "x.parquet"))
    assert read.columns == ["node", "age", 'odd "name"']
    assert [str(kind) for kind in read.types] == ["VARCHAR", "FLOAT", "FLOAT"]
    rows = read.fetchall()
    assert [row[0] for row in rows] == IDS
    assert (np.array([row[1:] for row in rows], np.float32) == X).all()


def test_parquet_tells_names_apart_that_differ_in_case_alone(tmp_path: Path) -> None:
    """DuckDB's names ignore case: the second gets a number, and each keeps its own cells."""
    write_rows(tmp_path / "x.parquet", Rows(["city=Rome", "city=ROME"], IDS, 3, iter([[*X.T]])))
    read = duckdb.read_parquet(str(tmp_path / "x.parquet"))
    assert read.columns == ["node", "city=Rome", "city=ROME_1"]
    assert (np.array([row[1:] for row in read.fetchall()], np.float32) == X).all()


def test_npz_is_read_as_features(tmp_path: Path) -> None:
    """Arrays without pickle, and `latentlink train --features` takes them."""
    write_rows(tmp_path / "x.npz", _rows())
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert arrays["ids"].tolist() == IDS
        assert arrays["names"].tolist() == ["age", 'odd "name"']
        assert (arrays["x"] == X).all()
    (tmp_path / "edges.csv").write_text('source,target\na,ünï\na,"quoted ""b"", c"\n', encoding="utf-8")
    graph = load_graph(edges=tmp_path / "edges.csv", features=tmp_path / "x.npz")
    assert graph.n_features == 2


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz"])
def test_float64_keeps_what_float32_can_t(tmp_path: Path, ending: str) -> None:
    """A whole number of eight digits beside a column of float32."""
    path = tmp_path / f"x.{ending}"
    write_rows(path, Rows(["a", "b"], None, 1, iter([[np.array([41939071.0]), np.array([0.5], np.float32)]])))
    if ending == "npz":
        assert np.load(path)["x"].tolist() == [[41939071, 0.5]]
    else:
        read = duckdb.read_csv if ending == "csv" else duckdb.read_parquet
        assert read(str(path)).fetchall() == [(41939071, 0.5)]


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz"])
def test_rows_of_nobody_have_no_ids(tmp_path: Path, ending: str) -> None:
    """Samples are no node's."""
    write_rows(tmp_path / f"x.{ending}", _rows(None))
    if ending == "npz":
        with np.load(tmp_path / "x.npz") as arrays:
            assert sorted(arrays) == ["names", "x"]
    else:
        read = duckdb.read_csv if ending == "csv" else duckdb.read_parquet
        assert read(str(tmp_path / f"x.{ending}")).columns == ["age", 'odd "name"']


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


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz"])
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
