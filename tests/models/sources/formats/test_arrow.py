"""Edges and node tables in Arrow's files and streams, against the same tables in Parquet."""

from collections.abc import Callable
from pathlib import Path

import duckdb
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
    write(Table.from_arrow(duckdb.default_connection().sql(query)), path)
    return path


def uncompressed(table: Table, path: Path) -> None:
    """A file, its buffers as they stand in memory."""
    write_ipc(table, path, compression=None)


@pytest.mark.parametrize("write", [write_ipc, write_ipc_stream, uncompressed])
@pytest.mark.parametrize("suffix", [".arrow", ".feather", ".ARROW"])
def test_arrow_reads_like_parquet(tmp_path: Path, write: Write, suffix: str) -> None:
    """Files and streams, packed or not, hold the graph that Parquet holds: every type of column survives."""
    for name, query in (("e", EDGES), ("x", NODES)):
        duckdb.execute(f"COPY ({query}) TO '{tmp_path / name}.parquet'")
    theirs = load_graph(edges=tmp_path / "e.parquet", features=tmp_path / "x.parquet")
    ours = load_graph(
        edges=save(tmp_path / f"e{suffix}", EDGES, write), features=save(tmp_path / f"x{suffix}", NODES, write)
    )
    assert ours.fingerprint() == theirs.fingerprint()
    assert ours.preprocessing == theirs.preprocessing
    assert (ours.n_nodes, ours.n_features) == (50, 11)


@pytest.mark.parametrize(("write", "cut"), [(write_ipc, 40), (write_ipc_stream, 200)])
def test_a_file_that_broke_off_is_refused(tmp_path: Path, write: Write, cut: int) -> None:
    """In one line that names the file."""
    path = save(tmp_path / "e.arrow", EDGES, write)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match=r"\A.*e\.arrow: expected .+, found .+; .+\Z"):
        load_graph(edges=path)
