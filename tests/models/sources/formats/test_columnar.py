"""Edges and node tables in Parquet, and edges from SQL."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats.columnar import read_edges as read_parquet_edges
from latentlink.models.sources.formats.columnar import read_features as read_parquet_features
from latentlink.models.sources.formats.columnar import read_sql_edges
from latentlink.models.sources.formats.delimited import read_edges

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write the result of a query to a Parquet file of this name and return its path."""

    def save(query: str, name: str = "t.parquet") -> Path:
        duckdb.execute(f"COPY ({query}) TO '{str(tmp_path / name).replace(chr(39), 2 * chr(39))}'")
        return tmp_path / name

    return save


@pytest.mark.parametrize("kind", ["TINYINT", "UBIGINT", "HUGEINT"])
def test_whole_numbers_become_their_decimals(kind: str) -> None:
    """7 is "7", in any width."""
    assert read_sql_edges(f"SELECT 7::{kind} AS source, 100::{kind} AS target").ids == ["7", "100"]


def test_ids_are_kept_as_written(save: Save) -> None:
    """Spaces, leading zeros, quotes, emoji and NULL as a word are ids."""
    table = read_parquet_edges(save("SELECT ' 007' AS source, 'a,\"b\"😀' AS target UNION ALL SELECT 'NULL', ''''"))
    assert table.ids == [" 007", 'a,"b"😀', "NULL", "'"]


def test_fifty_thousand_links_equal_the_csv_reader(tmp_path: Path, save: Save) -> None:
    """Two readers, one table, even where there are more nodes than links and a join turns them round."""
    rng = np.random.default_rng(0)
    links = zip(rng.integers(0, 200_000, (50_000, 2)).tolist(), rng.random(50_000).tolist(), strict=True)
    text = "source,target,weight\n" + "".join(f"u{s},u{t},{w + 0.1}\n" for (s, t), w in links)
    (tmp_path / "e.csv").write_text(text)
    ours, theirs = read_parquet_edges(save(f"FROM '{tmp_path / 'e.csv'}'")), read_edges(tmp_path / "e.csv")
    assert ours.ids == theirs.ids
    np.testing.assert_array_equal(ours.pairs, theirs.pairs)
    np.testing.assert_array_equal(np.asarray(ours.weights), np.asarray(theirs.weights))


def test_columns_of_the_caller_are_passed_on(save: Save) -> None:
    """Names with quotes and spaces are names."""
    path = save("""SELECT 'a' AS "it's", 'b' AS "the ""end"" node" """, "it's g.parquet")
    assert load_graph(edges=path, source="it's", target='the "end" node').ids == ["a", "b"]


def test_a_query_joins_local_files(tmp_path: Path) -> None:
    """Names in one file, links in another."""
    (tmp_path / "e.csv").write_text("s,t,n\n1,2,4\n2,3,1\n")
    (tmp_path / "names.csv").write_text("id,name\n1,x\n2,y\n3,z\n")
    graph = load_graph(
        sql=f"SELECT a.name AS source, b.name AS target, n AS weight FROM '{tmp_path}/e.csv' "
        f"JOIN '{tmp_path}/names.csv' a ON a.id = s JOIN '{tmp_path}/names.csv' b ON b.id = t WHERE n > 2; -- heavy"
    )
    assert (graph.ids, np.asarray(graph.weights).tolist()) == (["x", "y"], [4.0])


def test_features_are_all_columns_but_node(save: Save) -> None:
    """Numbers of any type and truth values, texts and lists, in the file's order."""
    table = read_parquet_features(
        save(
            "SELECT 0.5::DECIMAL(3, 2) AS b, 7 AS node, true AS a, 'x'::ENUM ('x') AS e, [1, 2] AS l, '7' AS t "
            "UNION ALL SELECT -2, 3, false, NULL, NULL, ''"
        )
    )
    assert table.ids == ["7", "3"]
    assert isinstance(table.features, dict)
    found = {name: list(column) for name, column in table.features.items()}
    assert found == {"b": [0.5, -2], "a": [1, 0], "e": ["x", None], "l": [("1", "2"), None], "t": ["7", None]}


@pytest.mark.parametrize("name", ["rowid", "ROWID", "c0"])
def test_a_column_of_any_name_leaves_rows_in_order(save: Save, name: str) -> None:
    """Every node keeps its own facts, whatever falls in a column called as one of DuckDB's, or of ours."""
    query = f"SELECT unnest([10, 20, 30]) AS node, unnest([3, 2, 1]) AS \"{name}\", unnest(['a', 'b', 'c']) AS t"
    table = read_parquet_features(save(query))
    assert isinstance(table.features, dict)
    found = {name: list(column) for name, column in table.features.items()}
    assert (table.ids, found) == (["10", "20", "30"], {name: [3, 2, 1], "t": ["a", "b", "c"]})


def test_columns_of_other_types_are_ignored_and_told(save: Save) -> None:
    """A day is neither a number nor a text, and a vector no list of entries."""
    table = read_parquet_features(save("SELECT 1 AS node, DATE '2020-01-01' AS day, [0.5::FLOAT] AS v, 2 AS f"))
    assert table.notes == ("Columns of a type that is no feature are ignored: 'day' (DATE), 'v' (FLOAT[]).",)
    assert isinstance(table.features, dict)
    assert [*table.features] == ["f"]


@pytest.mark.parametrize("what", ["edges", "features"])
def test_an_address_is_a_missing_file(what: str) -> None:
    """Files are local: nothing is fetched."""
    readers: dict[str, Callable[[Path], object]] = {"edges": read_parquet_edges, "features": read_parquet_features}
    with pytest.raises(DataError, match=r"e\.parquet: expected a readable file"):
        readers[what](Path("https://127.0.0.1:9/e.parquet"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT 1; SELECT 2",
        "INSTALL httpfs",
        "LOAD httpfs",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "SET threads = 1",
    ],
)
def test_only_one_select_is_taken(query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written, loaded or configured by a query."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"^--sql: expected one SELECT, found .*; write the rows as one query"):
        read_sql_edges(query)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/e.csv", "https://127.0.0.1:9/e.parquet", "s3://bucket/e.csv"])
def test_a_query_reaches_no_network(address: str) -> None:
    """DuckDB would load its network extension by itself; here it may not."""
    with pytest.raises(DataError, match=r"--sql: expected a table .*found 'Permission Error: Cannot access file"):
        read_sql_edges(f"SELECT * FROM '{address}'")


def test_a_query_with_a_typo_is_told_in_one_line() -> None:
    """DuckDB's first line is enough."""
    with pytest.raises(DataError, match=r"^--sql: expected a table that DuckDB reads, found .*; check") as caught:
        read_sql_edges("SELEC 1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("above", "read"), [(0, "007"), (100_000, "7")])
def test_types_of_a_csv_in_a_query_are_guessed_by_its_first_rows(tmp_path: Path, above: int, read: str) -> None:
    """As the documentation says: codes stay text where they stand at the top, and lose their zeros far below numbers."""
    rows = "".join(f"{i},{i + 1}\n" for i in range(1000, 1000 + above))
    (tmp_path / "e.csv").write_text(f"source,target\n{rows}007,008\n")
    assert read in read_sql_edges(f"FROM '{tmp_path}/e.csv'").ids


def test_a_sheet_with_the_index_of_pandas_is_read_as_the_csv_file(tmp_path: Path) -> None:
    """The column of row numbers has no name: links leave it unused, node tables leave it out."""
    links = pd.DataFrame({"source": ["b", "a"], "target": ["c", "c"], "weight": [0.5, 2]})
    nodes = pd.DataFrame({"node": ["a", "b", "c"], "x": [1, 3, 2]})
    for name, table in (("links", links), ("nodes", nodes)):
        table.to_csv(tmp_path / f"{name}.csv")
        table.to_excel(tmp_path / f"{name}.xlsx")
    one, other = (
        load_graph(edges=tmp_path / f"links{suffix}", features=tmp_path / f"nodes{suffix}")
        for suffix in (".csv", ".xlsx")
    )
    assert (one.ids, one.edges.tolist()) == (other.ids, other.edges.tolist())
    assert one.weights is not None
    assert other.weights is not None
    assert one.weights.tolist() == other.weights.tolist()
    assert isinstance(one.features, np.ndarray)
    assert isinstance(other.features, np.ndarray)
    assert one.features.shape == (3, 1)
    assert np.array_equal(one.features, other.features)
