"""Columns by which searches filter: their kinds, and what can't be one."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.filter_columns import BooleanColumn, FilterColumn, NumberColumn, TextColumn
from latentlink.models.sources import load_graph
from latentlink.models.sources.filter_columns import names_in

CITIES = ["Rome", None, "Oslo", "Rome"]


def columns(folder: Path, given: str, sql: str, kind: str = "csv") -> dict[str, FilterColumn]:
    """Those of a table of four nodes, SQL over i, that are in a ring."""
    path, links = folder / f"x.{kind}", folder / "e.csv"
    duckdb.execute(f"COPY (SELECT 'n' || i AS node, {sql} FROM range(4) t(i)) TO '{path}'")
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
        ("town", "i AS age, 'x' AS city", "csv", "expected 'town' of --filter-columns, found 'age', 'city'"),
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
    graph = load_graph(dataset="movies", filter_columns="drama")
    assert graph.preprocessing is not None
    dense = graph.features.to_dense()[:, graph.preprocessing.names.index("Drama")]  # type: ignore[union-attr]
    column = graph.columns["Drama"]
    assert isinstance(column, NumberColumn)
    assert column.numbers.tolist() == dense.tolist()
    with pytest.raises(DataError, match="karate: columns: expected 'x' of --filter-columns, found none"):
        load_graph(dataset="karate", filter_columns="x")
