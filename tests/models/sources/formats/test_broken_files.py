"""Broken files of graphs, matrices, sheets, triples and tensors end with one line that names the file and a way out."""

import io
import pickle
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import openpyxl
import pytest
import scipy.sparse as sp
import torch

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

MTX = "%%MatrixMarket matrix coordinate real general\n"
GEXF = '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">'
SECRET = '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
_LAUGHS = "".join(f'<!ENTITY l{i} "' + 10 * f"&l{i - 1};" + '">' for i in range(1, 30))
LAUGHS = f"<!DOCTYPE g [{_LAUGHS}]>\n"
TRIPLES = {"relation_column": "predicate"}
WORDS = re.compile(r"KeyError|Traceback|NoneType|TypeError|not enough values|object is not|0x7f|\n")


class Broken(NamedTuple):
    """A file: its name, its content or what writes it, a piece of the message, and options of `load_graph`."""

    name: str
    content: str | bytes | Callable[[Path], object]
    found: str
    options: dict[str, Any] = {}  # noqa: RUF012 - never written to


def saved(**changes: Any) -> Callable[[Path], None]:
    """A matrix as `scipy.sparse.save_npz` writes it, with some arrays replaced."""
    arrays: dict[str, Any] = {
        "format": b"csr",
        "shape": (3, 3),
        "data": [1.0, 2],
        "indices": [1, 2],
        "indptr": [0, 1, 2, 2],
        **changes,
    }
    return lambda path: np.savez(path, **arrays)


def tensors(**changes: Any) -> Callable[[Path], None]:
    """A dict of tensors, with some replaced."""
    given = {"edge_index": torch.tensor([[0, 1], [1, 2]]), "x": torch.ones(3, 2), **changes}
    return lambda path: torch.save({name: value for name, value in given.items() if value is not None}, path)


def workbook(*rows: tuple[Any, ...], **parts: str) -> Callable[[Path], None]:
    """A sheet with rows, and with the text of parts of the archive in place of the others."""

    def write(path: Path) -> None:
        book, whole = openpyxl.Workbook(), io.BytesIO()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(whole)
        with zipfile.ZipFile(whole) as given, zipfile.ZipFile(path, "w") as archive:
            for name in given.namelist():
                archive.writestr(name, parts.get(Path(name).stem, given.read(name)))

    return write


def bomb(path: Path) -> None:
    """An archive with 65 MiB of zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("x", "w") as part:
        for _ in range(65):
            part.write(bytes(1 << 20))


def cut(write: Callable[[Path], object]) -> Callable[[Path], None]:
    """The first half of a file."""

    def half(path: Path) -> None:
        write(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return half


def gexf(body: str, top: str = "") -> str:
    """A graph in GEXF."""
    return f'{top}{GEXF}<graph defaultedgetype="directed">{body}</graph></gexf>'


TWO = '<nodes><node id="a" label="a"/><node id="b" label="b"/></nodes>'
LINK = '<edges><edge id="0" source="a" target="b"/></edges>'
ROWS = (("source", "target"), ("a", "b"))
BROKEN = [
    Broken("empty.gexf", "", "no element found"),
    Broken("cut.gexf", cut(lambda path: nx.write_gexf(nx.path_graph(9), path)), "expected GEXF"),
    Broken("secret.gexf", gexf(TWO + LINK, SECRET), "entity: expected none declared, found 'x'"),
    Broken("laughs.gexf", gexf(TWO + LINK, LAUGHS), "entity: expected none declared"),
    Broken("unlisted.gexf", gexf(TWO + LINK.replace('"b"', '"c"')), "found 1 that it doesn't list"),
    Broken("twice.gexf", gexf(TWO.replace('id="b"', 'id="a"') + LINK.replace('"b"', '"a"')), "found 1 listed again"),
    Broken("mixed.gexf", gexf(TWO + LINK.replace("/>", ' type="undirected"/>')), "Undirected edge found in directed"),
    Broken("other.gexf", "<html></html>", "No <graph> element"),
    Broken("latin.adjlist", b"a b\n\xe4 b\n", "line 2: text: expected UTF-8"),
    Broken("nodes.adjlist", "a\nb\n", "expected edges, found 2 nodes without"),
    Broken("attributes.adjlist", "a b {'weight': 1}\n", "no attributes"),
    Broken("comment.adjlist", "a#1 b\n", "no # in names, found 'a#1 b'"),
    Broken("empty.net", "", "found none"),
    Broken("two.net", "*Vertices 1\n1 a\n*Vertices 1\n1 b\n", "found 1 and 1"),
    Broken("beyond.net", '*Vertices 2\n1 "a"\n2 "b"\n*Arcs\n1 3\n', "such as 'number 3'"),
    Broken("twice.net", '*Vertices 2\n1 "a"\n2 "a"\n*Arcs\n1 2\n', "found 1 listed again"),
    Broken("huge.net", "*Vertices 999999999\n*Arcs\n1 2\n", "found 999,999,999"),
    Broken("quote.net", '*Vertices 2\n1 "a\n2 "b"\n*Arcs\n1 2\n', "expected a network of Pajek"),
    Broken("weight.net", "*Vertices 2\n1 a\n2 b\n*Arcs\n1 2 -3\n", "weight: expected a finite number > 0, found -3.0"),
    Broken("short.sif", "a pp b\na pp\n", "line 2: expected a node, or a node, a relation and nodes"),
    Broken("cut.cyjs", '{"elements": {"nodes": [{"data"', "expected JSON"),
    Broken("empty.mtx", "", "Missing banner"),
    Broken("cut.mtx", f"{MTX}3 3 2\n1 2 1\n", "Truncated file"),
    Broken("more.mtx", f"{MTX}3 3 999999999999\n1 2 1\n", "expected 999,999,999,999 entries"),
    Broken("wide.mtx", f"{MTX}999999999 999999999 1\n1 2 1\n", "in 999,999,999 rows"),
    Broken("negative.mtx", f"{MTX}3 3 1\n-1 2 1\n", "index out of bounds"),
    Broken("nan.mtx", f"{MTX}3 3 1\n1 2 nan\n", "row 1, column 2: weight: expected a finite number > 0, found nan"),
    Broken("signed.mtx", f"{MTX.replace('general', 'skew-symmetric')}3 3 1\n2 1 1\n", "found -1.0"),
    Broken("complex.mtx", f"{MTX.replace('real', 'complex')}3 3 1\n2 1 1 1\n", "found complex128 of"),
    Broken("shape.mtx", f"{MTX}3 2 1\n2 1 1\n", "found 3 rows and 2 columns; name the types with --source-type"),
    Broken("weight.mtx", f"{MTX}3 3 1\n2 1 1\n", "beside --weight", {"weight": "value"}),
    Broken("empty.npz", b"", "not a zip file"),
    Broken("cut.npz", cut(saved()), "not a zip file"),
    Broken("bomb.npz", bomb, "100 times the packed size"),
    Broken("nodes.npz", lambda path: np.savez(path, ids=["a"], x=[[1]]), "pass it as --features"),
    Broken("below.npz", saved(indices=[-1, 2]), "expected a sparse matrix"),
    Broken("beyond.npz", saved(indices=[1, 9]), "expected a sparse matrix"),
    Broken("pointer.npz", saved(indptr=[0, 9, 1, 2]), "expected a sparse matrix"),
    Broken("objects.npz", saved(data=[None, 1]), "allow_pickle=False"),
    Broken("flat.npz", lambda path: sp.save_npz(path, sp.coo_array([1, 0, 2])), "flat.npz: expected a"),
    Broken("zeros.npz", saved(data=[0, 0]), "found 0 in 3 rows"),
    Broken("cut.jsonl", '{"source": "a", "target": "b"}\n{"source": "a", "tar', "line 2: expected an object of JSON"),
    Broken("empty.jsonl", "", "expected an object a line, found none"),
    Broken("list.jsonl", '[{"source": "a", "target": "b"}]', "for a list of links: --sql"),
    Broken("twice.jsonl", '{"source": "a", "source": "b", "target": "b"}', "duplicate key"),
    Broken(
        "case.jsonl", '{"Source": "a", "source": "b", "target": "b"}', "differ in more than case, found 'source' twice"
    ),
    Broken("latin.jsonl", b'{"source": "\xe4", "target": "b"}', "invalid UTF-8"),
    Broken("mixed.jsonl", '{"source": 1, "target": "b"}\n{"source": "1", "target": "b"}\n', "source: expected strings"),
    Broken("nan.jsonl", '{"source": "a", "target": "b", "weight": NaN}', "row 1: weight"),
    Broken("text.xlsx", "source,target\na,b\n", "not a zip file"),
    Broken("bomb.xlsx", bomb, "100 times the packed size"),
    Broken("cut.xlsx", cut(workbook(*ROWS)), "not a zip file"),
    Broken("secret.xlsx", workbook(*ROWS, sheet1=f"{SECRET}<worksheet/>"), "entity: expected none declared"),
    Broken("other.xlsx", lambda path: zipfile.ZipFile(path, "w").close(), "expected an Excel workbook"),
    Broken("blank.xlsx", workbook(), "expected one sheet with cells, found none"),
    Broken("names.xlsx", workbook(("source", "target", "target"), ("a", "b", "c")), "expected distinct names"),
    Broken("header.xlsx", workbook(("source", "target")), "expected rows, found none"),
    Broken("empty.nt", "", "expected triples of nodes, found 0 with literals", TRIPLES),
    Broken("cut.nt", "<http://a> <http://b> <http:", "expected N-Triples", TRIPLES),
    Broken("binary.nt", b"\xff\xfe\0", "expected N-Triples", TRIPLES),
    Broken("plain.ttl", "<http://a> <http://b> <http://c> .", "pass --relation-column predicate"),
    Broken("relative.ttl", "<a> <b> <c> .", "expected Turtle", TRIPLES),
    Broken("prefix.ttl", "x:a x:b x:c .", 'Prefix "x:" not bound', TRIPLES),
    Broken("literals.ttl", '<http://a> <http://b> "c" .', "found 1 with literals", TRIPLES),
    Broken("text.pt", "edges", "not a zip file"),
    Broken("pickle.pt", pickle.dumps({"edge_index": 1}), "not a zip file"),
    Broken("code.pt", lambda path: torch.save({"edge_index": Broken}, path), "pickles are never opened"),
    Broken("module.pt", lambda path: torch.save(torch.nn.Linear(2, 2).state_dict(), path), "found 'weight', 'bias'"),
    Broken("negative.pt", tensors(edge_index=torch.tensor([[0, -1], [1, 2]])), "numbers from -1 to 2"),
    Broken("beyond.pt", tensors(edge_index=torch.tensor([[0, 7], [1, 2]])), "numbers from 0 to 7"),
    Broken("triple.pt", tensors(edge_index=torch.ones((3, 2), dtype=torch.int64)), "whole numbers (2, E)"),
    Broken("reals.pt", tensors(edge_index=torch.ones((2, 2))), "whole numbers (2, E)"),
    Broken("weights.pt", tensors(edge_weight=torch.tensor([1, float("nan")])), "found nan"),
    Broken("few.pt", tensors(edge_weight=torch.ones(1)), "edge_weight: expected 2 weights"),
]


@pytest.mark.parametrize("case", BROKEN, ids=[case.name for case in BROKEN])
def test_a_broken_file_ends_with_one_line(tmp_path: Path, case: Broken) -> None:
    """The file first, then what was expected and found, and a way out; no words of Python."""
    path = tmp_path / case.name
    if callable(case.content):
        case.content(path)
    else:
        path.write_bytes(case.content.encode() if isinstance(case.content, str) else case.content)
    with pytest.raises(DataError) as refused:
        load_graph(edges=path, **case.options)
    message = str(refused.value)
    assert re.match(rf"{re.escape(str(path))}(, [^:]+)?: .*expected .+(, found .+)?; .+", message), message
    assert case.found in message
    assert WORDS.search(message) is None, message


@pytest.mark.parametrize(
    "suffix", [".gexf", ".adjlist", ".net", ".sif", ".mtx", ".npz", ".jsonl", ".xlsx", ".nt", ".pt"]
)
def test_neither_a_folder_nor_a_missing_file_is_a_traceback(tmp_path: Path, suffix: str) -> None:
    """One line that says which of both it is."""
    (tmp_path / f"folder{suffix}").mkdir()
    for name, found in (("folder", "Is a directory"), ("missing", "No such file")):
        with pytest.raises(DataError, match=f"{name}{suffix}: expected a readable file, found '{found}"):
            load_graph(edges=tmp_path / f"{name}{suffix}", **(TRIPLES if suffix == ".nt" else {}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "database", "found"),
    [
        ("SELECT * FROM links", "links.db", "--database: expected a URL"),
        ("SELECT * FROM links", "sqlite:///missing.db", "unable to open database file"),
        ("DROP TABLE links", "sqlite:///links.db", "expected one SELECT"),
        ("WITH x AS (SELECT 1) DELETE FROM links", "sqlite:///links.db", "not authorized"),
        ("SELECT 1; DROP TABLE links", "sqlite:///links.db", "expected one SELECT"),
        ("SELECT 1 AS source", "postgresql+absent://user:secret@host/db", "expected the result of a query"),
        (
            "SELECT 1 AS source",
            "mysql+pymysql://user:secret@host/db",
            "--database: expected the driver 'pymysql', found none; pip install pymysql",
        ),
        (None, "sqlite:///links.db", "expected a query for it"),
    ],
)
def test_databases_are_only_read(tmp_path: Path, query: str | None, database: str, found: str) -> None:
    """What is no SELECT of a database that is there is one line, without the password of the URL."""
    url = database.replace(":///", f":///{tmp_path}/")
    with closing(sqlite3.connect(tmp_path / "links.db")) as made:
        made.execute("CREATE TABLE links (source TEXT, target TEXT)")
    (tmp_path / "e.csv").write_text("source,target\na,b\n")
    with pytest.raises(DataError, match=re.escape(found)) as refused:
        load_graph(sql=query, database=url, edges=None if query else tmp_path / "e.csv")
    assert "secret" not in str(refused.value)
