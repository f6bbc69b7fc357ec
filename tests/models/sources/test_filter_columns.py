"""Columns by which searches filter: their kinds, and what can't be one."""

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from arro3.core import Table
from arro3.io import write_ipc

from latentlink.models.errors import DataError
from latentlink.models.graph.filter_columns import BooleanColumn, FilterColumn, NumberColumn, TextColumn
from latentlink.models.sources import load_graph
from latentlink.models.sources.filter_columns import names_in

CITIES = ["Rome", None, "Oslo", "Rome"]


def columns(folder: Path, given: str, sql: str, kind: str = "csv") -> dict[str, FilterColumn]:
    """Those of a table of four nodes, SQL over i, that are in a ring."""
    path, links = folder / f"x.{kind}", folder / "e.csv"
    query = f"SELECT 'n' || i AS node, {sql} FROM range(4) t(i)"
    if kind == "arrow":
        write_ipc(Table.from_arrow(duckdb.default_connection().sql(query)), path)
    else:
        duckdb.execute(f"COPY ({query}) TO '{path}'")
    links.write_text("source,target\nn3,n2\nn2,n1\nn1,n0\n")
    return dict(load_graph(edges=links, features=path, filter_columns=given, missing=True).columns)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_columns_have_the_kind_of_their_cells(tmp_path: Path, kind: str) -> None:
    """Texts are coded in the order of the texts, booleans are 0, 1 and 2 where one is missing, numbers have NaN there."""
    sql = """['Rome', NULL, 'Oslo', 'Rome'][i + 1] AS City, [1.5, 2, NULL, -1][i + 1] AS age,
        [true, NULL, false, true][i + 1] AS member, i AS unused"""
    found = columns(tmp_path, "member, city,age", sql, kind)
    member, city, age = found.values()
    assert [*found] == ["member", "City", "age"]
    assert isinstance(member, BooleanColumn)
    assert isinstance(city, TextColumn)
    assert isinstance(age, NumberColumn)
    assert member.booleans.tolist() == [1, 2, 0, 1]
    assert (city.texts, city.codes.tolist()) == (("Oslo", "Rome"), [1, -1, 0, 1])
    assert np.array_equal(age.numbers, [1.5, 2, np.nan, -1], equal_nan=True)


@pytest.mark.parametrize(("kind", "by_rows"), [("csv", False), ("csv", True), ("parquet", False)])
def test_zeros_and_ones_are_numbers(tmp_path: Path, kind: str, by_rows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are declared, or written; a column that has both numbers and words is one of numbers, too."""
    monkeypatch.setattr("latentlink.models.sources.formats.delimited.SMALL", 1 << 16 if by_rows else 0)
    sql = "i % 2 AS bit, [1, NULL, 0, 1][i + 1] AS gap, ['true', '1', NULL, '0'][i + 1] AS both"
    bit, gap, both = columns(tmp_path, "bit,gap,both", sql, kind).values()
    assert isinstance(bit, NumberColumn)
    assert isinstance(gap, NumberColumn)
    assert isinstance(both, NumberColumn if kind == "csv" else TextColumn)
    assert np.array_equal(gap.numbers, [1, np.nan, 0, 1], equal_nan=True)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_declared_types_are_kept(tmp_path: Path, kind: str) -> None:
    """Whatever the cells are, all of them missing, the first ones, or texts of digits."""
    sql = """NULL::VARCHAR AS none, [NULL, NULL, NULL, '7'][i + 1] AS late, NULL::DOUBLE AS void,
        NULL::BOOLEAN AS unsure, 'a'::ENUM('a', 'b') AS code, '1.50'::DECIMAL(9, 2) AS price"""
    found = columns(tmp_path, "none,late,void,unsure,code,price", sql, kind)
    texts, numbers = (
        [("none", (), [-1] * 4), ("late", ("7",), [-1, -1, -1, 0]), ("code", ("a",), [0] * 4)],
        ("void", "price"),
    )
    for name, expected, codes in texts:
        column = found[name]
        assert isinstance(column, TextColumn)
        assert (column.texts, column.codes.tolist()) == (expected, codes)
    assert all(isinstance(found[name], NumberColumn) for name in numbers)
    unsure = found["unsure"]
    assert isinstance(unsure, BooleanColumn)
    assert unsure.booleans.tolist() == [2] * 4


@pytest.mark.parametrize("form", ["json", "graphml"])
def test_attributes_of_graph_files_have_their_kinds(tmp_path: Path, form: str) -> None:
    """Booleans are those that the file declares or writes; numbers 0 and 1 are none."""
    path = tmp_path / f"g.{form}"
    if form == "json":
        nodes = [{"id": "a", "flag": True, "bit": 1}, {"id": "b", "flag": None, "bit": 0}]
        path.write_text(json.dumps({"nodes": nodes, "links": [{"source": "a", "target": "b"}]}))
    else:
        keys = '<key id="flag" for="node" attr.type="boolean"/><key id="bit" for="node" attr.type="int"/>'
        cells = "<data key='flag'>{}</data><data key='bit'>{}</data>"
        a, b = (
            f"<node id='{node}'>{cells.format(*some)}</node>" for node, some in (("a", ("true", 1)), ("b", ("", 0)))
        )
        path.write_text(f"<graphml>{keys}<graph>{a}{b}<edge source='a' target='b'/></graph></graphml>")
    flag, bit = load_graph(edges=path, filter_columns="flag,bit", missing=True).columns.values()
    assert isinstance(flag, BooleanColumn)
    assert isinstance(bit, NumberColumn)
    assert (flag.booleans.tolist(), bit.numbers.tolist()) == ([1, 2], [1, 0])


def test_columns_that_are_no_features_can_be_filtered_by(tmp_path: Path) -> None:
    """One in which every text is different, and one of row numbers."""
    found = columns(tmp_path, "name,row", "'person ' || i AS name, i AS row, i % 2 AS used")
    assert [type(column) for column in found.values()] == [TextColumn, NumberColumn]


def test_names_with_commas_stand_in_quotes() -> None:
    """As in a line of CSV."""
    assert names_in('age, "last, first" ,city') == ["age", "last, first", "city"]


@pytest.mark.parametrize(
    ("given", "sql", "kind", "message"),
    [
        (
            "town",
            "i AS age, 'x' AS city",
            "csv",
            "expected 'town' of --filter-columns, found 'age', 'city'; correct --fil",
        ),
        ("age,", "i AS age", "csv", "expected '' of --filter-columns, found 'age'"),
        ("age,AGE", "i AS age", "csv", "each column once, found 'age' twice"),
        ("Not", 'i AS "not"', "csv", "no column called and, or, not"),
        ("tags", "['a'] AS tags", "parquet", r"found lists such as \('a',\)"),
        ("born", "DATE '2000-01-01' AS born", "parquet", "expected texts, numbers or booleans .*, found another type"),
    ],
)
def test_what_searches_cannot_filter_by_is_refused(
    tmp_path: Path, given: str, sql: str, kind: str, message: str
) -> None:
    """Before the training, with the columns that there are or the reason."""
    with pytest.raises(DataError, match=message):
        columns(tmp_path, given, sql, kind)


def test_a_column_of_many_texts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the codes are meant for."""
    monkeypatch.setattr("latentlink.models.sources.filter_columns.MOST_TEXTS", 3)
    with pytest.raises(DataError, match="at most 3 different texts for --filter-columns, found 4"):
        columns(tmp_path, "name", "'p' || i AS name")


def test_movies_are_filtered_by_their_features() -> None:
    """A column is the share of a person's films; other datasets have no named columns."""
    pytest.importorskip("bokeh_sampledata")
    graph = load_graph(dataset="movies", filter_columns="drama")
    assert graph.n_nodes == 2_644
    assert graph.preprocessing is not None
    dense = graph.features.to_dense()[:, graph.preprocessing.names.index("Drama")]  # type: ignore[union-attr]
    column = graph.columns["Drama"]
    assert isinstance(column, NumberColumn)
    assert column.numbers.tolist() == dense.tolist()
    with pytest.raises(DataError, match="karate: columns: expected 'x' of --filter-columns, found none"):
        load_graph(dataset="karate", filter_columns="x")


@pytest.mark.parametrize("name", ["n.csv", "n.jsonl"])
def test_a_column_that_is_no_feature_may_be_filtered_by_with_gaps(tmp_path: Path, name: str) -> None:
    """The error of a gap names the option that leaves the column out of the features."""
    rows = [("a", 1), ("b", None), ("c", 3)]
    csv = "node,age\n" + "".join(f"{node},{'' if age is None else age}\n" for node, age in rows)
    lines = "".join(f"{json.dumps({'node': node, 'age': age})}\n" for node, age in rows)
    (tmp_path / name).write_text(csv if name == "n.csv" else lines)
    (tmp_path / "e.csv").write_text("source,target\na,b\nb,c\n")
    given: dict[str, Any] = {"edges": tmp_path / "e.csv", "features": tmp_path / name, "filter_columns": "age"}
    with pytest.raises(DataError, match="age: expected a value, found none; fill it, or pass --ignore age"):
        load_graph(**given)
    graph = load_graph(**given, ignore=["age"])
    assert graph.n_features == 0
    np.testing.assert_array_equal(graph.columns["age"].numbers, [1, np.nan, 3])  # type: ignore[union-attr]
