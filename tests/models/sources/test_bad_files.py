"""Whatever is wrong with a file, in any format: the message names the file, the place and the field, and a way out.

One table for all formats. Each line: the name of the file, its content, and the place and field that the message names.
"""

import gzip
import lzma
import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from latentlink.models.errors import DataError
from latentlink.models.sources import load_graph

Content = str | bytes | dict[str, Any]  # a text, bytes, a query for a Parquet file, or arrays for an .npz

X = np.array([[0, 2], [0, 0], [0.5, -1]])
IDS = np.array(["a", "b", "c"])
LINKS = "SELECT 'a' AS source, 'b' AS target, 1.0 AS weight UNION ALL SELECT "
GRAPHML = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="undirected">'
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">\n' for i in range(1, 30))
SECRET = '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
LINK = '"nodes": [{"id": "a"}, {"id": "b"}], "edges": [{"source": "a", "target": "b"'


def sparse(**changes: Any) -> dict[str, Any]:
    """X in compressed rows, with some arrays replaced."""
    arrays = {"data": [2.0, 0.5, -1.0], "indices": [1, 0, 1], "indptr": [0, 1, 1, 3], "shape": (3, 2)}
    return {"ids": IDS, **arrays, **changes}


EDGES: dict[str, tuple[str, Content, str]] = {
    "no source": ("e.csv", "x,y\nc,d\n", ", line 1: header"),
    "no target": ("e.csv", "\nsource,to\n", ", line 2: header"),
    "one name twice": ("e.csv", "source,target,x,x\n", ", line 1: header"),
    "too wide": ("e.csv", "source,target\na,b\na,b,c\n", ", line 3: row"),
    "too narrow": ("e.csv", "source,target\n\na\n", ", line 3: row"),
    "a delimiter at the end": ("e.csv", "source,target\na,b\nc,d,", ", line 3: row"),
    "after a long field": ("e.csv", 'source,target\n"a\n\nb",c\nd\n', ", line 5: row"),
    "no id": ("e.csv", "source,target\na,b\n,b\n", ", line 3: link"),
    "no id, packed": ("e.csv.gz", gzip.compress(b"source,target\na,b\n,b\n"), ", line 3: link"),
    "NUL": ("e.csv", "source,target\na,b\na,\0\n", ", line 3: text"),
    "latin-1": ("e.csv", b"source,target\na,b\n\xe4,b\n", ", line 3: text"),
    "latin-1 in another column": ("e.csv", b"source,target,x\na,b,c\na,b,\xe4\n", ", line 3: text"),
    "open quote": ("e.csv", 'source,target\na,b\n"a,b\nc,d\n', ", line 3: row"),
    "open quote at the end": ("e.csv", 'source,target\na,"', ", line 2: row"),
    "stray quote": ("e.csv", 'source,target\n"a"b,c\n', ", line 2: row"),
    "space after a quote": ("e.csv", 'source,target\n"a" ,c\n', ", line 2: row"),
    "old lines": ("e.csv", b"source,target\ra,b\r", ", line 1: row"),
    "endless": ("e.csv", b"source,target\na," + b"b" * 131_073, ", line 2: row"),
    "empty": ("e.csv", "", ""),
    "blank": ("e.csv", "\n\r\n", ""),
    "header only": ("e.csv", "source,target\n", ""),
    "loops only": ("e.csv", "source,target\na,a\nb,b\n", ": edges"),
    "plain text as gzip": ("e.csv.gz", b"source,target\na,b\n", ", line 1: text"),
    "one endless line, packed": ("e.csv.gz", gzip.compress(b"source,target\na,b\n" + b"a" * 2**25), ", line 3: row"),
    "cut gzip": ("e.csv.gz", gzip.compress(b"source,target\n" + b"a,b\n" * 9, 0)[:-12], ", line 10: text"),
    "damaged gzip": ("e.csv.gz", gzip.compress(b"source,target\na,b\n")[:10] + b"\xff" * 20, ", line 1: text"),
    **{
        f"weight {number!r}": ("e.csv", f"source,target,weight\na,b,1\na,b,{number}\n", ", line 3: weight")
        for number in ("", "heavy", "0", "-1", "nan", "inf", "1e39", "1e-46", "1_000")
    },
    "no column, parquet": ("e.parquet", "SELECT 1 AS x, 2 AS y", ": columns"),
    "reals as ids": ("e.parquet", "SELECT 1.5::DOUBLE AS source, 2 AS target", ", source"),
    "null": ("e.parquet", LINKS + "'a', NULL, 1", ", row 2: link"),
    "no id, parquet": ("e.parquet", LINKS + "'', 'b', 1", ", row 2: link"),
    "no weight": ("e.parquet", LINKS + "'a', 'b', NULL", ", row 2: weight"),
    "weight NaN": ("e.parquet", LINKS + "'a', 'b', 'nan'::DOUBLE", ", row 2: weight"),
    "weight zero": ("e.parquet", LINKS + "'a', 'b', 0", ", row 2: weight"),
    "too heavy": ("e.parquet", LINKS + "'a', 'b', 1e39", ", row 2: weight"),
    "a word as weight": ("e.parquet", "SELECT 1 AS source, 2 AS target, 'x' AS weight", ", weight"),
    "no rows, parquet": ("e.parquet", LINKS + "'a', 'b', 1 LIMIT 0", ""),
    "no bytes, parquet": ("e.parquet", b"", ""),
    "text as parquet": ("e.parquet", b"source,target\na,b\n", ""),
    "no bytes, arrow": ("e.arrow", b"", ""),
    "text as arrow": ("e.feather", b"source,target\na,b\n", ""),
    "torn xml": ("g.graphml", GRAPHML + "\n<node", ""),
    "other xml": ("g.graphml", "<svg/>", ""),
    "laughs": (
        "g.graphml",
        f'<!DOCTYPE g [<!ENTITY l0 "lol">\n{LAUGHS}]>{GRAPHML}<node id="&l29;"/>',
        ", line 1: entity",
    ),
    "secret": ("g.graphml", f'{SECRET}{GRAPHML}<node id="a">&x;</node></graph></graphml>', ", line 1: entity"),
    "torn gml": ("g.gml", "graph [\nnode [ id 1 ]\n", ", line 2"),
    "one label twice": ("g.gml", 'graph [ node [ id 1 label "a" ] node [ id 2 label "a" ] ]', ", node 'a'"),
    "torn json": ("g.json", '{"nodes":\n', ""),
    "other json": ("g.json", "[1]", ""),
    "deep json": ("g.json", "[" * 100_000, ""),
    "no links": ("g.json", '{"nodes": [{"id": 1}], "edges": []}', ""),
    "one id as text": (
        "g.json",
        '{"nodes": [{"id": 1}, {"id": "1"}], "edges": [{"source": 1, "target": "1"}]}',
        ", node '1'",
    ),
    "half a character": (
        "g.json",
        '{"nodes": [{"id": "\\ud800"}, {"id": "1"}], "edges": [{"source": "\\ud800", "target": "1"}]}',
        ", node '\\ud800'",
    ),
    "weight zero, json": ("g.json", f'{{{LINK}, "weight": 0}}]}}', ", edge 'a' - 'b': weight"),
    "infinite attribute": (
        "g.json",
        '{"nodes": [{"id": "a", "f": Infinity}, {"id": "b", "f": 1}], "edges": [{"source": "a", "target": "b"}]}',
        ", node 'a': f",
    ),
    "missing attribute": (
        "g.json",
        '{"nodes": [{"id": "a", "f": 1}, {"id": "b", "f": null}, {"id": "c", "f": 2}], '
        '"edges": [{"source": "a", "target": "b"}]}',
        ", node 'b': f",
    ),
    "no gzip": ("g.json.gz", "{}", ""),
    "damaged gzip, json": ("g.json.gz", gzip.compress(b"{}")[:10] + b"\xff" * 20, ""),
    "unknown suffix": ("e.foo", "source,target\na,b\n", ""),
    "semicolons or commas": ("e.csv", "1;2,5\n2;3,5\n", ""),
    "commas or blanks": ("e.txt", "1 2 0,5\n2 3 0,7\n", ""),
    "numbers in one field": ("e.txt", "1 2,3\n2 3,4\n", ""),
    "names or a link": ("e.txt", "ann bob\ncid dan\n", ", line 1: header"),
    "one column": ("e.edges", "1\n2\n", ", line 1: header"),
    "too wide, blanks": ("e.edges", "1 2\n2 3\n\n3 4 5\n", ", line 4: row"),
    "too wide, blanks, quoted": ("e.edges", '"a b"  c\n"a b" c d\n', ", line 2: row"),
    "a quoted line end between blanks": ("e.edges", '"a b"  c\n"a\nb c" d\n', ", line 2: row"),
    "too narrow, bars": ("e.dat", "1|2|3\n1|2\n", ", line 2: row"),
    "no dict": ("e.edgelist", "# c\n" + "1 2 {}\n" * 8 + "1 2 {'a': nan}\n", ", line 10: row"),
    "counts above the links": ("e.txt", "3 2\n0 1\n1 2\n", ", line 1: link"),
    "kinds of KONECT": ("out.bip", "% bip unweighted\n1 1\n2 1\n", ": ids"),
    "decimal comma": ("e.csv", "source;target;weight\na;b;1,5\n", ", line 2: weight"),
    "latin-1, blanks": ("e.txt", "a b\na ä\n".encode("latin-1"), ", line 2: text"),
    "cut UTF-16": ("e.csv", "source,target\na,b\n".encode("utf-16")[:-1], ", line 2: text"),
    "plain text as bzip2": ("e.csv.bz2", b"a,b\n", ", line 1: text"),
    "plain text as xz": ("e.csv.xz", b"a,b\n", ", line 1: text"),
    "plain text as Zstandard": ("e.csv.zst", b"a,b\n", ", line 1: text"),
    "cut xz": ("e.csv.xz", lzma.compress(b"source,target\na,b\n")[:-9], ", line 1: text"),
    "MatrixMarket as text": ("e.txt", "%%MatrixMarket matrix coordinate pattern general\n3 3 1\n1 2\n", ""),
    "JSON as text": ("e.txt", '{"source":1,"target":2}\n{"source":2,"target":3}\n', ""),
}

FEATURES: dict[str, tuple[str, Content, str]] = {
    "no node": ("x.csv", "name,a\nx,1\n", ", line 1: header"),
    "two of the usual names": ("x.csv", "id,Node_ID,a\nx,y,1\n", ", line 1: header"),
    "two of the usual names, parquet": ("x.parquet", "SELECT 1 AS id, 2 AS nodeId, 3 AS f", ": columns"),
    "one name twice": ("x.csv", "node,a,a\n", ", line 1: header"),
    "no numbers": ("x.csv", "node\nx\n", ", line 1: header"),
    "no id": ("x.csv", "node,a\nx,1\n,1\n", ", line 3: node"),
    "twice": ("x.csv", "node,a\nx,1\ny,1\nx,2\n", ", line 4: node"),
    "infinite": ("x.csv", "node,a\nx,-inf\n", ", line 2: a"),
    "beyond float32": ("x.csv", "node,a\nx,-1e39\n", ", line 2: a"),
    "a word of eleven": ("x.csv", "node,a\n" + "".join(f"n{i},{i}\n" for i in range(10)) + "n,one\n", ", line 12: a"),
    "ragged": ("x.csv", "node,a\nx,1,2\n", ", line 2: row"),
    "header only": ("x.csv", "node,a\n", ""),
    "empty": ("x.csv", "", ""),
    "missing number": ("x.csv", "node,f,g\na,1,2\n\nb,3,\nc,,1\n", ", line 4: g"),
    "missing category": ("x.csv", "node,c\na,x\nb,\nc,x\nd,y\ne,y\n", ", line 3: c"),
    "no node, parquet": ("x.parquet", "SELECT 1 AS name, 2 AS f", ": columns"),
    "no numbers, parquet": ("x.parquet", "SELECT 1 AS node", ": columns"),
    "twice, parquet": ("x.parquet", "SELECT unnest([1, 2, 1]) AS node, 1 AS f", ", row 3: node"),
    "no id, parquet": ("x.parquet", "SELECT unnest([1, NULL]) AS node, 1 AS f", ", row 2: node"),
    "infinite, parquet": ("x.parquet", "SELECT 1 AS node, 'inf'::DOUBLE AS f", ", row 1: f"),
    "beyond float32, parquet": ("x.parquet", "SELECT 1 AS node, 1e39 AS f", ", row 1: f"),
    "missing number, parquet": (
        "x.parquet",
        "SELECT unnest(['a', 'b', 'c']) AS node, unnest([1, NULL, 2]) AS f",
        ", row 2: f",
    ),
    "no rows, parquet": ("x.parquet", "SELECT 1 AS node, 2 AS f LIMIT 0", ""),
    "a graph file": ("x.json", "{}", ""),
    "no ids": ("x.npz", {"x": X}, ", ids"),
    "objects as ids": ("x.npz", {"ids": IDS.astype(object), "x": X}, ", ids"),
    "numbers as ids": ("x.npz", {"ids": np.arange(3), "x": X}, ", ids"),
    "flat ids": ("x.npz", {"ids": IDS[None], "x": X}, ", ids"),
    "one id twice": ("x.npz", {"ids": np.array(["a", "b", "a"]), "x": X}, ", ids"),
    "empty id": ("x.npz", {"ids": np.array(["a", "", "b"]), "x": X}, ", ids"),
    "lone surrogate": ("x.npz", {"ids": np.array(["a", "\ud800", "b"]), "x": X}, ", ids"),
    "beyond Unicode": ("x.npz", {"ids": np.array([1 << 30], "u4").view("U1"), "x": X}, ", ids"),
    "no nodes": ("x.npz", {"ids": IDS[:0], "x": X[:0]}, ", ids"),
    "no features": ("x.npz", {"ids": IDS}, ", shape"),
    "short x": ("x.npz", {"ids": IDS, "x": X[:2]}, ", x"),
    "flat x": ("x.npz", {"ids": IDS, "x": X[:, 0]}, ", x"),
    "no columns": ("x.npz", {"ids": IDS, "x": X[:, :0]}, ", x"),
    "complex x": ("x.npz", {"ids": IDS, "x": X * 1j}, ", x"),
    "objects as x": ("x.npz", {"ids": IDS, "x": X.astype(object)}, ", x"),
    "beyond float32, npz": ("x.npz", {"ids": IDS, "x": X * 1e40}, ", x"),
    "sparse NaN": ("x.npz", sparse(data=[1, np.nan, 1]), ", data"),
    "sparse infinity": ("x.npz", sparse(data=[1, np.inf, 1]), ", data"),
    "sum beyond float32": ("x.npz", sparse(data=[0, 3e38, 3e38], indices=[0, 1, 1]), ", data"),
    "other shape": ("x.npz", sparse(shape=(2, 2)), ", shape"),
    "long shape": ("x.npz", sparse(shape=(3, 2, 1)), ", shape"),
    "huge shape": ("x.npz", sparse(shape=(3, 2**62)), ", shape"),
    "few indices": ("x.npz", sparse(indices=[0]), ", indices"),
    "reals as indices": ("x.npz", sparse(indices=[0.0, 1.0, 1.0]), ", indices"),
    "column beyond": ("x.npz", sparse(indices=[0, 1, 2]), ", indices"),
    "column below": ("x.npz", sparse(indices=[0, -1, 1]), ", indices"),
    "short indptr": ("x.npz", sparse(indptr=[0, 1, 3]), ", indptr"),
    "late indptr": ("x.npz", sparse(indptr=[1, 1, 1, 3]), ", indptr"),
    "early indptr": ("x.npz", sparse(indptr=[0, 1, 1, 2]), ", indptr"),
    "falling indptr": ("x.npz", sparse(indptr=[0, 2, 1, 3]), ", indptr"),
    "no bytes, npz": ("x.npz", b"", ""),
    "torn zip": ("x.npz", b"PK\x03\x04 not a zip", ""),
    "text as npz": ("x.npz", b"node,a\n", ""),
    "a pickle": ("x.npz", b"\x80\x02].", ""),
    "unknown suffix": ("x.foo", "", ""),
    "years as names": ("x.csv", "city,2001,2002\nRome,5,6\nOslo,7,8\n", ", line 1: header"),
}


def write(path: Path, content: Content) -> Path:
    """The path of a file with this content."""
    if isinstance(content, dict):
        np.savez(path, **content)
    elif isinstance(content, str) and path.suffix == ".parquet":
        duckdb.execute(f"COPY ({content}) TO '{path}'")
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(start: str) -> str:
    """The pattern of a message about the file and place it starts with."""
    return rf"\A{re.escape(start)}: expected (?s:.)+, found (?s:.)+; (?s:.)+\Z"


@pytest.mark.parametrize(("name", "content", "place"), EDGES.values(), ids=EDGES)
def test_bad_links_are_refused_with_file_and_place(tmp_path: Path, name: str, content: Content, place: str) -> None:
    """The message starts with file, place and field, and ends with the way out."""
    path = write(tmp_path / name, content)
    with pytest.raises(DataError, match=refusal(f"{path}{place}")):
        load_graph(edges=path)


@pytest.mark.parametrize(("name", "content", "place"), FEATURES.values(), ids=FEATURES)
def test_bad_features_are_refused_with_file_and_place(tmp_path: Path, name: str, content: Content, place: str) -> None:
    """The message starts with file, place and field, and ends with the way out."""
    edges, path = write(tmp_path / "edges.csv", "source,target\na,b\n"), write(tmp_path / name, content)
    with pytest.raises(DataError, match=refusal(f"{path}{place}")):
        load_graph(edges=edges, features=path)


QUERIES = {fault: (content, place) for fault, (name, content, place) in EDGES.items() if name == "e.parquet"}


@pytest.mark.parametrize(("query", "place"), [case for case in QUERIES.values() if isinstance(case[0], str)])
def test_a_query_is_refused_like_a_file(query: str, place: str) -> None:
    """The same faults in the result of a query, under its own name."""
    with pytest.raises(DataError, match=refusal(f"--sql{place}")):
        load_graph(sql=query)


@pytest.mark.parametrize("name", ["e.csv", "e.csv.gz", "e.parquet", "e.arrow", "g.graphml", "g.gml", "g.json"])
@pytest.mark.parametrize("folder", [False, True])
def test_unreadable_links_are_refused(tmp_path: Path, name: str, folder: bool) -> None:
    """Neither a missing file nor a folder is a traceback."""
    if folder:
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=refusal(str(tmp_path / name))):
        load_graph(edges=tmp_path / name)


@pytest.mark.parametrize("name", ["x.csv", "x.tsv.gz", "x.parquet", "x.feather", "x.npz"])
def test_missing_features_are_refused(tmp_path: Path, name: str) -> None:
    """A missing node table is no traceback."""
    edges = write(tmp_path / "edges.csv", "source,target\na,b\n")
    with pytest.raises(DataError, match=refusal(str(tmp_path / name))):
        load_graph(edges=edges, features=tmp_path / name)


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("id", {"filter_columns": "zzz"}),
        ("id", {"filter_columns": "y" * 9000}),
        ("id", {"type_column": "zzz"}),
        ("id", {"categories": ["zzz"]}),
        ("k", {}),
        ("id", {"source": "s" * 9000}),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_long_names_of_columns_are_cut(tmp_path: Path, suffix: str, key: str, options: dict[str, Any]) -> None:
    """Forty of 5,000 characters take at most twenty times eighty of the message."""
    names = [f"{column}{'x' * 5000}" for column in range(40)]
    for name, first in (("e", "source"), ("n", key)):
        cells = ", ".join(f'{i % 2} AS "{column}"' for i, column in enumerate(names))
        query = f"SELECT 'a' AS {first}, 'b' AS target, {cells}"
        duckdb.execute(f"COPY ({query}) TO '{tmp_path}/{name}.{suffix}'")
    with pytest.raises(DataError) as refused:
        load_graph(edges=tmp_path / f"e.{suffix}", features=tmp_path / f"n.{suffix}", **options)
    assert len(str(refused.value).replace(str(tmp_path), "")) < 2200
