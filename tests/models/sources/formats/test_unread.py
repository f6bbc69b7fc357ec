"""Files that aren't read: the message has the command that makes one that is, and the options that read it."""

import gzip
import re
import shlex
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import scipy.io

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

PAIRS = [(1, 2), (2, 3), (3, 4)]
GEXF = (
    '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2"><graph><nodes><node id="1"/><node id="2"/></nodes>'
    '<edges><edge id="0" source="1" target="2"/></edges></graph></gexf>'
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">'
    + "".join(
        f'<rdf:Description rdf:about="http://x/{a}"><x:p rdf:resource="http://x/{b}"/></rdf:Description>'
        for a, b in ("ab", "bc", "ca")
    )
    + "</rdf:RDF>"
)
GRAPHML = '<graphml><graph><node id="1"/><node id="2"/><edge source="1" target="2"/></graph></graphml>'


def way_out(path: Path) -> tuple[str, list[str]]:
    """Of the message that refuses a file: the command; the file that it leaves, and the options that read it."""
    with pytest.raises(DataError) as caught:
        load_graph(edges=path)
    way = re.search(r"; [^:]+: (.+), then --edges (.+)$", str(caught.value))
    assert way is not None
    return way[1], shlex.split(way[2])


@pytest.mark.parametrize(("text", "form"), [(GEXF, "gexf"), (GRAPHML, "graphml")])
def test_a_file_under_another_name_is_read_with_the_option_of_the_message(tmp_path: Path, text: str, form: str) -> None:
    """XML may be of several formats."""
    (tmp_path / "e.xml").write_text(text)
    with pytest.raises(DataError, match=f"--format {form} "):
        load_graph(edges=tmp_path / "e.xml")
    assert load_graph(edges=tmp_path / "e.xml", format=form).n_edges == 1


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("e.npy", lambda path: np.save(path, PAIRS)),
        ("pyg.npy", lambda path: np.save(path, np.transpose(PAIRS))),
        ("m.mat", lambda path: scipy.io.savemat(path, {"A": np.eye(4, k=1)})),
        ("e.rdf", lambda path: path.write_text(RDF)),
        ("e.n3", lambda path: path.write_text("@prefix : <http://x/> . :a :p :b . :b :p :c . :c :p :a .")),
    ],
)
def test_the_python_of_the_message_writes_a_file_that_is_read(
    tmp_path: Path, name: str, write: Callable[[Path], object]
) -> None:
    """It is run here, since a process would import each package first."""
    write(tmp_path / name)
    command, [file, *options] = way_out(tmp_path / name)
    python, option, code = shlex.split(command)
    assert (python, option) == ("python", "-c")
    with warnings.catch_warnings(action="ignore"):  # of the packages themselves
        exec(compile(code, "<command>", "exec"), {})
    relation = options[1] if "--relation-column" in options else None
    graph = load_graph(edges=Path(file), header=False if "--no-header" in options else None, relation_column=relation)
    assert (len(graph.ids), graph.n_edges) == ((4, 3) if relation is None else (3, 3))


VERTICES = '*Vertices 4\n1 "Zoë A" 0.1 0.2 0.5 ellipse\n2 "b"\n3 "c"\n4 "d"\n'
PAJEK = {
    "arcs and edges": (f"{VERTICES}*Arcs\n1 2 2\n*Edges\n3 2 1\n", {"Zoë A-b", "b-c"}),
    "lists of neighbours": (f"{VERTICES}*Edgeslist\n1 2 3\n\n*Arcslist\n4 3\n", {"Zoë A-b", "Zoë A-c", "c-d"}),
    "a matrix": (f"{VERTICES}*Matrix\n0 1 0 0\n1 0 0 0\n0 0 0 1\n0 0 1 0\n", {"Zoë A-b", "c-d"}),
    "a project": (
        f"*Network n\n{VERTICES}*Edges\n1 2 1\n*Partition p\n*Vertices 4\n1\n1\n2\n2\n*Vector v\n*Vertices 4\n1\n2\n3\n4\n",
        {"Zoë A-b"},
    ),
}


@pytest.mark.parametrize("name", ["g.net", "g.paj", "g.net.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(("text", "links"), PAJEK.values(), ids=PAJEK)
def test_networks_of_pajek_keep_their_links(
    tmp_path: Path, name: str, encoding: str, text: str, links: set[str]
) -> None:
    """Also where networkx alone takes a list of neighbours for a weight, or a partition for links."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode(encoding)) if path.suffix == ".gz" else text.encode(encoding))
    graph = load_graph(edges=path)
    assert graph.ids == ["Zoë A", "b", "c", "d"]
    assert {"-".join(graph.ids[end] for end in link) for link in graph.edges.tolist()} == links


@pytest.mark.parametrize(
    "links", ["*Edges\n1 2\n3 2\n", "\n*Edgeslist\n2 1 3\n", "*Matrix\n0 1 0 0\n1 0 1 0\n0 1 0 0\n0 0 0 0\n"]
)
def test_vertices_that_a_network_of_pajek_does_not_list_are_called_by_their_numbers(tmp_path: Path, links: str) -> None:
    """All of them, in order, those without links too; networkx alone takes the links for the list."""
    path = tmp_path / "g.net"
    path.write_text(f"*Vertices 4\n{links}")
    graph = load_graph(edges=path)
    assert graph.ids == ["1", "2", "3", "4"]
    assert sorted(map(sorted, graph.edges.tolist())) == [[0, 1], [1, 2]]


DISGUISED = {
    "a web page": (b"\n<!DOCTYPE html>\n<html>\n", "web page"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "a spreadsheet": (b"PK\x03\x04\x14\0", "save the sheet as CSV"),
    "Parquet": (b"PAR1\x15\0", "--format parquet"),
    "GraphML": (b'<?xml version="1.0"?>\n<graphml/>', "--format graphml"),
}


@pytest.mark.parametrize(("content", "way"), DISGUISED.values(), ids=DISGUISED)
def test_another_format_under_the_name_of_a_text_is_recognised(tmp_path: Path, content: bytes, way: str) -> None:
    """Its first bytes say what it is; the message says what to do."""
    (tmp_path / "e.csv").write_bytes(content)
    with pytest.raises(DataError, match=way):
        load_graph(edges=tmp_path / "e.csv")


@pytest.mark.parametrize("nodes", [3, 12])
@pytest.mark.parametrize("weight", [2, 0.5])
@pytest.mark.parametrize("directed", [False, True])
def test_an_adjacency_matrix_is_read_by_the_query_of_the_message(
    tmp_path: Path, nodes: int, weight: float, directed: bool
) -> None:
    """As networkx and pandas write it, by names as `007`: a symmetric one has each pair once, another one is directed."""
    given = nx.path_graph([f"00{node}" for node in range(nodes)], nx.DiGraph if directed else nx.Graph)
    nx.set_edge_attributes(given, weight, "weight")
    nx.to_pandas_adjacency(given).to_csv(tmp_path / "m.csv")
    with pytest.raises(DataError) as caught:
        load_graph(edges=tmp_path / "m.csv")
    _, query, *flags = shlex.split(str(caught.value)[str(caught.value).rindex("--sql") :])
    assert flags == ["--one-kind", *["--directed"] * directed]
    graph = load_graph(sql=query, one_kind=True, directed=directed)
    links = {tuple(sorted(graph.ids[end] for end in link)) for link in graph.edges.tolist()}
    assert links == {tuple(sorted(link)) for link in given.edges}
    assert graph.weights is not None
    assert (graph.duplicates, set(graph.weights.tolist())) == (0, {weight})


@pytest.mark.parametrize("bad", ['{"source": "a", "target":', '{"source": "a"} x', "oops"])
@pytest.mark.parametrize("below", ["", '{"source": "b", "target": "c"}\n'])
def test_a_line_that_is_no_json_is_named(tmp_path: Path, bad: str, below: str) -> None:
    """People count lines from 1, blank ones too."""
    (tmp_path / "e.jsonl").write_text(f'{{"source": "a", "target": "b"}}\n\n{bad}\n{below}')
    with pytest.raises(DataError, match=r"e\.jsonl, line 3: expected an object of JSON, found '.*; correct the line"):
        load_graph(edges=tmp_path / "e.jsonl")


@pytest.mark.parametrize("name", ["graph", "graph.csv", "graph.jsonl"])
def test_a_folder_is_no_file(tmp_path: Path, name: str) -> None:
    """Whatever it is called, for links and nodes."""
    (tmp_path / name).mkdir()
    (tmp_path / "e.csv").write_text("source,target\na,b\n")
    for edges, features in ((name, None), ("e.csv", tmp_path / name)):
        with pytest.raises(DataError, match="found 'Is a directory'; name a file in it"):
            load_graph(edges=tmp_path / edges, features=features)


@pytest.mark.parametrize("name", ["e.jsonl", "e.json"])
@pytest.mark.parametrize(("one", "other"), [("source", "target"), ("from", "to"), ("writer", "reader of it")])
def test_records_are_read_by_the_query_of_the_message(tmp_path: Path, name: str, one: str, other: str) -> None:
    """In a list, with the names that the file has, and its weights."""
    records = [f'{{"{one}": "n{a}", "type": "x", "{other}": "n{b}", "weight": {a}.5}}' for a, b in PAIRS]
    (tmp_path / name).write_text(f"[{','.join(records)}]")
    with pytest.raises(DataError) as caught:
        load_graph(edges=tmp_path / name)
    _, query, *named = shlex.split(str(caught.value)[str(caught.value).rindex("--sql") :])
    options = {option.removeprefix("--"): value for option, value in zip(named[::2], named[1::2], strict=True)}
    graph = load_graph(sql=query, one_kind=True, **options)  # type: ignore[arg-type]
    assert graph.weights is not None
    assert (graph.n_edges, sorted(graph.weights.tolist())) == (3, [1.5, 2.5, 3.5])


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("e.ods", "CSV"),
        ("e.sqlite", "--database sqlite:///"),
        ("e.pkl", "pickles are never opened"),
        ("e.zip", "unzip"),
        ("e.bin", "one of these"),
    ],
)
def test_other_files_have_a_way_out(tmp_path: Path, name: str, way: str) -> None:
    """In words where there is no command."""
    (tmp_path / name).write_bytes(b"\x80\0\xff")
    (tmp_path / "e.csv").write_text("source,target\na,b\n")
    for edges, features in ((name, None), ("e.csv", tmp_path / name)):
        with pytest.raises(DataError, match=f"found '{Path(name).suffix}'; .*{way}"):
            load_graph(edges=tmp_path / edges, features=features)


@pytest.mark.parametrize(("text", "flags"), [("", []), ("d,1,1,1\n", ["--directed"])], ids=["square", "a row more"])
def test_each_pair_is_kept_once_of_a_square_matrix_alone(tmp_path: Path, text: str, flags: list[str]) -> None:
    """A row without its column has links of its own."""
    (tmp_path / "m.csv").write_text(f",a,b,c\na,0,2,0\nb,2,0,1\nc,0,1,0\n{text}")
    with pytest.raises(DataError) as caught:
        load_graph(edges=tmp_path / "m.csv")
    _, query, _, *directed = shlex.split(str(caught.value)[str(caught.value).rindex("--sql") :])
    assert (directed, "<=" in query) == (flags, not flags)


def test_links_below_nodes_are_read_by_the_query_of_the_message(tmp_path: Path) -> None:
    """One CSV of both, as Neo4j exports it: ids stay as they are written, and weights are numbers."""
    path = tmp_path / "it's.csv"
    nodes = "".join(f'"00{node}",":Person",,,,\n' for node in range(30_000))
    path.write_text(
        f'_id,_labels,_start,_end,_type,weight\n{nodes},,"001","002","KNOWS",0.5\n,,"002","003","KNOWS",2\n'
    )
    with pytest.raises(DataError, match="line 2: link: expected two ids") as caught:
        load_graph(edges=path, source="_start", target="_end")
    _, query, *options = shlex.split(str(caught.value)[str(caught.value).rindex("--sql") :])
    assert options == ["--source", "_start", "--target", "_end"]
    graph = load_graph(sql=query, source="_start", target="_end")
    assert graph.weights is not None
    assert (graph.ids, graph.weights.tolist()) == (["001", "002", "003"], [0.5, 2])


@pytest.mark.parametrize("encoding", [None, "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_are_read_by_the_commands_of_the_message(
    tmp_path: Path, encoding: str | None, separator: str
) -> None:
    """Fields whose numbers have commas can't become a CSV by exchanging a character; DuckDB doesn't read every encoding."""
    path = tmp_path / "it's.csv"
    text = "from;to;weight\nä;2;1,5\n2;3;0,5\n".replace(";", separator)
    path.write_bytes(text.encode(encoding or "utf-8"))
    with pytest.raises(DataError) as caught:
        load_graph(edges=path, encoding=encoding)
    before, _, options = str(caught.value).rpartition("read them with ")[2].rpartition("--sql")
    if encoding:
        subprocess.run(before.removesuffix(", then "), shell=True, check=True)
    graph = load_graph(sql=shlex.split(options)[0], source="from", target="to")
    assert graph.weights is not None
    assert (graph.ids, graph.weights.tolist()) == (["ä", "2", "3"], [1.5, 0.5])


def test_a_column_of_decimal_commas_may_hold_weights(tmp_path: Path) -> None:
    """A column of another name is hinted at as one with points is."""
    (tmp_path / "e.csv").write_text('source,target,gewicht\na,b,"0,25"\nb,c,"1,5"\n')
    notes = load_graph(edges=tmp_path / "e.csv").notes
    assert [note for note in notes if "if it holds weights, pass --weight gewicht" in note]


@pytest.mark.parametrize("name", ["a$(touch PWNED)b.g6", "a`touch PWNED`.s6", "it's.leda", '"; touch PWNED; ".zip'])
def test_a_file_name_runs_no_command(tmp_path: Path, name: str) -> None:
    """Of what a message prints to be pasted, a shell reads the name as one word, whatever it holds."""
    path = tmp_path / name
    path.write_text("x")
    with pytest.raises(DataError) as caught:
        load_graph(edges=path)
    way = str(caught.value).rpartition(f"'{path.suffix}'; ")[2].partition(": ")[2].partition(", then")[0]
    subprocess.run(["sh", "-c", f": {way.rpartition(' > ')[0] or way}"], cwd=tmp_path, check=False)
    assert not (tmp_path / "PWNED").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("e.csv", 'a\'b"$(touch PWNED)" #,c\nx,y\n'),
        ("e.tsv", 'a\'"$(touch PWNED)" #\tc\nx\ty\n'),
    ],
)
def test_a_name_of_a_column_runs_no_command(tmp_path: Path, name: str, text: str) -> None:
    """The options that a message prints are words to a shell, whatever the header holds."""
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError) as caught:
        load_graph(edges=tmp_path / name)
    options = re.search(r"--source .*", str(caught.value))
    assert options is not None
    subprocess.run(["sh", "-c", f": {options[0].partition(', or')[0]}"], cwd=tmp_path, check=False)
    assert not (tmp_path / "PWNED").exists()
