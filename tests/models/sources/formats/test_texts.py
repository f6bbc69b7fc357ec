"""Edge lists as programs write them: the delimiter, the header, the packing and the encoding show in the file."""

import bz2
import csv
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats import delimited
from latentlink.models.sources.formats.tables import COLUMNS, EdgeColumns, EdgeTable, TextOptions

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PAIRS = [("1", "2"), ("2", "3"), ("3", "1"), ("3", "14")]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


def rows(between: str, first: str = "", end: str = "\n") -> str:
    """The links below a first line."""
    return first + "".join(f"{a}{between}{b}{end}" for a, b in PAIRS)


def read(folder: Path, text: str | bytes, name: str, columns: EdgeColumns = COLUMNS, **options: object) -> EdgeTable:
    """The links of a file with this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return delimited.read_edges(path, columns, TextOptions(**options))  # type: ignore[arg-type]


def links(table: EdgeTable) -> list[tuple[str, str]]:
    """The ends of each link."""
    return [(table.ids[s], table.ids[t]) for s, t in table.pairs.tolist()]


@pytest.mark.parametrize(
    "name", ["e.csv", "e.tab", "e.txt", "e.edges", "e.edgelist", "e.el", "e.dat", "e.data", "out.e"]
)
@pytest.mark.parametrize("between", [",", "\t", ";", "|", "::", " ", "  \t"])
def test_every_delimiter_is_found_under_every_suffix(tmp_path: Path, name: str, between: str) -> None:
    """Numbers have no header."""
    if (name == "out.e" and not between.isspace()) or (name == "e.tab" and between == "  \t"):
        return  # KONECT's files have blanks; blanks beside the tabs of .tab are parts of ids
    table = read(tmp_path, rows(between), name)
    assert (links(table), table.layout.named) == (PAIRS, False)


@pytest.mark.parametrize(
    "first", ["source{}target\n", "from{}to\n", "writer{}reader\n", "# a comment\n%\nwriter{}reader\n"]
)
@pytest.mark.parametrize("between", [",", "\t", ";", "|", "::", " "])
def test_words_above_numbers_are_names(tmp_path: Path, first: str, between: str) -> None:
    """Those of the only two columns are the ends, whatever they are called."""
    table = read(tmp_path, rows(between, first.format(between)), "e.txt")
    assert (links(table), table.layout.named) == (PAIRS, True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ann bob\nbob cid\n", False),  # an id that stands again
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
    ],
)
def test_a_delimiter_inside_of_fields_is_text(tmp_path: Path, text: str, fields: int) -> None:
    """Blanks in names and moments, commas beside tabs, and whatever stands in quotes."""
    table = read(tmp_path, text, "e.txt", header=False)
    assert len({table.layout.source, table.layout.target, *table.layout.unused}) == fields
    assert not any("\t" in node or "\r" in node for node in table.ids)


@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("write", [nx.write_edgelist, nx.write_weighted_edgelist, nx.write_gexf])
def test_networkx_reads_the_same(tmp_path: Path, write: Callable[..., None], weights: bool) -> None:
    """Its edge lists, with a dict of attributes or a third column; what isn't text is refused."""
    network = nx.gnp_random_graph(30, 0.2, seed=1)
    network.add_edges_from([(a, b, {"weight": 1 + a / 7, "note": "a b"} if weights else {}) for a, b in network.edges])
    write(network, tmp_path / "e.txt")
    if write is nx.write_gexf:
        with pytest.raises(DataError, match="expected text"):
            delimited.read_edges(tmp_path / "e.txt")
        return
    third = write is nx.write_weighted_edgelist and weights
    table = delimited.read_edges(tmp_path / "e.txt", EdgeColumns(weight="3") if third else COLUMNS)
    assert links(table) == [(str(a), str(b)) for a, b in network.edges]
    if weights:
        assert table.weights is not None
        assert table.weights.tolist() == pytest.approx([network.edges[link]["weight"] for link in network.edges])


def test_attributes_may_hold_numbers_of_numpy(tmp_path: Path) -> None:
    """Whose text is not that of Python's; the line of an error is that of the file."""
    text = "# by networkx\na b {'weight': np.float64(0.5)}\nb c {'weight': np.int64(2)}\n"
    weights = read(tmp_path, text, "e.edgelist").weights
    assert weights is not None
    assert weights.tolist() == [0.5, 2]
    with pytest.raises(DataError, match=r"line 4: weight: .* found '-1'"):
        read(tmp_path, text + "b c {'weight': -1}\n", "e.edgelist")


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", ["e.csv", "e.edges", "g.gml"])
def test_every_text_may_be_packed(tmp_path: Path, suffix: str, name: str) -> None:
    """Tables and graph files read as they do unpacked."""
    gml = "graph [ node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] ]"
    text = {"e.csv": rows(",", "source,target\n"), "e.edges": rows(" "), "g.gml": gml}[name]
    (tmp_path / f"{name}{suffix}").write_bytes(PACKERS[suffix](text.encode()))
    assert load_graph(edges=tmp_path / f"{name}{suffix}").n_edges == (1 if name == "g.gml" else 4)


def test_a_copy_takes_no_more_than_a_graph_has(tmp_path: Path) -> None:
    """72 MiB of zeros in a few kB never fill the disk; the message has the command that unpacks them."""
    with pytest.raises(DataError, match=r"expected at most 100 times the packed size.* unxz -k "):
        read(tmp_path, lzma.compress(b"1,2\n" * (18 << 20), preset=0), "e.csv.xz")


@pytest.mark.parametrize(
    ("encoding", "option"),
    [("utf-8-sig", None), ("utf-16", None), ("latin-1", "latin-1"), ("cp1252", "cp1252"), ("utf-16-le", "utf-16-le")],
)
@pytest.mark.parametrize("between", [",", " "])
def test_encodings_are_marked_or_named(tmp_path: Path, encoding: str, option: str | None, between: str) -> None:
    """A byte order mark is enough; other files name theirs with the option that the error names."""
    text = f"source{between}target\nZoë{between}b\nb{between}ü\n".encode(encoding)
    assert links(read(tmp_path, text, "e.csv", encoding=option)) == [("Zoë", "b"), ("b", "ü")]
    if option:
        with pytest.raises(DataError, match="--encoding"):
            read(tmp_path, text, "e.csv")


def test_utf_8_under_the_name_of_another_encoding_is_noted(tmp_path: Path) -> None:
    """It is read as the option says, into other letters."""
    table = read(tmp_path, "source,target\nZoë,b\n", "e.csv", encoding="latin-1")
    assert table.ids == ["ZoÃ«", "b"]
    assert ["UTF-8 as well" in note for note in table.notes] == [True]


@pytest.mark.parametrize(
    "options", [{"encoding": "utf-9"}, {"encoding": "base64"}, {"delimiter": "ab"}, {"delimiter": "1"}]
)
def test_options_that_name_nothing_are_refused(tmp_path: Path, options: dict[str, str]) -> None:
    """The message says what they may be."""
    with pytest.raises(DataError, match=f"--{next(iter(options))}: expected .*, such as|--delimiter: expected comma"):
        read(tmp_path, rows(","), "e.csv", COLUMNS, **options)


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


@pytest.mark.parametrize("between", ["\t", " ", ";"])
def test_a_link_without_features_is_named_by_its_line(tmp_path: Path, between: str) -> None:
    """Also in a copy, below comments and blank lines."""
    (tmp_path / "e.txt").write_text(rows(between, "# a\n\n"))
    (tmp_path / "x.csv").write_text("node,f\n1,5\n2,6\n3,9\n")
    with pytest.raises(DataError, match=r"e\.txt, line 6: link"):
        load_graph(edges=tmp_path / "e.txt", features=tmp_path / "x.csv")


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
