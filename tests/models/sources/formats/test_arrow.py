"""Edges and node tables in Arrow's files and streams, against the same tables in Parquet."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from arro3.core import Table
from arro3.io import write_ipc, write_ipc_stream

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

EDGES = "SELECT 'n' || i AS source, 'n' || (i * 7 + 1) % 50 AS target, 1 + i AS weight FROM range(50) t(i)"
NODES = (
    "SELECT 'n' || i AS node, sqrt(i) AS f, (i % 3)::VARCHAR AS k, i % 2 = 0 AS b, ['a' || i % 2, (i % 4)::VARCHAR] AS l "
    "FROM range(50) t(i)"
)
Write = Callable[..., None]


def save(path: Path, query: str, write: Write = write_ipc) -> Path:
    """The path of a file with the result of a query."""
    with duckdb.connect() as database:
        write(Table.from_arrow(database.sql(query)), path)
    return path


def uncompressed(table: Table, path: Path) -> None:
    """A file, its buffers as they stand in memory."""
    write_ipc(table, path, compression=None)


@pytest.mark.parametrize("write", [write_ipc, write_ipc_stream, uncompressed])
@pytest.mark.parametrize("suffix", [".arrow", ".feather", ".ARROW"])
def test_arrow_reads_like_parquet(tmp_path: Path, write: Write, suffix: str) -> None:
    """Files and streams, packed or not, hold the graph that Parquet holds: every type of column survives."""
    with duckdb.connect() as database:
        for name, query in (("e", EDGES), ("x", NODES)):
            database.execute(f"COPY ({query}) TO '{tmp_path / name}.parquet'")
    theirs = load_graph(edges=tmp_path / "e.parquet", features=tmp_path / "x.parquet")
    ours = load_graph(
        edges=save(tmp_path / f"e{suffix}", EDGES, write), features=save(tmp_path / f"x{suffix}", NODES, write)
    )
    assert ours.fingerprint() == theirs.fingerprint()
    assert ours.preprocessing == theirs.preprocessing
    assert (ours.n_nodes, ours.n_features) == (50, 11)


def test_a_missing_value_is_told_with_its_row(tmp_path: Path) -> None:
    """Rows count from 1, as in Parquet."""
    edges = save(tmp_path / "e.arrow", EDGES)
    features = save(tmp_path / "x.arrow", "SELECT 'n' || i AS node, nullif(i, 8) AS f FROM range(50) t(i)")
    with pytest.raises(DataError, match=r"x\.arrow, row 9: f: expected a value, found none; fill it, or train"):
        load_graph(edges=edges, features=features)
    x = load_graph(edges=edges, features=features, missing=True).features
    assert np.flatnonzero(np.isnan(np.asarray(x))).tolist() == [8]


def test_what_is_no_arrow_is_told(tmp_path: Path) -> None:
    """A renamed table, and a file and a stream that broke off, are no tracebacks."""
    file, stream = save(tmp_path / "f.arrow", EDGES), save(tmp_path / "s.arrow", EDGES, write_ipc_stream)
    for path, content, told in (
        (
            tmp_path / "text.arrow",
            b"source,target\na,b\n",
            "expected an Arrow IPC file or stream, found '.*'; write it",
        ),
        (tmp_path / "empty.feather", b"", "expected an Arrow IPC file or stream, found '.*'; write it anew"),
        (file, file.read_bytes()[:-40], "expected an Arrow IPC file or stream, found '.*'; write it anew"),
        (stream, stream.read_bytes()[:-200], 'expected a table that DuckDB reads, found ".*"; check the file'),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"{path.name}: {told}") as caught:
            load_graph(edges=path)
        assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A wrong path is no traceback."""
    with pytest.raises(
        DataError, match=r"none\.arrow: expected a readable file, found 'No such file.*'; check the path"
    ):
        load_graph(edges=tmp_path / "none.arrow")


def test_arrow_has_no_rows_without_names(tmp_path: Path) -> None:
    """An option that would do nothing is refused."""
    with pytest.raises(DataError, match=r"e\.arrow: expected \.csv, \.tsv or \.tab beside --no-header"):
        load_graph(edges=tmp_path / "e.arrow", header=False)
