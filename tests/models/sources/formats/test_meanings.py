"""What a file could mean in two ways is read in the way that an option names, or refused with the options."""

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import scipy.sparse as sp

from latentlink.models.errors import DataError
from latentlink.models.file_formats import FILE_FORMATS, edge_formats
from latentlink.models.graph.graph import Graph
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats import FORMATS, suffixes

MTX = "%%MatrixMarket matrix coordinate integer "


def pairs(graph: Graph) -> set[tuple[str, str]]:
    """The ends of the links."""
    return {(graph.ids[one], graph.ids[other]) for one, other in graph.edges.tolist()}


def written(path: Path, text: str) -> Path:
    """The path of a file with this text."""
    path.write_text(text)
    return path


def test_the_one_list_names_every_suffix_that_is_read() -> None:
    """Help and documentation show the formats of the readers, and messages their suffixes."""
    listed = {suffix: (form.edges, form.features == "yes") for form in FILE_FORMATS for suffix in form.suffixes}
    read = {name: (one.read_edges is not None, one.read_features is not None) for name, one in FORMATS.items()}
    assert {**read, ".pt": (True, False)} == listed  # which is read as the same object in memory
    assert suffixes(edges=True).split(", ") == [suffix for suffix, (edges, _) in listed.items() if edges]
    assert all(form.name in edge_formats() for form in FILE_FORMATS if form.edges)


@pytest.mark.parametrize(
    ("text", "undirected", "directed"),
    [
        ("general\n3 3 2\n1 2 5\n3 2 7\n", {("1", "2"): 5, ("2", "3"): 7}, {("1", "2"): 5, ("3", "2"): 7}),
        ("general\n2 2 2\n1 2 5\n2 1 5\n", {("1", "2"): 5}, {("1", "2"): 5, ("2", "1"): 5}),
        ("general\n2 2 2\n1 2 5\n2 1 6\n", {("1", "2"): 11}, {("1", "2"): 5, ("2", "1"): 6}),
        ("symmetric\n2 2 1\n2 1 5\n", {("1", "2"): 5}, None),
    ],
)
def test_an_entry_is_a_link_from_its_row(
    tmp_path: Path, text: str, undirected: dict[tuple[str, str], int], directed: dict[tuple[str, str], int] | None
) -> None:
    """Two entries of one weight are one undirected link; what the file says is symmetric has no direction."""
    path = written(tmp_path / "m.mtx", MTX + text)
    for expected, option in ((undirected, False), (directed, True)):
        if expected is None:
            with pytest.raises(DataError, match="says that its links are undirected"):
                load_graph(edges=path, directed=True)
            continue
        graph = load_graph(edges=path, directed=option)
        assert graph.weights is not None
        found = {(graph.ids[a], graph.ids[b]): w for (a, b), w in zip(graph.edges.tolist(), graph.weights, strict=True)}
        assert found == expected


def test_a_directed_matrix_is_read_as_undirected_with_a_note(tmp_path: Path) -> None:
    """As a directed GraphML is; a symmetric one, and one that SciPy wrote, have none."""
    path = written(tmp_path / "m.mtx", f"{MTX}general\n3 3 2\n1 2 1\n3 2 1\n")
    assert ["pass --directed" in note for note in load_graph(edges=path).notes] == [True]
    sp.save_npz(tmp_path / "m.npz", sp.coo_array(np.eye(3, k=1)))
    assert load_graph(edges=tmp_path / "m.npz").notes == ()


def test_rows_and_columns_of_another_shape_are_two_types_or_one(tmp_path: Path) -> None:
    """Row 0 and column 0 are two nodes with types, and one with --one-kind."""
    sp.save_npz(tmp_path / "m.npz", sp.coo_array([[1, 0, 1], [0, 1, 0]]))
    with pytest.raises(
        DataError, match=r"2 rows and 3 columns; .*--source-type row --target-type column, or pass --one-kind"
    ):
        load_graph(edges=tmp_path / "m.npz")
    typed = load_graph(edges=tmp_path / "m.npz", source_type="user", target_type="item")
    assert (len(typed.ids), typed.n_edges, typed.types is not None) == (5, 3, True)
    assert pairs(load_graph(edges=tmp_path / "m.npz", one_kind=True)) == {("0", "2")}


def test_nodes_without_entries_stay(tmp_path: Path) -> None:
    """A matrix lists its rows; entries that are 0 are no links, with a note."""
    sp.save_npz(tmp_path / "m.npz", sp.csr_array(([2, 0], [1, 2], [0, 1, 2, 2, 2]), (4, 4)))
    graph = load_graph(edges=tmp_path / "m.npz")
    assert (graph.ids, graph.n_edges, graph.notes[0]) == (
        ["0", "1", "2", "3"],
        1,
        "Entries that are 0 are no links: 1.",
    )


@pytest.mark.parametrize(
    ("name", "text", "column"),
    [
        ("e.sif", "a\tpp\tb\nb\tpd\tc\n", "interaction"),
        ("e.net", '*Vertices 3\n1 "a"\n2 "b"\n3 "c"\n*Arcs :1 "pp"\n1 2\n*Arcs :2 "pd"\n2 3\n', "relation"),
        (
            "e.cyjs",
            json.dumps(
                {
                    "elements": {
                        "nodes": [{"data": {"id": node}} for node in "abc"],
                        "edges": [
                            {"data": {"source": "a", "target": "b", "interaction": "pp"}},
                            {"data": {"source": "b", "target": "c", "interaction": "pd"}},
                        ],
                    }
                }
            ),
            "interaction",
        ),
        ("e.nt", "<x:a> <x:pp> <x:b> .\n<x:b> <x:pd> <x:c> .\n", "predicate"),
    ],
)
def test_attributes_of_links_are_relations(tmp_path: Path, name: str, text: str, column: str) -> None:
    """Of triples and of graph files; a missing attribute is an error that lists those that there are."""
    path = written(tmp_path / name, text)
    relations = load_graph(edges=path, relation_column=column).relations
    assert relations is not None
    assert [relation.removeprefix("x:") for relation in relations.names] == ["pp", "pd"]
    with pytest.raises(DataError, match=f"expected 'absent', found '{column}'; correct --relation-column"):
        load_graph(edges=path, relation_column="absent")


def test_relations_that_are_not_used_get_a_note(tmp_path: Path) -> None:
    """With the option that reads them."""
    notes = load_graph(edges=written(tmp_path / "e.sif", "a pp b\nb pd c\n")).notes
    assert ["--relation-column interaction" in note for note in notes] == [True]


def test_a_sheet_is_named_behind_its_workbook(tmp_path: Path) -> None:
    """Two filled sheets are an error that lists both; empty ones don't count."""
    book = openpyxl.Workbook()
    for title, rows in (("links", [("from", "to"), (7, "b")]), ("nodes", [("id", "age"), ("b", 3), (7, 4.5)])):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(DataError, match=r"found 'links', 'nodes'; name it behind #, as in .*book\.xlsx#links"):
        load_graph(edges=tmp_path / "book.xlsx")
    graph = load_graph(edges=f"{tmp_path}/book.xlsx#links", features=f"{tmp_path}/book.xlsx#nodes")
    assert (graph.ids, graph.n_features, pairs(graph)) == (["b", "7"], 1, {("b", "7")})


@pytest.mark.parametrize(("cells", "found"), [(("a", True), "truth values in row 2"), (("a", 5), None)])
def test_cells_of_a_column_are_of_one_kind(tmp_path: Path, cells: tuple[object, ...], found: str | None) -> None:
    """Numbers among texts are texts; truth values and dates among them are errors with their rows."""
    book = openpyxl.Workbook()
    for row in (("source", "target"), *((cell, "z") for cell in cells)):
        book.worksheets[0].append([*row])
    book.save(tmp_path / "e.xlsx")
    if found is None:
        assert load_graph(edges=tmp_path / "e.xlsx").ids == ["a", "z", "5"]
        return
    with pytest.raises(DataError, match=f"source: expected numbers, .* alone, found texts in row 1, {found}"):
        load_graph(edges=tmp_path / "e.xlsx")


def test_texts_in_lines_of_json_stay_as_they_are_written(tmp_path: Path) -> None:
    """Also those that look like dates and UUIDs; a time may be such a text."""
    ids = ["2020-01-02", "2020-1-2", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "007"]
    rows = [{"source": one, "target": other, "at": "2026-01-31T00:00:00Z"} for one, other in (ids[:2], ids[2:])]
    graph = load_graph(edges=written(tmp_path / "e.jsonl", "\n".join(map(json.dumps, rows))), time="at")
    assert (graph.ids, graph.times is not None and set(graph.times.tolist())) == (ids, {1769817600.0})


def test_blank_nodes_are_called_by_their_order(tmp_path: Path) -> None:
    """The same at each reading, where rdflib gives them names by chance."""
    text = "_:q <x:p> <x:a> .\n_:r <x:p> _:q .\n"
    assert load_graph(edges=written(tmp_path / "t.nt", text), relation_column="predicate").ids == ["_:1", "x:a", "_:2"]
