"""Ids that would make one node of two, or two of one, in any format."""

from collections.abc import Callable
from pathlib import Path

import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

LINKS = [("p1", "p2"), ("p2", "p3"), ("p3", "p1"), ("p1", "p4")]
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text to a file of this name, its line ends as they are, and return its path."""

    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_bytes(text.encode())
        return tmp_path / name

    return write


def csv(write: Write, *links: tuple[str, str], end: str = "\n") -> Path:
    """The links below a header."""
    return write("e.csv", end.join(["source,target", *map(",".join, links), ""]))


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u200b", "\u2009", "\u2060", "\ufeff", "  "], ids=ascii)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blanks_around_ids_are_refused_or_stripped(write: Write, blank: str, end: str) -> None:
    """With their count and an example; `strip` removes them, joins the nodes and notes the count."""
    path = csv(write, *LINKS, ("p2", f"p4{blank}"), (f"{blank}p3", "p4"), end=end)
    with pytest.raises(
        DataError, match=rf"e\.csv: ids: .* found 2 of 6, such as {ascii('p4' + blank)[:3]}.*--strip-ids"
    ):
        load_graph(edges=path)
    graph = load_graph(edges=path, strip_ids=True)
    assert (graph.ids, graph.n_edges) == (["p1", "p2", "p3", "p4"], 6)
    assert [note for note in graph.notes if "2 of 6" in note]


def test_a_blank_inside_of_an_id_is_part_of_it(write: Write) -> None:
    """Names have some."""
    assert load_graph(edges=csv(write, ("Tom Hanks", "Meg\u00a0Ryan"))).ids == ["Tom Hanks", "Meg\u00a0Ryan"]


def test_an_id_of_blanks_only_is_empty(write: Write) -> None:
    """Stripping leaves no node without a name."""
    with pytest.raises(DataError, match="found an id of blanks only"):
        load_graph(edges=csv(write, ("a", "b"), (" ", "b")), strip_ids=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "node,f\na,1\nb,2\nb ,3\n"),
        ("g.json", '{"nodes": [{"id": "a"}, {"id": "b"}, {"id": "b "}], "links": [{"source": "a", "target": "b"}]}'),
    ],
)
def test_lists_of_nodes_have_no_blanks_and_stay_distinct(write: Write, name: str, text: str) -> None:
    """In a node table and in a graph file: refused with blanks, and where stripping makes two nodes one."""
    path, links = write(name, text), csv(write, ("a", "b"))
    for strip, found in ((False, "found 1 of 3, such as 'b '"), (True, "found 'b' again")):
        with pytest.raises(DataError, match=found):
            load_graph(
                edges=path if name == "g.json" else links, features=path if name == "x.csv" else None, strip_ids=strip
            )


@pytest.mark.parametrize("missing", ["-", "NA", "None", "null", "nan", "?", "N/A", "\\N", "#REF!"])
def test_an_id_that_may_be_a_missing_value_is_noted(write: Write, missing: str) -> None:
    """With the number of its links: it would be a hub."""
    notes = load_graph(edges=csv(write, *LINKS, *((f"p{i}", missing) for i in range(1, 4)))).notes
    assert [repr(missing) in note and "3 links" in note for note in notes] == [True]


@pytest.mark.parametrize(
    ("one", "other"), [("Ann", "ann"), ("7", "007"), ("7", "7.0"), ("e\u0301", "\u00e9"), ("Straße", "STRASSE")]
)
def test_ids_that_are_nearly_equal_are_noted(write: Write, one: str, other: str) -> None:
    """They stay two nodes, since ids stay as they are; one of them may be a slip."""
    graph = load_graph(edges=csv(write, (one, "b"), ("b", other)))
    assert (graph.n_nodes, [repr(other) in note for note in graph.notes]) == (3, [True])


def test_zeros_around_whole_numbers_alone_make_ids_alike(write: Write) -> None:
    """As whole numbers of Python are equal: 10, 1.5 and v1.0 keep their zeros."""
    ids = ["0", "000", "0.0", "5", "05", "5.00", "05.0", "10", "010", "1.5", "01.5", "v1.0", "v1", "1.0.0"]
    graph = load_graph(edges=csv(write, *((node, "hub") for node in ids)))
    whole = [int(node.removesuffix(".0").removesuffix(".00")) for node in ids[:9]]
    assert [note.split()[0] for note in graph.notes if "leading zeros" in note] == [str(len(whole) - len(set(whole)))]


def test_a_line_end_inside_of_an_id_parts_no_ids(write: Write) -> None:
    """It stays in its id, and the ids behind it are still compared each with its own text."""
    graph = load_graph(edges=csv(write, ('"a\nb"', "NA"), ("Ann", "ann")))
    assert graph.ids == ["a\nb", "NA", "Ann", "ann"]
    assert ["'NA' is" in note or "'Ann', 'ann'" in note for note in graph.notes] == [True, True]


@pytest.mark.parametrize("first", [("source", "target"), ("FromNodeId", "ToNodeId"), ("user", "item")])
def test_names_of_columns_are_no_link(write: Write, first: tuple[str, str]) -> None:
    """`--no-header` for a file with a header is refused, with the options that read it."""
    path = write("e.csv", "".join(f"{a},{b}\n" for a, b in [first, ("1", "2"), ("2", "3")]))
    with pytest.raises(DataError, match=f"--source {first[0]} --target {first[1]}"):
        load_graph(edges=path, header=False)


def test_a_header_between_the_rows_is_refused(write: Write) -> None:
    """Two files put together: `source` and `target` would be nodes."""
    with pytest.raises(DataError, match=r"found 'source' and 'target' in 2 more rows"):
        load_graph(edges=csv(write, *LINKS, ("source", "target"), ("p5", "p1"), ("source", "target")))


@pytest.mark.parametrize("first", [("1", "2"), ("ann", "bob")])
def test_links_are_no_names_of_columns(write: Write, first: tuple[str, str]) -> None:
    """Numbers above numbers, and words above words."""
    path = write("e.csv", "".join(f"{a},{b}\n" for a, b in [first, (first[1], "cy")]))
    assert load_graph(edges=path, header=False).n_nodes == 3


@pytest.mark.parametrize("text", ['"a,b\nc,d\na,c\n', 'a,b\nc,d"\na,c\n'])
def test_a_torn_quote_in_a_query_is_refused(write: Write, text: str) -> None:
    """DuckDB reads on without an error."""
    path = write("e.csv", f"source,target\n{text}")
    with pytest.raises(DataError, match="--sql"):
        load_graph(sql=f"SELECT source, target FROM '{path}'")
