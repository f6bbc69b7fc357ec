"""Links in several files, each of a relation."""

from pathlib import Path

import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

FILES = {
    "bought": "source,target,part\nu1,i1,train\nu2,i1,test\nu1,i1,train\n",
    "viewed": "source,target,part\nu3,i1,valid\nu1,u2,train\n",
}


def _saved(folder: Path, files: dict[str, str] = FILES, suffix: str = "csv") -> dict[str, Path]:
    paths = {relation: folder / f"{relation}.{suffix}" for relation in files}
    for relation, path in paths.items():
        path.write_text(files[relation])
    return paths


def test_they_are_one_table_with_a_column_of_relations(tmp_path: Path) -> None:
    """The rows of one file after those of the other: the same graph, with the same parts of a split."""
    rows = [f"{row},{relation}" for relation, text in FILES.items() for row in text.splitlines()[1:]]
    (tmp_path / "all.csv").write_text("\n".join(["source,target,part,relation", *rows]))
    one = load_graph(edges=tmp_path / "all.csv", relation_column="relation", split_column="part")
    several = load_graph(edges=_saved(tmp_path), split_column="part")
    assert several.fingerprint() == one.fingerprint()
    assert (several.parts is not None, one.parts is not None) == (True, True)
    assert several.parts.tolist() == one.parts.tolist()  # type: ignore[union-attr]
    assert (several.duplicates, several.relations) != (0, None)


def test_each_file_has_a_reading_and_notes_of_its_own(tmp_path: Path) -> None:
    """They name the file and its relation; no option is proposed that is refused beside it."""
    (tmp_path / "n.csv").write_text("node,a\n")
    files = _saved(tmp_path, {"bought": "source,target,relation,value\na,b,x,1\n", "viewed": "source,target\nNA,b\n"})
    graph = load_graph(edges=files)
    assert [(reading.what, reading.form.split(", ")[0]) for reading in graph.readings] == [
        (str(files["bought"]), "relation 'bought'"),
        (str(files["viewed"]), "relation 'viewed'"),
    ]
    [note] = graph.notes[:1]
    assert note.startswith(f"{files['viewed']}: 'NA' is read as an id")
    assert not any("--relation-column" in note or "--weight" in note for note in graph.notes)


def test_a_linked_node_without_a_row_is_named_by_its_file(tmp_path: Path) -> None:
    """Lines are those of the file with the link."""
    (tmp_path / "n.csv").write_text("node,a\nu1,1\nu2,2\ni1,4\n")
    with pytest.raises(DataError, match=r"viewed.csv, line 2: link: expected nodes with a row .*without: 'u3'"):
        load_graph(edges=_saved(tmp_path), features=tmp_path / "n.csv")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"relation_column": "part"},
            "--relation-column: expected none beside --edges RELATION=FILE, .*; leave out one",
        ),
        ({"type_column": "a"}, "--edges RELATION=FILE: expected no --type-column beside it"),
        ({"sql": "SELECT 1"}, "graph: expected one of .*, found both --edges and --sql"),
        ({"dataset": "karate"}, "expected --dataset alone, found --edges beside it"),
    ],
)
def test_what_names_relations_or_links_again_is_refused(tmp_path: Path, given: dict[str, str], expected: str) -> None:
    """A file has one relation, and links come from files alone."""
    with pytest.raises(DataError, match=expected):
        load_graph(edges=_saved(tmp_path), **given)  # type: ignore[arg-type]


def test_an_id_of_two_kinds_is_found_across_files(tmp_path: Path) -> None:
    """As in one table; a column of the same name holds the same kind in each file."""
    files = {"bought": "user,item\n1,7\n2,7\n", "viewed": "user,item\n7,8\n"}
    paths, ends = _saved(tmp_path, files), {"source": "user", "target": "item"}
    with pytest.raises(
        DataError, match=r"viewed.csv: ids: expected none in 'user' that other files have in 'item', .*'7'"
    ):
        load_graph(edges=paths, **ends)  # type: ignore[arg-type]
    assert load_graph(edges=paths, one_kind=True, **ends).ids == ["1", "7", "2", "8"]  # type: ignore[arg-type]
    paths["viewed"].write_text("user,item\n2,8\n")
    assert load_graph(edges=paths, **ends).n_edges == 3  # type: ignore[arg-type]


def test_a_file_that_lists_nodes_is_refused(tmp_path: Path) -> None:
    """Attributes of nodes in several files could contradict each other."""
    text = '{"nodes": [{"id": "a"}, {"id": "b"}], "links": [{"source": "a", "target": "b"}]}'
    with pytest.raises(DataError, match=r"x.json: expected a table of links for --edges x=FILE, found .*; write"):
        load_graph(edges=_saved(tmp_path, {"x": text}, "json"))
