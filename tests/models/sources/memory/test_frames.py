"""Frames are read as Parquet files with the same columns are."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentlink.models.errors import DataError
from latentlink.models.graph.csr import CSR
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph

LINKS = {"source": ["a", "b", "c"], "target": ["b", "c", "a"]}
_NAMES = st.text("abÄ0é", max_size=3).map("n".__add__)
_NUMBERS = st.floats(-1e6, 1e6, width=32)
_KINDS = {
    "texts": (st.sampled_from(["x", "y", "z"]), DataType.string()),
    "numbers": (_NUMBERS, DataType.float64()),
    "whole": (st.integers(-9, 9), DataType.int64()),
    "truths": (st.booleans(), DataType.bool()),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, Table]:
    """Links with weights and times between nodes with columns of each kind, every node in the node table."""
    ids = draw(st.lists(_NAMES, min_size=2, max_size=6, unique=True))
    ends = st.tuples(st.sampled_from(ids), st.sampled_from(ids))
    links = [(ids[0], ids[1]), *draw(st.lists(ends, max_size=8))]
    columns: dict[str, Any] = {
        "source": Array([one for one, _ in links], DataType.string()),
        "target": Array([other for _, other in links], DataType.string()),
        "weight": Array([draw(st.floats(0.125, 9, width=32)) for _ in links], DataType.float64()),
        "day": Array([draw(st.integers(0, 99)) for _ in links], DataType.int64()),
    }
    cells: dict[str, Any] = {name: Array([draw(kind) for _ in ids], dtype) for name, (kind, dtype) in _KINDS.items()}
    return Table.from_pydict(columns), Table.from_pydict({"node": Array(ids, DataType.string()), **cells})


def of_pandas(table: Table) -> pd.DataFrame:
    """The same as a frame of pandas."""
    return pd.DataFrame({name: table[name].to_numpy() for name in table.column_names})


def arrays(graph: Graph) -> list[bytes]:
    """All arrays of a graph, to the bit."""
    x = graph.features
    parts = [x.indptr, x.indices, x.data] if isinstance(x, CSR) else [x]
    return [np.asarray(part).tobytes() for part in (graph.edges, graph.weights, graph.times, *parts)]


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_a_frame_is_the_graph_of_the_same_parquet_file(tmp_path: Path, both: tuple[Table, Table]) -> None:
    """Ids, edges, weights, times, features and how all was read, of Arrow's and of pandas' frames."""
    paths = [tmp_path / "links.parquet", tmp_path / "nodes.parquet"]
    for table, path in zip(both, paths, strict=True):
        write_parquet(table, path)
    links, nodes = both
    ways: list[tuple[Any, Any]] = [(paths[0], paths[1]), (links, nodes), (of_pandas(links), of_pandas(nodes))]
    file, *frames = [load_graph(edges=one, features=other, time="day") for one, other in ways]
    for graph in frames:
        assert (graph.ids, graph.notes, graph.preprocessing) == (file.ids, file.notes, file.preprocessing)
        assert arrays(graph) == arrays(file)
        assert [reading.columns for reading in graph.readings] == [reading.columns for reading in file.readings]


def test_a_relation_of_duckdb_is_a_frame() -> None:
    """It belongs to another connection, and is read whole before ours reads it."""
    relation = duckdb.sql("SELECT 'a' AS source, 'b' AS target UNION ALL SELECT 'b', 'c'")
    graph = load_graph(edges=relation)
    assert (graph.ids, graph.edges.tolist()) == (["a", "b", "c"], [[0, 1], [1, 2]])


def test_a_stream_that_can_be_read_once_is_a_frame() -> None:
    """A look at the columns does not use it up."""
    ends: dict[str, Any] = {end: Array([node], DataType.string()) for end, node in (("source", "a"), ("target", "b"))}
    assert load_graph(edges=Table.from_pydict(ends).to_reader()).ids == ["a", "b"]


def test_a_named_index_of_pandas_is_a_column_and_others_are_not() -> None:
    """As in Parquet; the numbers that a filter leaves behind are no feature."""
    nodes = pd.DataFrame({"node": ["a", "b", "c"], "age": [1, 2, 4]}, index=[5, 7, 20])
    plain, indexed = (load_graph(edges=pd.DataFrame(LINKS), features=one) for one in (nodes, nodes.set_index("node")))
    assert plain.preprocessing == indexed.preprocessing
    assert plain.preprocessing is not None
    assert plain.preprocessing.names == ("age",)


@pytest.mark.parametrize(
    ("links", "nodes", "message"),
    [
        ({"source": ["a", None], "target": ["b", "c"]}, None, "links, row 1: link: expected two ids"),
        ({**LINKS, "weight": [1, 2, 0]}, None, "links, row 2: weight: expected a finite number > 0, found 0.0"),
        ({"source": [0.5], "target": [1.5]}, None, "links, source: expected strings or whole numbers, found DOUBLE"),
        (LINKS, {"node": ["a", "b"], "x": [1, 2]}, "links, row 1: link: expected nodes with a row of features"),
        (LINKS, {"node": ["a", "b", "c"], "x": [1, None, 2]}, "nodes, row 1: x: expected a value, found none"),
        (LINKS, {"node": ["a", "b", "a"], "x": [1, 2, 3]}, "nodes, row 2: .*'a' again after row 0"),
        (LINKS, {"name": ["a"], "x": [1]}, "nodes: columns: expected"),
    ],
)
def test_an_error_names_the_argument_and_the_row_from_0(
    links: dict[str, list[Any]], nodes: dict[str, list[Any]] | None, message: str
) -> None:
    """Where a user of frames looks for it: `links.iloc[2]`."""
    with pytest.raises(DataError, match=message):
        load_graph(edges=pd.DataFrame(links), features=None if nodes is None else pd.DataFrame(nodes))


def test_columns_of_one_name_are_refused() -> None:
    """Either could be meant; the name of an index counts."""
    with pytest.raises(DataError, match="links: columns: expected distinct names, found 'a' 2 times"):
        load_graph(edges=pd.DataFrame([["x", "y"]], columns=["a", "a"]))
    nodes = pd.DataFrame({"node": ["a", "b", "c"]}).set_index("node", drop=False)
    with pytest.raises(DataError, match="nodes: columns: expected distinct names, found 'node' 2 times"):
        load_graph(edges=pd.DataFrame(LINKS), features=nodes)
