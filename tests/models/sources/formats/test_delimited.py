"""Edge lists and feature tables in CSV and TSV."""

import re
from pathlib import Path

import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources.formats.delimited import read_edges, read_features
from latentlink.models.sources.formats.tables import EdgeColumns, NodeTable, TextOptions


def write(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    """The path of a file with this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def columns(table: NodeTable) -> dict[str, list[object]]:
    """The columns as lists."""
    assert isinstance(table.features, dict)
    return {name: list(column) for name, column in table.features.items()}


def test_ids_are_kept_as_written(tmp_path: Path) -> None:
    """Spaces, leading zeros, quotes, newlines and delimiters in quotes are part of an id."""
    table = read_edges(write(tmp_path, 'source,target\n 007,7\n"a,""b""","c\nd"\n'))
    assert table.ids == [" 007", "7", 'a,"b"', "c\nd"]


@pytest.mark.parametrize(
    ("columns", "ids", "weights"),
    [
        (EdgeColumns(), ["a", "b"], None),
        (EdgeColumns(weight="3"), ["a", "b"], [0.5]),
        (EdgeColumns(target="4"), ["a", "c"], None),
    ],
)
def test_without_header_columns_are_called_by_their_places(
    tmp_path: Path, columns: EdgeColumns, ids: list[str], weights: list[float] | None
) -> None:
    """The first row is a link, the first two columns are its ends, and no column is a weight that isn't named."""
    table = read_edges(write(tmp_path, "a,b,0.5,c"), columns, TextOptions(header=False))
    assert (table.ids, None if table.weights is None else table.weights.tolist()) == (ids, weights)


def test_unnamed_columns_that_are_not_used_are_noted(tmp_path: Path) -> None:
    """With the place and the first cell of one of them: a weight, or the tail of a triple."""
    first, second = (
        read_edges(write(tmp_path, text), options=TextOptions(header=False)).notes
        for text in ("1,0,5\n2,1,7\n", "1,0\n")
    )
    assert ([re.findall(r"column 3 with '5'", note) for note in first], second) == ([["column 3 with '5'"]], ())


@pytest.mark.parametrize(("last", "matrix"), [("0,1,0", True), ("0,2,0", False), ("0,x,0", False)])
def test_an_adjacency_matrix_is_no_list_of_links(tmp_path: Path, last: str, matrix: bool) -> None:
    """A symmetric square of numbers is one; other tables of as many rows as columns are links."""
    path = write(tmp_path, f"0,1,0\n1,0,1\n{last}\n")
    if matrix:
        with pytest.raises(DataError, match="adjacency matrix of 3 nodes"):
            read_edges(path, options=TextOptions(header=False))
    else:
        assert len(read_edges(path, options=TextOptions(header=False)).pairs) == 3


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["#", "%", "sep=,"])
def test_comments_at_the_top_are_skipped_and_noted(tmp_path: Path, mark: str, ending: str) -> None:
    """Lines that begin with #, % or `sep=` before the first row; errors below still name the physical line."""
    top = f'{mark} Directed "graph{ending}{mark} From\tTo{ending}'
    table = read_edges(write(tmp_path, f"{top}0\t1{ending}1\t#2{ending}", "e.tsv"), options=TextOptions(header=False))
    assert table.ids == ["0", "1", "#2"]
    assert ["2 lines" in note for note in table.notes] == [True]
    with pytest.raises(DataError, match="line 4: link"):
        read_edges(write(tmp_path, f"{top}source,target{ending},b{ending}"))


@pytest.mark.parametrize(("header", "weight"), [("Source,Target,Weight", 2), (" source ,TARGET,WEIGHT ", 2)])
def test_names_are_found_in_any_case(tmp_path: Path, header: str, weight: int) -> None:
    """And with blanks around; the exact name wins where both are there."""
    weights = read_edges(write(tmp_path, f"{header}\na,b,2\n")).weights
    assert weights is not None
    assert weights.tolist() == [weight]
    assert read_edges(write(tmp_path, "source,Source,target\na,b,c\n")).ids == ["a", "c"]


@pytest.mark.parametrize("name", ["table.tsv", "table.tab", "TABLE.TSV"])
def test_suffix_picks_the_tab(tmp_path: Path, name: str) -> None:
    """In .tsv and .tab a comma belongs to the id."""
    assert read_edges(write(tmp_path, "source\ttarget\na,1\tb\n", name)).ids == ["a,1", "b"]


def test_marks_line_ends_and_blank_lines_are_no_ids(tmp_path: Path) -> None:
    """A byte order mark, CRLF, blank lines and a missing last line end leave no trace."""
    path = write(tmp_path, "\ufeffsource,target\r\n\r\nä,b\r\n\r\nb,c")
    assert read_edges(path).ids == ["ä", "b", "c"]


def test_ten_thousand_rows_equal_a_plain_reading(tmp_path: Path) -> None:
    """The pairs, by id, are the lines of the file."""
    ends = np.random.default_rng(0).integers(0, 300, (10_000, 2)).tolist()
    table = read_edges(write(tmp_path, "source,target\n" + "".join(f"u{s},u{t}\n" for s, t in ends)))
    assert [(table.ids[s], table.ids[t]) for s, t in table.pairs] == [(f"u{s}", f"u{t}") for s, t in ends]
    assert table.pairs.dtype == np.int64


def test_a_named_weight_must_exist(tmp_path: Path) -> None:
    """A weight column that the caller names isn't silently left out."""
    path = write(tmp_path, "source,target\na,b\n")
    with pytest.raises(DataError, match=r"line 1: header: expected a column 'n', found .*; name yours with --weight"):
        read_edges(path, EdgeColumns(weight="n"))


@pytest.mark.parametrize("columns", [EdgeColumns(weight="n"), EdgeColumns(source="from"), EdgeColumns(target="3")])
def test_without_header_names_are_refused(tmp_path: Path, columns: EdgeColumns) -> None:
    """The name of a column has no meaning, and neither has a place beyond the last one."""
    with pytest.raises(DataError, match=r"line 1: header: expected a column '\w+', found '1', '2'; .*places"):
        read_edges(write(tmp_path, "a,b\n"), columns, TextOptions(header=False))


def test_features_are_all_columns_but_node(tmp_path: Path) -> None:
    """Rows and columns stand in the file's order, wherever the ids are; texts are kept as written."""
    table = read_features(write(tmp_path, "b,node,a,c\n1,x,-2.5,007 a\n1e-3,y,0,\n"))
    assert table.ids == ["x", "y"]
    assert columns(table) == {"b": [1, 1e-3], "a": [-2.5, 0], "c": ["007 a", None]}


def test_truth_values_are_numbers(tmp_path: Path) -> None:
    """True is 1 and false 0, in any case."""
    assert columns(read_features(write(tmp_path, "node,a\nx,true\ny,False\nz,TRUE\n"))) == {"a": [1, 0, 1]}


@pytest.mark.parametrize(("words", "numeric"), [(1, True), (2, False)])
def test_a_column_is_numbers_if_nine_in_ten_cells_are(tmp_path: Path, words: int, numeric: bool) -> None:
    """One word among ten filled cells is a mistake, two make it a column of texts; empty cells don't count."""
    cells = [*map(str, range(10 - words)), *["one"] * words, *[""] * 5]
    path = write(tmp_path, "node,a\n" + "".join(f"n{i},{cell}\n" for i, cell in enumerate(cells)))
    if not numeric:
        assert columns(read_features(path)) == {"a": [cell or None for cell in cells]}
        return
    with pytest.raises(DataError, match=r"line 11: a: expected a finite number, found 'one'; correct the field"):
        read_features(path)


def test_every_flaw_of_quoting_has_a_way_out_of_its_own(tmp_path: Path) -> None:
    """Lines that end with CR and long fields don't ask for quotes to be closed."""
    ways_out = set()
    for text in (b"source,target\ra,b\r", b"source,target\na," + b"b" * 131_073, b'source,target\n"a,b\n'):
        with pytest.raises(DataError) as caught:
            read_edges(write(tmp_path, text))
        ways_out.add(str(caught.value).rpartition("; ")[2])
    assert len(ways_out) == 3


@pytest.mark.parametrize("last", ["2026-01-31", "2026-01-31T12:00:00Z", "", "unknown"])
def test_dates_are_left_out_with_a_note(tmp_path: Path, last: str) -> None:
    """Days that recur would pass for categories; nine in ten filled cells in ISO 8601 are enough to detect them."""
    days = "".join(f"n{i},2026-01-{1 + i % 3:02},{'ab'[i % 2]}\n" for i in range(9))
    table = read_features(write(tmp_path, f"node,joined,kind\n{days}z,{last},a\n"))
    assert list(table.features) == ["kind"]  # type: ignore[arg-type]
    assert table.notes == ("Columns of dates are ignored: 'joined'.",)


def test_texts_among_dates_stay_texts(tmp_path: Path) -> None:
    """Two others of ten, or no filled cell at all, make no column of dates."""
    days = "".join(f"n{i},2026-01-01,\n" for i in range(8))
    table = read_features(write(tmp_path, f"node,joined,empty\n{days}y,soon,\nz,never,\n"))
    assert (list(table.features), table.notes) == (["joined", "empty"], ())  # type: ignore[arg-type]
