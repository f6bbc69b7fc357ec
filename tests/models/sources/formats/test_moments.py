"""Times of edges, the same in every format."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import networkx as nx
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph

DAY = 86_400
DATES = ["1970-01-03", "1970-01-02", "1970-01-02T12:00:00"]


def _csv(folder: Path, times: list[str]) -> Path:
    path = folder / "edges.csv"
    path.write_text("source,target,at\n" + "".join(f"a,b{i},{time}\n" for i, time in enumerate(times)))
    return path


def _parquet(folder: Path, times: list[str]) -> Path:
    path = folder / "edges.parquet"
    kind = "DOUBLE" if times[0].isdigit() else "TIMESTAMP"
    columns = f'source, target, "at"::{kind} AS "at"'
    query = f"SELECT {columns} FROM read_csv('{_csv(folder, times)}', all_varchar = true)"
    duckdb.execute(f"COPY ({query}) TO '{path}'")
    return path


def _graphml(folder: Path, times: list[str]) -> Path:
    network = nx.Graph()
    for i, time in enumerate(times):
        network.add_edge("a", f"b{i}", at=time)
    nx.write_graphml(network, folder / "edges.graphml")
    return folder / "edges.graphml"


@pytest.mark.parametrize("write", [_csv, _parquet, _graphml])
@pytest.mark.parametrize(
    ("times", "expected"), [(DATES, [2 * DAY, DAY, 1.5 * DAY]), (["3", "1", "2"], [3, 1, 2])], ids=["dates", "numbers"]
)
def test_dates_are_seconds_and_numbers_are_themselves(
    tmp_path: Path, write: Callable[[Path, list[str]], Path], times: list[str], expected: list[float]
) -> None:
    """Seconds since 1970 in UTC, worked out by hand."""
    graph = load_graph(edges=write(tmp_path, times), time="at")
    assert graph.times is not None
    assert graph.times.tolist() == expected


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["2001", "2002-01-01"], "line 3: at: expected a finite number, found '2002-01-01'"),
        (["2002-01-01", "2001"], "line 3: at: expected a date as 2026-01-31, like the first, found '2001'"),
        (["soon"], "line 2: at: expected a finite number, or a date as 2026-01-31, found 'soon'"),
        (["1", ""], "line 3: at: expected a finite number, found ''"),
        (["nan"], "line 2: at: expected a finite number"),
    ],
)
def test_a_column_of_times_is_of_one_kind(tmp_path: Path, times: list[str], message: str) -> None:
    """The first cell decides; another kind, an empty cell or NaN is an error with its line."""
    with pytest.raises(DataError, match=message):
        load_graph(edges=_csv(tmp_path, times), time="at")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "SELECT 'a' AS source, 'b' AS target, NULL::DATE AS \"at\"",
            "row 1: time: expected a finite moment, found None",
        ),
        (
            "SELECT 'a' AS source, 'b' AS target, 'x' AS \"at\"",
            "at: expected dates or times, as 2026-01-31, found 'x'; correct it, or cast the column",
        ),
        (
            "SELECT 'a' AS source, 'b' AS target",
            "columns: expected 'at', found 'source', 'target'; correct --time-column",
        ),
    ],
)
def test_a_query_gives_times_or_an_error(query: str, message: str) -> None:
    """A missing moment, a text and a missing column are errors."""
    with pytest.raises(DataError, match=message):
        load_graph(sql=query, time="at")


def test_a_repeated_edge_is_as_old_as_its_first() -> None:
    """Of 5, 3 and 9 the 3 stays, whatever the direction; a self-loop's time counts for nothing."""
    pairs = np.array([[0, 1], [1, 0], [1, 2], [0, 1], [2, 2]])
    graph = Graph.from_pairs(["a", "b", "c"], pairs, times=np.array([5.0, 3.0, 7.0, 9.0, 1.0]))
    assert graph.times is not None
    assert graph.times.tolist() == [3, 7]
