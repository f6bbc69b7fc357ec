"""Vectors of nodes in files of every format."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from arro3.core import Array, DataType, Table, fixed_size_list_array
from arro3.io import write_ipc

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources.vectors import Vectors, placed, read_vectors

IDS = ["b", "a", "ü 1"]
Z = np.array([[0.5, -1], [2, 3], [0, 0.25]], np.float32)


def _csv(path: Path) -> None:
    path.write_text("node,x,y\n" + "".join(f"{node},{x},{y}\n" for node, (x, y) in zip(IDS, Z.tolist(), strict=True)))


def _parquet(path: Path, columns: str) -> None:
    rows = ", ".join(f"('{node}', {x}, {y})" for node, (x, y) in zip(IDS, Z.tolist(), strict=True))
    duckdb.sql(f"COPY (SELECT {columns} FROM (VALUES {rows}) AS t(id, x, y)) TO '{path}'")


def _arrow(path: Path) -> None:
    cells = fixed_size_list_array(Array(Z.ravel()), 2)
    write_ipc(Table({"node": Array(IDS, DataType.string()), "embedding": cells}), path)


def _npy(path: Path) -> None:
    np.save(path, Z)
    np.save(path.with_suffix(".ids.npy"), np.array(IDS))


WRITERS: dict[str, Callable[[Path], None]] = {
    "v.csv": _csv,
    "columns.parquet": lambda path: _parquet(path, "id, x, y"),
    "list.parquet": lambda path: _parquet(path, "[x, y] AS z, id"),
    "array.arrow": _arrow,
    "v.npz": lambda path: np.savez(path, ids=np.array(IDS), x=Z),
    "v.npy": _npy,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_vectors(tmp_path: Path, name: str) -> None:
    """To the bit, in the order of the file."""
    WRITERS[name](tmp_path / name)
    found = read_vectors(tmp_path / name)
    assert found.ids == IDS
    assert (found.z == Z).all()


def test_the_text_of_word2vec_is_read(tmp_path: Path) -> None:
    """A line with both sizes, then a line for each node."""
    (tmp_path / "v.emb").write_text("2 2\nb 0.5 -1 \na 2 3\n")
    found = read_vectors(tmp_path / "v.emb")
    assert (found.ids, found.z.tolist()) == (["b", "a"], [[0.5, -1], [2, 3]])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v.csv", "node,x,word\na,1,b\nc,2,d\n", "numbers alone, found 'word'"),
        ("v.csv", "node,x\na,1\nb,\n", "finite numbers.*'b'"),
        ("v.vec", "b 0.5 -1\n", "line 1: expected N and D"),
        ("v.vec", "2 2\nb 0.5 -1\n", "expected 2 vectors"),
        ("v.vec", "1 2\nb 0.5\n", "line 2: expected an id and 2 numbers, found 2 words"),
        ("v.vec", "1 1\nb x\n", "expected numbers"),
        ("v.vec", "1 1\nb 2_0\n", "line 2: expected numbers, found one with '_'"),
        ("v.vec", "0 3\n", "line 1: expected N and D from 1"),
        ("v.vec", "1 0\nb\n", "line 1: expected N and D from 1"),
        ("v.vec", "² 3\n", "line 1: expected N and D from 1"),
        ("v.vec", "2 1\nb 1\nb 2\n", "'b' twice"),
        ("v.json", "{}", "found .json"),
    ],
)
def test_files_that_hold_no_vectors_are_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    """With their name, and what was found."""
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        read_vectors(tmp_path / name)


def test_the_id_that_is_there_twice_is_found_at_once(tmp_path: Path) -> None:
    """At the end of many others; a search of all before it would take minutes."""
    rows = "".join(f"n{row} 1\n" for row in range(60_000))
    (tmp_path / "v.vec").write_text(f"60001 1\n{rows}n59999 1\n")
    with pytest.raises(DataError, match="'n59999' twice"):
        read_vectors(tmp_path / "v.vec")


def test_lists_of_several_lengths_are_refused(tmp_path: Path) -> None:
    """A vector without some of its numbers has no inner product."""
    _parquet(tmp_path / "v.parquet", "id, CASE WHEN x > 1 THEN [x] ELSE [x, y] END AS z")
    with pytest.raises(DataError, match="lists of one length"):
        read_vectors(tmp_path / "v.parquet")


def test_a_graph_takes_the_nodes_of_the_vectors() -> None:
    """In their order, with nodes that no link names; a linked node without a vector is an error."""
    graph = Graph.from_pairs(["a", "b"], np.array([[0, 1]]), np.array([2], np.float32))
    found = placed(graph, Vectors(IDS, Z), "v.csv")
    assert (list(found.ids), found.edges.tolist()) == (IDS, [[0, 1]])
    assert found.weights is not None
    assert found.weights.tolist() == [2]
    with pytest.raises(
        DataError, match=r"v.csv: expected a vector of each of the 2 linked nodes, found none of 1, such as 'a'"
    ):
        placed(graph, Vectors(["b"], Z[:1]), "v.csv")
