"""Which links are said to be directed."""

import random
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph
from latentlink.models.sources.formats import FORMATS
from latentlink.models.sources.formats.delimited import by_rows
from latentlink.models.sources.formats.rows import Text
from latentlink.models.sources.formats.tables import COLUMNS

Links = list[tuple[int, int]]

RNG = random.Random(0)
ONCE: Links = sorted({(min(a, b), max(a, b)) for a, b in (RNG.sample(range(40), 2) for _ in range(200))})
BACK: Links = [(b, a) for a, b in ONCE]


def csv(folder: Path, links: Iterable[tuple[int, int]], names: str = "source,target") -> Path:
    """The links in a file."""
    path = folder / "e.csv"
    path.write_text("\n".join([names, *(f"n{a},n{b}" for a, b in links)]))
    return path


def said(path: Path, **options: str) -> bool:
    """Whether the graph has the note."""
    notes = [note for note in load_graph(edges=path, **options).notes if "no direction is predicted" in note]  # type: ignore[arg-type]
    assert len(notes) < 2
    return bool(notes)


@pytest.mark.parametrize(
    ("links", "directed"),
    [
        (ONCE, False),
        (ONCE + BACK, False),
        (ONCE + BACK[:5], False),
        (ONCE + BACK[:60], True),
        (ONCE + ONCE + BACK[:60], False),
        ([*ONCE, *BACK[:60], (1, 1), (2, 2)], True),
    ],
)
def test_links_are_directed_where_some_stand_in_both_directions(tmp_path: Path, links: Links, directed: bool) -> None:
    """Not where all do or nearly none, nor where links are repeated in the same direction as often."""
    assert said(csv(tmp_path, links)) is directed


@pytest.mark.parametrize(
    ("names", "directed"),
    [
        ("from,to", True),
        ("citing_paper,cited_paper", True),
        ("followerId,followeeId", True),
        ("source,target", False),
        ("node1,node2", False),
        ("userId,movieId", False),
        ("from,target", False),
    ],
)
def test_names_of_ends_say_a_direction(tmp_path: Path, names: str, directed: bool) -> None:
    """A pair of words that say who does it and to whom; `source` and `target` are the usual names of any links."""
    source, target = names.split(",")
    path = csv(tmp_path, [(a, b + 100) for a, b in ONCE], names)
    assert said(path, source=source, target=target) is directed


def test_directed_links_keep_both_directions(tmp_path: Path) -> None:
    """With `directed`, no two links of different directions are merged, no note is left, and the graph is another one."""
    path = csv(tmp_path, ONCE + BACK[:60])
    graph, plain = load_graph(edges=path, directed=True), load_graph(edges=path)
    assert (graph.n_edges, graph.duplicates, graph.directed, graph.notes) == (len(ONCE) + 60, 0, True, ())
    assert plain.n_edges == len(ONCE)
    assert graph.fingerprint() != plain.fingerprint()


MIXED = (
    '{%s, "nodes": [{"key": "a"}, {"key": "b"}, {"key": "c"}], "edges": [{"source": "a", "target": "b", "undirected": %s}, '
    '{"source": "b", "target": "c", "undirected": %s}]}'
)
GRAPHML = '<graphml><graph edgedefault="{}">{}<edge source="a" target="b"/></graph></graphml>'


@pytest.mark.parametrize(
    ("name", "directed", "undirected"),
    [
        ("g.graphml", *(GRAPHML.format(kind, '<node id="a"/><node id="b"/>') for kind in ("directed", "undirected"))),
        (
            "g.gml",
            "graph [ directed 1 node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] ]",
            "graph [ node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] ]",
        ),
        (
            "g.json",
            '{"directed": true, "nodes": ["a", "b"], "links": [{"source": "a", "target": "b"}]}',
            '{"directed": false, "nodes": ["a", "b"], "links": [{"source": "a", "target": "b"}]}',
        ),
        ("g.csv", "source,target,type\na,b,Directed\n", "source,target,type\na,b,Undirected\n"),
    ],
)
def test_a_file_that_says_undirected_is_not_read_as_directed(
    tmp_path: Path, name: str, directed: str, undirected: str
) -> None:
    """The error names the option; a file that says directed is read with it, and without it has a note."""
    path = tmp_path / name
    path.write_text(undirected)
    with pytest.raises(DataError, match="found a graph that says that its links are undirected"):
        load_graph(edges=path, directed=True)
    assert not said(path)
    path.write_text(directed)
    assert load_graph(edges=path, directed=True).directed
    assert said(path)


def written(path: Path, text: str) -> Path:
    """The text in a file; Parquet of rows, whose columns are those of links and their type."""
    if path.suffix == ".parquet":
        values = ", ".join(str(tuple(line.split(","))) for line in text.splitlines())
        duckdb.execute(f"COPY (FROM (VALUES {values}) t(source, target, \"Type\")) TO '{path}'")
    else:
        path.write_text(text)
    return path


MANY = "".join(f"n{i},n{i + 1},Directed\n" for i in range(200))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "g.graphml",
            GRAPHML.format("directed", '<node id="a"/><node id="b"/><edge source="b" target="a" directed="false"/>'),
        ),
        ("graphology.json", MIXED % ('"options": {"type": "mixed"}', "false", "true")),
        ("jgf.json", (MIXED % ('"directed": true', "true", "false")).replace("undirected", "directed")),
        ("g.csv", f"source,target,type\n{MANY}n200,n0,undirected\n"),
        ("rows.csv", f'source,target,type\n{MANY}n200,"n\n0", Undirected \n'),
        ("g.parquet", f"{MANY}n200,n0,Undirected\n"),
    ],
)
def test_a_mixture_of_directions_is_not_read_as_directed(tmp_path: Path, name: str, text: str) -> None:
    """An undirected link would lead one way in silence, wherever it stands; without the option there is a note."""
    path = written(tmp_path / name, text)
    with pytest.raises(DataError, match="found a graph that says that some of its links are undirected"):
        load_graph(edges=path, directed=True)
    assert any(note.startswith("Some of the links are directed") for note in load_graph(edges=path).notes)


@pytest.mark.parametrize("before", ["source,target,type\n", 'source,target,type\n"\n",z,\n', ""])
@pytest.mark.parametrize(
    ("types", "says"),
    [
        (("Directed", " DIRECTED ", ""), {True}),
        (("undirected", "Mutual", " "), {False}),
        (("Directed", "mutual", ""), {True, False}),
        (("ACTED_IN", "DIRECTED", "DIRECTED"), set()),
        (("Undirected", "indirect", ""), set()),
    ],
)
def test_a_column_of_types_says_directions_if_every_cell_does(
    tmp_path: Path, before: str, types: tuple[str, ...], says: set[bool]
) -> None:
    """Else it may hold relations, of which one is called `DIRECTED`; by each reader of tables, and empty cells say nothing."""
    rows = "".join(f"{end},{end}2,{kind}\n" for end, kind in zip("abc", types, strict=True))
    path = written(tmp_path / ("g.csv" if before else "g.parquet"), before + rows)
    assert FORMATS[path.suffix].read_edges(path, COLUMNS).directions == says  # type: ignore[misc]


def test_texts_in_a_column_of_types_are_not_kept(tmp_path: Path) -> None:
    """Row by row, 1,000 different cells of 4 kB take less than a quarter of their size."""
    path = written(tmp_path / "g.csv", "source,target,type\n" + "".join(f"a,b,{n:04000}\n" for n in range(1000)))
    tracemalloc.start()
    by_rows.read_edges(Text(path, path, ",", "commas"), COLUMNS, header=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
