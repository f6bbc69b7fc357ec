"""Columns of node tables that mean something else than they look like."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph

N = 24


def graph(folder: Path, columns: str, kind: str = "csv", categories: tuple[str, ...] = ()) -> Graph:
    """A ring of nodes n0, n1, ... with a table of these columns, SQL over i."""
    path, links = folder / f"x.{kind}", folder / "e.csv"
    duckdb.execute(
        f"COPY (SELECT {columns}, 'n' || i AS node, 1 + i * i % 11 + 0.5 AS f FROM range({N}) t(i)) TO '{path}'"
    )
    links.write_text("source,target\n" + "".join(f"n{i},n{(i + 1) % N}\n" for i in range(N)))
    return load_graph(edges=links, features=path, categories=categories, missing=True)


def names(graph: Graph) -> tuple[str, ...]:
    """What the features are called."""
    return () if graph.preprocessing is None else graph.preprocessing.names


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    "column",
    ['i AS "Unnamed: 0"', 'i * 3 AS " "', "i AS __index_level_0__", "i + 1 AS rownum", "i AS anything", "i AS index"],
)
def test_row_numbers_are_left_out_with_a_note(tmp_path: Path, column: str, kind: str) -> None:
    """By name or since they count the rows; others stay."""
    found = graph(tmp_path, column, kind)
    assert names(found) == ("f",)
    assert ["row numbers" in note for note in found.notes] == [True]


@pytest.mark.parametrize("column", ["2000 + i AS year", "i * 2 AS rank", f"{N} - i AS rank", "i // 2 + 0.5 AS rank"])
def test_numbers_that_do_not_count_rows_stay(tmp_path: Path, column: str) -> None:
    """Years, even numbers, falling ones."""
    assert (len(names(graph(tmp_path, column))), graph(tmp_path, column).notes) == (2, ())


@pytest.mark.parametrize("missing", ["NA", "n/a", "null", "-", "unknown"])
def test_words_among_numbers_are_noted(tmp_path: Path, missing: str) -> None:
    """With their count and one of them: the column becomes a category of each number."""
    found = graph(tmp_path, f"CASE WHEN i % 4 = 0 THEN '{missing}' ELSE (20 + i % 5)::TEXT END AS age")
    assert len(names(found)) == 7
    assert [f"6 of {N}" in note and repr(missing) in note and "leave them empty" in note for note in found.notes] == [
        True
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_codes_are_numbers_with_a_note_or_categories_by_name(tmp_path: Path, kind: str) -> None:
    """`--category block` makes one column of 0 and 1 for each code; a missing one stays missing."""
    column = "CASE WHEN i > 0 THEN i % 4 END AS block"
    number, category = (graph(tmp_path, column, kind, categories) for categories in ((), ("Block",)))
    assert (names(number), ["--category block." in note for note in number.notes]) == (("block", "f"), [True])
    assert (names(category)[:4], category.notes) == (("block=0", "block=1", "block=2", "block=3"), ())
    x = np.asarray(category.features)[:, :4]
    np.testing.assert_array_equal(x[1:], np.eye(4)[np.arange(1, N) % 4])
    assert np.isnan(x[0]).all()


def test_codes_with_a_zero_in_front_are_texts(tmp_path: Path) -> None:
    """A number would lose it: 0150 and 150 are two codes."""
    found = graph(tmp_path, "CASE i % 3 WHEN 0 THEN '0150' WHEN 1 THEN '150' ELSE '99' END AS zip")
    assert names(found)[:3] == ("zip=0150", "zip=150", "zip=99")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        *(
            (text, "numbers")
            for text in ("'1,6' || i % 5", "'€' || i % 5", "i % 5 || ',000'", "i % 5 || '%'", "'1 00' || i % 5")
        ),
        *((text, "numbers") for text in ("'1.000.00' || i % 5", "'$1,00' || i % 5 || '.50'", "i % 5 || ',50 €'")),
        *(
            (text, "dates")
            for text in ("'03/0' || 1 + i % 5 || '/1970'", "'2019/03/1' || i % 5", "'1' || i % 5 || '.3.70 10:30'")
        ),
    ],
)
def test_texts_that_look_like_numbers_or_dates_are_noted(tmp_path: Path, text: str, what: str, kind: str) -> None:
    """With one of them and the way to write it; the column is read as before."""
    found = graph(tmp_path, f"({text}) AS x", kind)
    assert [name[:2] for name in names(found)] == ["x="] * 5 + ["f"]
    [note] = found.notes
    assert (note.startswith("'x' is read as texts"), f"look like {what}, such as {names(found)[0][2:]!r}" in note) == (
        True,
        True,
    )


@pytest.mark.parametrize(
    "text", ["'v1.2.' || i % 5", "'a,' || i % 5", "i % 5 || ' m'", "'10.0.0.1' || i % 5", "'00' || i % 5"]
)
def test_other_texts_get_no_note(tmp_path: Path, text: str) -> None:
    """Versions, lists, units, addresses and codes."""
    assert graph(tmp_path, f"({text}) AS x", "parquet").notes == ()


@pytest.mark.parametrize("column", ["i * i AS area", "i % 4 + 0.5 AS x", "i % 2 AS member", "i % 23 AS day"])
def test_other_numbers_get_no_note(tmp_path: Path, column: str) -> None:
    """Many values, fractions, and 0 and 1."""
    assert graph(tmp_path, column).notes == ()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("date '2026-01-01' + i::INT AS x", "date"),
        ("timestamp '2026-01-01' + INTERVAL (i % 3) HOUR AS x", "date"),
        ("i AS x", "row number"),
        ("'text ' || i AS x", "distinct"),
        ("'text ' || greatest(i, 1) AS x", "text"),
        ("7 AS x", "constant"),
    ],
)
def test_the_encoding_knows_each_column_that_is_left_out(tmp_path: Path, column: str, reason: str, kind: str) -> None:
    """New nodes may have it. In a typed format a date is of a type that is no feature."""
    found = graph(tmp_path, column, kind).preprocessing
    assert found is not None
    assert found.ignored == {"x": "type" if (reason, kind) == ("date", "parquet") else reason}


@pytest.mark.parametrize("name", ["label", "Name", "id", "node_id", "title"])
@pytest.mark.parametrize("value", ["1000 - 7 * i", "'of ' || i"])
def test_names_of_nodes_are_no_features(tmp_path: Path, name: str, value: str) -> None:
    """Numbers would be one, though they count nothing. One note says that every value differs, and what names nodes."""
    found = graph(tmp_path, f"{value} AS {name}")
    assert names(found) == ("f",)
    assert ["every value is different" in note and f"call nodes by '{name}'" in note for note in found.notes] == [True]


def test_classes_under_the_name_of_a_label_stay(tmp_path: Path) -> None:
    """In graph learning a label is a class, of many nodes."""
    assert names(graph(tmp_path, "i % 2 AS label")) == ("label", "f")
    assert len(names(graph(tmp_path, "'c' || i % 3 AS label"))) == 4


def test_a_category_that_is_no_column_is_refused(tmp_path: Path) -> None:
    """With those that there are."""
    with pytest.raises(DataError, match=r"x\.csv: columns: expected 'blok' of --category, found 'block', 'f'"):
        graph(tmp_path, "i % 4 AS block", categories=("blok",))


def test_truth_values_may_have_blanks_around(tmp_path: Path) -> None:
    """And stay 0 and 1."""
    found = graph(tmp_path, "CASE WHEN i % 2 = 0 THEN ' true' ELSE 'False ' END AS paid")
    assert (names(found), found.notes) == (("paid", "f"), ())
    assert np.asarray(found.features)[:2, 0].tolist() == [1, 0]


def test_named_columns_are_numbers_or_left_out(tmp_path: Path) -> None:
    """Codes and texts that are numbers; an ignored column is no feature and gets no note."""
    links, path = tmp_path / "e.csv", tmp_path / "x.csv"
    links.write_text("source,target\na,b\nb,c\n")
    path.write_text("node,code,n,free\na,007,5,x y\nb,010,unknown,z\nc,011,7,q\n")
    graph = load_graph(edges=links, features=path, numeric=["code"], ignore=["N", "free"])
    assert graph.preprocessing is not None
    assert [column.kind for column in graph.preprocessing.columns] == ["number"]
    assert dict(graph.preprocessing.ignored) == {"n": "named", "free": "named"}
    assert [dict(reading.columns).get("n") for reading in graph.readings] == [None, "left out, as --ignore says"]
    assert graph.notes == ()


def test_an_ignored_column_of_a_text_may_hold_anything(tmp_path: Path) -> None:
    """The error about one of its cells names the option that leaves it out."""
    (tmp_path / "e.csv").write_text("source,target\na,b\n")
    cells = [f"n{i},{i},{i % 7}" for i in range(10)]
    (tmp_path / "x.csv").write_text("\n".join(["node,big,n", "a,1e99,1", "b,2,4", *cells]))
    with pytest.raises(DataError, match=r"line 2: big: .* with --ignore big$"):
        load_graph(edges=tmp_path / "e.csv", features=tmp_path / "x.csv")
    graph = load_graph(edges=tmp_path / "e.csv", features=tmp_path / "x.csv", ignore=["big"])
    assert (graph.n_features, dict(graph.readings[1].columns)["big"]) == (1, "left out, as --ignore says")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"numeric": ["zzz"]}, r"expected 'zzz' of --numeric, found 'n', 'd'"),
        ({"ignore": ["zzz"]}, r"expected 'zzz' of --ignore, found 'n', 'd'"),
        ({"ignore": ["n,d"]}, r"expected 'n,d' of --ignore, .*; repeat the option, --ignore n --ignore d$"),
        ({"numeric": ["y,zzz"]}, r"; correct --numeric$"),
        ({"numeric": ["n"]}, r"node 'b': n: expected a finite number for --numeric, found 'few'; correct it"),
        ({"numeric": ["d"]}, r"node 'a': d: expected a finite number for --numeric, found '1,5'; write decimals"),
        ({"numeric": ["n"], "ignore": ["n"]}, r"'n' of --numeric .* found it left out"),
        ({"categories": ["n"], "numeric": ["n"]}, r"--numeric: .* found 'n', which is of --category"),
    ],
)
def test_columns_that_can_not_be_what_is_asked_are_refused(
    tmp_path: Path, options: dict[str, list[str]], message: str
) -> None:
    """A name that isn't there, a text that is no number, and two options for one column."""
    (tmp_path / "e.csv").write_text("source,target\na,b\n")
    (tmp_path / "x.csv").write_text('node,n,d\na,7,"1,5"\nb,few,"2,5"\n')
    with pytest.raises(DataError, match=message):
        load_graph(edges=tmp_path / "e.csv", features=tmp_path / "x.csv", **options)  # type: ignore[arg-type]
