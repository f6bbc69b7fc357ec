"""What all formats of tables have in common: one content, written in each of them, is one graph."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from arro3.core import Table
from arro3.io import write_ipc

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats import FORMATS
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, NodeTable

Save = Callable[[str], Path]


@pytest.fixture(params=["csv", "tsv", "csv.gz", "parquet", "arrow"])
def save(request: pytest.FixtureRequest, tmp_path: Path) -> Save:
    """Write the result of a query in each of the formats and return its path."""
    written = 0

    def save(query: str) -> Path:
        nonlocal written
        written += 1
        path = tmp_path / f"t{written}.{request.param}"
        if path.suffix == ".arrow":
            write_ipc(Table.from_arrow(duckdb.default_connection().sql(query)), path)
        else:
            delimiter = ", DELIMITER '\t'" if path.suffix == ".tsv" else ""
            kind = "PARQUET" if path.suffix == ".parquet" else f"CSV{delimiter}"
            duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT {kind})")
        return path

    return save


def links(path: Path, columns: EdgeColumns = COLUMNS) -> EdgeTable:
    """The links of a file, by its suffix."""
    read = FORMATS[Path(path.name.removesuffix(".gz")).suffix].read_edges
    assert read is not None
    return read(path, columns)


def features(path: Path) -> NodeTable:
    """The node table of a file, by its suffix."""
    read = FORMATS[Path(path.name.removesuffix(".gz")).suffix].read_features
    assert read is not None
    return read(path)


def test_ids_stand_in_order_of_first_appearance(save: Save) -> None:
    """The first row's source is node 0, its target node 1; loops and repeats are kept, merging is left to `Graph`."""
    table = links(save("FROM (VALUES ('b', 'a'), ('c', 'b'), ('b', 'b'), ('a', 'b')) t(source, target)"))
    assert (table.ids, table.pairs.tolist(), table.weights) == (["b", "a", "c"], [[0, 1], [2, 0], [0, 0], [1, 0]], None)


@pytest.mark.parametrize(("named", "weights"), [(None, [0.1, 2000]), ("n", [5, 6])])
def test_a_named_weight_wins(save: Save, named: str | None, weights: list[float]) -> None:
    """The column "weight", or the one that the caller names, as float32."""
    path = save("FROM (VALUES (0.1, 'a', 5, 'b'), (2e3, 'b', 6, 'c')) t(weight, source, n, target)")
    found = links(path, EdgeColumns(weight=named)).weights
    np.testing.assert_array_equal(found, np.array(weights, np.float32), strict=True)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ('unnest([2, 3]) AS "Value", unnest([5, 6]) AS n', "Value"),
        ("unnest([2.5, 3]) AS trips, unnest(['x', 'y']) AS kind", "trips"),
        ("unnest([2, 3]) AS n, unnest([5, 6]) AS m", None),
        ("unnest([true, false]) AS ok", None),
        ("unnest([7, 8]) AS edge_id, unnest([0, 1]) AS __index_level_0__", None),
        ("unnest([2, 3]) AS value, unnest([5, 6]) AS weight", None),
    ],
)
def test_numbers_that_may_be_weights_are_named_with_their_option(save: Save, columns: str, named: str | None) -> None:
    """`value`, or else the only column of numbers that aren't ids; the option reads them."""
    path = save(f"SELECT unnest(['a', 'b']) AS source, unnest(['b', 'c']) AS target, {columns}")
    notes = load_graph(edges=path).notes
    assert [f"--weight {named}" in note for note in notes] == [True] * (named is not None)
    if named:
        weighted = load_graph(edges=path, weight=named)
        assert (weighted.weights is not None, weighted.notes) == (True, ())


def test_columns_are_found_by_name(save: Save) -> None:
    """Columns may stand in any order and others are ignored."""
    table = links(save("SELECT 1999 AS year, 'b' AS dst, 'a' AS src"), EdgeColumns("src", "dst"))
    assert (table.ids, table.weights) == (["a", "b"], None)


def test_an_empty_cell_among_numbers_is_nan(save: Save) -> None:
    """A column of numbers may have missing cells; a caller that needs all of them raises later."""
    columns = features(save("SELECT unnest([1, 2, 3]) AS node, unnest([3, NULL, 'nan'::FLOAT]) AS f")).features
    assert isinstance(columns, dict)
    np.testing.assert_array_equal(columns["f"], [3, np.nan, np.nan])


@pytest.mark.parametrize("name", ["id", "ID", "node_id", "NodeId", "vertex", "Node"])
def test_ids_of_nodes_stand_in_a_column_of_a_usual_name(save: Save, name: str) -> None:
    """In any case; the column is named in the report and is no feature."""
    table = features(save(f"SELECT 1 AS f, unnest(['b', 'a']) AS {name}"))
    assert (table.ids, list(table.features), table.key) == (["b", "a"], ["f"], name)  # type: ignore[arg-type]


def test_the_column_node_is_preferred(save: Save) -> None:
    """An `id` beside it is a column as others are."""
    table = features(save("SELECT 7 AS id, unnest(['b', 'a']) AS Node"))
    assert (table.ids, list(table.features), table.key) == (["b", "a"], ["id"], "Node")  # type: ignore[arg-type]


def test_ids_of_another_column_are_named_where_links_do_not_find_them(save: Save) -> None:
    """The links call nodes by `login`, the table has an `id` too."""
    edges = save("SELECT 'ann' AS source, 'bob' AS target")
    with pytest.raises(DataError, match="name the column of ids 'node' if it isn't 'id'"):
        load_graph(edges=edges, features=save("SELECT unnest([17, 4]) AS id, unnest(['ann', 'bob']) AS login"))


def test_a_linked_node_needs_features(save: Save) -> None:
    """The first five nodes without a row are named, and where the first of them stands: rows count from 1."""
    edges = save(
        "SELECT unnest(['a', 'b', 'b', 'q', 's', 'u']) AS source, unnest(['b', 'a', 'p', 'r', 't', 'p']) AS target"
    )
    with pytest.raises(DataError) as caught:
        load_graph(edges=edges, features=save("SELECT 1 AS f, unnest(['a', 'b']) AS node"))
    assert str(caught.value) == (
        f"{edges}, {'row 3' if edges.suffix in ('.parquet', '.arrow') else 'line 4'}: link: expected nodes with a row of "
        "features, found 6 without: 'p', 'q', 'r', 's', 't' and 1 more; add their rows to --features"
    )


def test_relations_and_parts_are_texts_of_each_link(save: Save) -> None:
    """Their names stand in order of first appearance, numbers as their decimals; the columns are no longer unused."""
    path = save(
        "FROM (VALUES ('b', 7, 'a', 'test'), ('a', 3, 'b', 'train'), ('b', 7, 'c', 'test')) t(source, r, target, part)"
    )
    table = links(path, EdgeColumns(relation="r", split="part"))
    assert {name: (one.names, one.of.tolist()) for name, one in table.labels.items()} == {
        "relation": (("7", "3"), [0, 1, 0]),
        "split": (("test", "train"), [0, 1, 0]),
    }
    assert (table.layout.relation, table.layout.split, table.layout.unused) == ("r", "part", ())


def test_a_link_without_a_relation_is_refused(save: Save) -> None:
    """The message names its row or line."""
    path = save("FROM (VALUES ('b', 'x', 'a'), ('a', NULL, 'b')) t(source, r, target)")
    with pytest.raises(
        DataError, match=r"(row 2|line 3): relation: expected a text, found none; fill it or drop the row"
    ):
        links(path, EdgeColumns(relation="r"))
