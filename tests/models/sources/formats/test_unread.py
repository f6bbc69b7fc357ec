"""Files that aren't read: the message has the command that makes one that is, and the options that read it."""

import gzip
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

PAIRS = [(1, 2), (2, 3), (3, 4)]
GEXF = (
    '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2"><graph><nodes><node id="1"/><node id="2"/></nodes>'
    '<edges><edge id="0" source="1" target="2"/></edges></graph></gexf>'
)


def rows(between: str, first: str = "") -> str:
    """The links below a first line."""
    return first + "".join(f"{a}{between}{b}\n" for a, b in PAIRS)


def way_out(path: Path) -> tuple[str, list[str]]:
    """Of the message that refuses a file: the command; the file that it leaves, and the options that read it."""
    with pytest.raises(DataError) as caught:
        load_graph(edges=path)
    way = re.search(r"; [^:]+: (.+), then --edges (.+)$", str(caught.value))
    assert way is not None
    return way[1], shlex.split(way[2])


def converted_by(path: Path) -> list[str]:
    """Run that command in a shell."""
    command, file = way_out(path)
    subprocess.run(command.replace("python -c", f"{sys.executable} -W ignore -c"), shell=True, check=True)
    return file


def converted_here(path: Path) -> Path:
    """The file that the command leaves; its Python is run without a process, which would import networkx first."""
    command, [file] = way_out(path)
    python, option, code = shlex.split(command)
    assert (python, option) == ("python", "-c")
    with warnings.catch_warnings(action="error"):  # of its escapes: DeprecationWarning in 3.11, then SyntaxWarning
        compiled = compile(code, "<command>", "exec")
    with warnings.catch_warnings(action="ignore"):  # as in the process of the other tests
        exec(compiled, {})
    return Path(file)


@pytest.mark.parametrize(
    ("name", "text", "edges"),
    [
        ("e.sif", "1 pp 2\n2 pp 3 4\n", 3),
        ("e.mtx", f"%%MatrixMarket matrix coordinate pattern general\n4 4 3\n{rows(' ')}", 3),
        ("e.gexf", GEXF, 1),
        ("e.net", '*Vertices 2\n1 "1"\n2 "2"\n*Edges\n1 2\n', 1),
    ],
)
def test_the_command_and_the_options_of_the_message_read_the_file(
    tmp_path: Path, name: str, text: str, edges: int
) -> None:
    """The command is run, and the graph that it leaves is the file's."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    file, *options = converted_by(path)
    named = dict(zip(options[::2], options[1::2], strict=False))
    source, target = named.get("--source", "source"), named.get("--target", "target")
    assert (
        load_graph(
            edges=Path(file), source=source, target=target, header=False if "--no-header" in options else None
        ).n_edges
        == edges
    )


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
    graph = load_graph(edges=converted_here(path))
    assert graph.ids == ["Zoë A", "b", "c", "d"]
    assert {"-".join(graph.ids[end] for end in link) for link in graph.edges.tolist()} == links


@pytest.mark.parametrize(
    "links", ["*Edges\n1 2\n3 2\n", "\n*Edgeslist\n2 1 3\n", "*Matrix\n0 1 0 0\n1 0 1 0\n0 1 0 0\n0 0 0 0\n"]
)
def test_vertices_that_a_network_of_pajek_does_not_list_are_called_by_their_numbers(tmp_path: Path, links: str) -> None:
    """All of them, in order, those without links too; networkx alone takes the links for the list."""
    path = tmp_path / "g.net"
    path.write_text(f"*Vertices 4\n{links}")
    graph = load_graph(edges=converted_here(path))
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


def test_an_adjacency_matrix_is_read_by_the_query_of_the_message(tmp_path: Path) -> None:
    """A row and a column of names, with an empty corner."""
    (tmp_path / "m.csv").write_text(",a,b,c\na,0,2,0\nb,2,0,1\nc,0,1,0\n")
    with pytest.raises(DataError) as caught:
        load_graph(edges=tmp_path / "m.csv")
    [query] = re.findall(r'--sql "(.*)"', str(caught.value))
    graph = load_graph(sql=query, one_kind=True)
    assert (graph.ids, graph.n_edges, graph.duplicates) == (["a", "b", "c"], 2, 2)


@pytest.mark.parametrize("name", ["e.jsonl", "e.json"])
@pytest.mark.parametrize(("one", "other"), [("source", "target"), ("from", "to"), ("writer", "reader of it")])
def test_records_are_read_by_the_query_of_the_message(tmp_path: Path, name: str, one: str, other: str) -> None:
    """One a line, or as a list, with the names that the file has, and its weights."""
    records = [f'{{"{one}": "n{a}", "type": "x", "{other}": "n{b}", "weight": {a}.5}}' for a, b in PAIRS]
    (tmp_path / name).write_text("\n".join(records) if name == "e.jsonl" else f"[{','.join(records)}]")
    with pytest.raises(DataError) as caught:
        load_graph(edges=tmp_path / name)
    _, query, *named = shlex.split(str(caught.value)[str(caught.value).rindex("--sql") :])
    options = {option.removeprefix("--"): value for option, value in zip(named[::2], named[1::2], strict=True)}
    graph = load_graph(sql=query, one_kind=True, **options)  # type: ignore[arg-type]
    assert graph.weights is not None
    assert (graph.n_edges, sorted(graph.weights.tolist())) == (3, [1.5, 2.5, 3.5])


@pytest.mark.parametrize(
    ("name", "way"),
    [("e.xlsx", "CSV"), ("e.pkl", "pickles are never opened"), ("e.zip", "unzip"), ("e.bin", "one of these")],
)
def test_other_files_have_a_way_out(tmp_path: Path, name: str, way: str) -> None:
    """In words where there is no command."""
    (tmp_path / name).write_bytes(b"\x80\0\xff")
    (tmp_path / "e.csv").write_text("source,target\na,b\n")
    for edges, features in ((name, None), ("e.csv", tmp_path / name)):
        with pytest.raises(DataError, match=f"found '{Path(name).suffix}'; .*{way}"):
            load_graph(edges=tmp_path / edges, features=features)


def test_decimal_commas_are_read_by_a_query(tmp_path: Path) -> None:
    """Fields between semicolons whose numbers have commas can't become a CSV by exchanging a character; the query reads them."""
    path = tmp_path / "it's.csv"
    path.write_text("from;to;weight\n1;2;1,5\n2;3;0,5\n")
    with pytest.raises(DataError) as caught:
        load_graph(edges=path)
    _, query, *named = shlex.split(str(caught.value).rpartition("read them with ")[2])
    assert not named
    graph = load_graph(sql=query, source="from", target="to")
    assert graph.weights is not None
    assert graph.weights.tolist() == [1.5, 0.5]


@pytest.mark.parametrize("name", ["a$(touch PWNED)b.mtx", "a`touch PWNED`.gexf", "it's.jsonl", '"; touch PWNED; ".net'])
def test_a_file_name_runs_no_command(tmp_path: Path, name: str) -> None:
    """Of what a message prints to be pasted, a shell reads the name as one word, whatever it holds."""
    path = tmp_path / name
    path.write_text("%%MatrixMarket matrix coordinate pattern general\n1 1 1\n1 1\n" if name.endswith("mtx") else "x")
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
