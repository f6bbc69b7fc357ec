"""Edge lists as programs write them: the delimiter, the header, the packing and the encoding show in the file."""

import csv
import re
from pathlib import Path

import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats import delimited
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, TextOptions

PAIRS = [("1", "2"), ("2", "3"), ("3", "1"), ("3", "14")]


def rows(between: str, first: str = "") -> str:
    """The links below a first line."""
    return first + "".join(f"{a}{between}{b}\n" for a, b in PAIRS)


def read(folder: Path, text: str | bytes, name: str, columns: EdgeColumns = COLUMNS, **options: object) -> EdgeTable:
    """The links of a file with this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return delimited.read_edges(path, columns, TextOptions(**options))  # type: ignore[arg-type]


def links(table: EdgeTable) -> list[tuple[str, str]]:
    """The ends of each link."""
    return [(table.ids[s], table.ids[t]) for s, t in table.pairs.tolist()]


BETWEEN = [",", "\t", ";", "|", "::", " ", "  \t"]
SUFFIXES = ["e.tab", "e.txt", "e.edges", "e.edgelist", "e.el", "e.dat", "e.data"]
FILES = [
    *(("e.csv", between) for between in BETWEEN),
    *(("out.e", between) for between in BETWEEN if between.isspace()),
    *zip(SUFFIXES, BETWEEN, strict=True),
]


@pytest.mark.parametrize(("name", "between"), FILES)
def test_every_delimiter_is_found(tmp_path: Path, name: str, between: str) -> None:
    """The content has the last word; numbers have no header."""
    table = read(tmp_path, rows(between), name)
    assert (links(table), table.layout.named) == (PAIRS, False)


@pytest.mark.parametrize(
    "first", ["source{}target\n", "from{}to\n", "writer{}reader\n", "# a comment\n%\nwriter{}reader\n"]
)
@pytest.mark.parametrize("between", [",", " "])
def test_words_above_numbers_are_names(tmp_path: Path, first: str, between: str) -> None:
    """Those of the only two columns are the ends, whatever they are called."""
    table = read(tmp_path, rows(between, first.format(between)), "e.txt")
    assert (links(table), table.layout.named) == (PAIRS, True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ann bob\nbob cid\n", False),  # an id that stands again
        ("a b\nb c\n", False),  # letters that are ids
        ("a b\n1 2\n", True),
        ("a b\na b\n", True),  # as in two files put together, which is an error later
        ("u1 i7\nu2 i15\n", False),  # as the ids below
        ("ann bob 0.5\ncid dan 0.7\n", False),  # a number
        ("ann bob note\ncid dan 0.7\n", None),  # a word above numbers, but three columns
        ("ann bob\ncid dan\n", None),
        ("city 2001 2002\nRome 5 6\n", None),  # years
        ("0 1 2\n7 8 0.5\n", None),  # what pandas calls columns
        ("1 2\n", False),
    ],
)
def test_the_first_row_shows_whether_it_is_a_link(tmp_path: Path, text: str, named: bool | None) -> None:
    """What may be either is an error that has both ways out, and each of these reads the file."""
    if named is not None:
        assert read(tmp_path, text, "e.txt").layout.named is named
        return
    with pytest.raises(DataError, match=r"--no-header"):
        read(tmp_path, text, "e.txt")
    assert len(read(tmp_path, text, "e.txt", header=False).pairs) == 2
    one, other = text.split()[:2]
    assert len(read(tmp_path, text, "e.txt", EdgeColumns(one, other)).pairs) == 1


@pytest.mark.parametrize(
    ("name", "text", "columns", "directions"),
    [
        ("e.csv", "Source;Target;Type;Weight\na;b;Directed;2\nb;c;Directed;3\n", COLUMNS, {True}),
        ("e.csv", "Source,Target,Type,Id,Label,timeset,Weight\na,b,Undirected,0,,,2\n", COLUMNS, {False}),
        ("u.data", "196\t242\t3\t881250949\n186\t302\t4\t891717742\n", EdgeColumns(weight="3", time="4"), set()),
        ("ratings.dat", "1::1193::5::978300760\n2::661::3::978302109\n", EdgeColumns(weight="3", time="4"), set()),
        ("out.e", "% sym weighted\n1 2 3 1082040961\n2 3\t1 1082155839\n", EdgeColumns(weight="3", time="4"), {False}),
    ],
)
def test_files_of_gephi_movielens_and_konect_keep_their_columns(
    tmp_path: Path, name: str, text: str, columns: EdgeColumns, directions: set[bool]
) -> None:
    """Ends, weights and times are those of the fields, parted by any of these delimiters."""
    table = read(tmp_path, text, name, columns)
    fields = [re.split(r";|,|::|\s", line) for line in text.splitlines() if line[0].isalnum()]
    fields = fields[table.layout.named :]
    assert links(table) == [(row[0], row[1]) for row in fields]
    assert table.weights is not None
    assert table.weights.tolist() == [float(row[-1 if table.layout.named else 2]) for row in fields]
    assert table.times is None or table.times.tolist() == [float(row[3]) for row in fields]
    assert table.directions == directions


def test_the_only_two_columns_keep_their_ends(tmp_path: Path) -> None:
    """A column `target` is no source, wherever it stands."""
    table = read(tmp_path, "Target,x\n1,2\n3,2\n", "e.csv")
    assert links(table) == [("2", "1"), ("2", "3")]


@pytest.mark.parametrize(
    ("name", "text", "first"),
    [
        ("e.csv", "1;2,5\n2;3,5\n", {"commas": ("1;2", "5"), "semicolons": ("1", "2,5")}),
        ("e.txt", "1 2 0,5\n2 3 0,7\n", {"commas": ("1 2 0", "5"), "blanks": ("1", "2")}),
        ("e.txt", "1 2\t3\n2 3\t4\n", {"tab": ("1 2", "3"), "blanks": ("1", "2")}),
        ("e.txt", "a,x;b\nb,y;a\n", {"comma": ("a", "x;b"), "semicolon": ("a,x", "b")}),
    ],
)
def test_two_readings_are_shown_and_an_option_picks_one(
    tmp_path: Path, name: str, text: str, first: dict[str, tuple[str, str]]
) -> None:
    """The error has the fields of both and the option of each."""
    with pytest.raises(DataError, match="found two: ") as caught:
        read(tmp_path, text, name)
    for option, link in first.items():
        assert f"--delimiter {option}" in str(caught.value)
        assert links(read(tmp_path, text, name, delimiter=option, header=False))[0] == link


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Ann Lee,Bob Ray\nBob Ray,Cy\n", 2),
        ("Lee, Ann\tRay, Bob\nRay, Bob\tLee, Ann\n", 2),
        ("a,2026-01-01 10:00:00,b\nb,2026-01-02 10:00:00,a\n", 3),
        ('"a b" c\nc  "d ""e"""\n', 2),
        ("  1 2  \n 2 3\t\n", 2),
        ("1 2 \r\n2 3 \r\n", 2),
        ('"a b" c\u2028\nd\x1c e\n', 2),
    ],
)
def test_a_delimiter_inside_of_fields_is_text(tmp_path: Path, text: str, fields: int) -> None:
    """Blanks in names and moments, commas beside tabs, and whatever stands in quotes."""
    table = read(tmp_path, text, "e.txt", header=False)
    assert len({table.layout.source, table.layout.target, *table.layout.unused}) == fields
    assert not any("\t" in node or "\r" in node for node in table.ids)


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("% sym unweighted", {False}),
        ("% asym posweighted", {True}),
        ("# Directed graph (each unordered pair of nodes is saved once): x", set()),
        ("# Directed graph: x", {True}),
        ("# Undirected graph: x", {False}),
        ("# a graph", set()),
    ],
)
def test_comments_of_konect_and_snap_say_whether_links_are_directed(
    tmp_path: Path, comment: str, said: set[bool]
) -> None:
    """As a graph file does."""
    assert read(tmp_path, rows("\t", f"{comment}\n"), "e.txt").directions == said


def test_a_bipartite_graph_of_konect_keeps_its_kinds_apart(tmp_path: Path) -> None:
    """Node 1 of the left is not node 1 of the right; the options of the message read the file so."""
    path = tmp_path / "out.e"
    path.write_text("% bip unweighted\n1 1\n1 2\n2 1\n")
    with pytest.raises(DataError, match="--source-type left --target-type right"):
        load_graph(edges=path)
    graph = load_graph(edges=path, source_type="left", target_type="right")
    assert (graph.n_nodes, graph.n_edges) == (4, 3)


@pytest.mark.parametrize(("ends", "one_kind"), [(":START_ID,:END_ID", True), (":START_ID(A),:END_ID(B)", False)])
def test_headers_of_neo4j_name_ends_and_propose_relations(tmp_path: Path, ends: str, one_kind: bool) -> None:
    """Ids of two spaces are two kinds."""
    (tmp_path / "e.csv").write_text(f"{ends},:TYPE\n" + "".join(f"{a},{b},KNOWS\n" for a, b in PAIRS))
    if one_kind:
        notes = " ".join(load_graph(edges=tmp_path / "e.csv").notes)
        assert "--relation-column :TYPE" in notes
        assert "directed links" in notes
    else:
        with pytest.raises(DataError, match="--source-type A --target-type B"):
            load_graph(edges=tmp_path / "e.csv")
    assert load_graph(edges=tmp_path / "e.csv", relation_column=":TYPE", one_kind=True).relations is not None


def test_a_line_for_spreadsheets_names_the_delimiter(tmp_path: Path) -> None:
    """`sep=;` decides where commas would fit as well."""
    table = read(tmp_path, "sep=;\n1;2,5\n2;3,5\n", "e.csv")
    assert links(table) == [("1", "2,5"), ("2", "3,5")]


@pytest.mark.parametrize("between", [",", ";", "\t", " "])
@pytest.mark.parametrize("header", ["node{0}age{0}city\n", "personId:ID(P){0}age{0}city\n", ""])
def test_node_tables_are_read_as_links_are(tmp_path: Path, between: str, header: str) -> None:
    """With any delimiter; without names the ids stand in the first column, and the others are called by their places."""
    cells = [["n1", "31", "Rome"], ["n2", "45", "Oslo"], ["n3", "31", "Rome"], ["n4", "8", "Oslo"]]
    with (tmp_path / "x.txt").open("w", newline="") as file:
        file.write(header.format(between))
        csv.writer(file, delimiter=between).writerows(cells)
    table = delimited.read_features(tmp_path / "x.txt")
    assert table.ids == ["n1", "n2", "n3", "n4"]
    assert list(table.features) == (["age", "city"] if header else ["2", "3"])  # type: ignore[arg-type]
