"""Files that aren't read: the command that turns one into a file that is.

Formats are known by their suffix or by how they begin.
"""

import json
import shlex
from codecs import BOM_UTF8
from os import fspath
from pathlib import Path

from latentlink.models.sources.formats.duck import literal, sql_option
from latentlink.models.sources.formats.ends import LOOKED_AT, options_behind
from latentlink.models.sources.formats.packing import format_suffix
from latentlink.models.sources.formats.packing import head as head_of
from latentlink.models.sources.formats.rows import DELIMITERS

_BEGINS = {
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"<graphml": ".graphml",
    b"<gexf": ".gexf",
    b"graph [": ".gml",
    b"graph[": ".gml",
    b'{"': ".json",
    b"{\n": ".json",
    b"[{": ".json",
    b"%%MatrixMarket": ".mtx",
    b"*Vertices": ".net",
    b"*vertices": ".net",
    b"*Network": ".net",
    b"SQLite format 3": ".sqlite",
}
_NO_DATA = {
    b"<!doctype html": "it is a web page: download the file itself",
    b"<html": "it is a web page: download the file itself",
    b"version https://git-lfs": "it is a pointer of Git LFS: git lfs pull",
    b"PK\x03\x04": "it is packed with zip, as spreadsheets are: unpack it, or save the sheet as CSV",
}
_PACKED = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}
_READ = {".parquet", ".arrow", ".graphml", ".gml", ".json", ".gexf", ".mtx", ".net"}
_NETWORKX = {
    ".g6": "read_graph6(PATH)",
    ".graph6": "read_graph6(PATH)",
    ".s6": "read_sparse6(PATH)",
    ".sparse6": "read_sparse6(PATH)",
    ".leda": "read_leda(PATH)",
}
_NODE_LINK = "nx.node_link_data(nx.{}, edges='links')"
_PYTHON = {  # the package, the code, the suffix of what it writes, and the options that go with that
    **{
        suffix: (
            "networkx",
            f"import json, networkx as nx; json.dump({_NODE_LINK.format(read)}, open(OUT, 'w'))",
            ".json",
            "",
        )
        for suffix, read in _NETWORKX.items()
    },
    ".npy": (
        "numpy",
        "import numpy as np; a = np.load(PATH); np.savetxt(OUT, a.T if len(a) == 2 != len(a.T) else a, '%d', ',')",
        ".csv",
        " --no-header",
    ),
    ".mat": (
        "scipy",
        "import scipy.io as io; io.mmwrite(OUT, next(m for n, m in io.loadmat(PATH).items() if n[0] != '_'))",
        ".mtx",
        "",
    ),
    **dict.fromkeys(
        (".rdf", ".owl", ".n3", ".jsonld"),
        (
            "rdflib",
            "import rdflib; rdflib.Graph().parse(PATH).serialize(OUT, 'nt', encoding='utf-8')",
            ".nt",
            " --relation-column predicate",
        ),
    ),
}
_SHEET = "save the sheet as CSV"
_DATABASE = "read a table of the database: --database sqlite:///PATH --sql 'SELECT * FROM links'"
_PICKLE = "write the links as CSV with the columns source and target: pickles are never opened, since they can run code"
_UNPACK = {".zip": "unzip", ".7z": "7z x", ".tgz": "tar xf"}
_OTHERS = {
    **{suffix: f"unpack it: {command} PATH" for suffix, command in _UNPACK.items()},
    **dict.fromkeys((".xls", ".ods"), _SHEET),
    **dict.fromkeys((".pkl", ".pickle", ".gpickle", ".pth"), _PICKLE),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), _DATABASE),
}
_BLOCK = 1 << 16  # bytes that decide


def conversion(path: Path) -> str:
    """How to read a file that isn't read as it is; empty where no way is known."""
    suffix, head = format_suffix(path), head_of(path, _BLOCK)
    kind = next((kind for start, kind in _BEGINS.items() if start in head[:1000]), suffix)
    other = ".sqlite" if kind == ".sqlite" else suffix
    if other in _OTHERS:
        return _OTHERS[other].replace("PATH", _shell(path))
    if kind in _READ and kind != suffix:
        return f"it looks like {kind}: call it so, or pass --format {kind[1:]} for --edges"
    if kind in _PYTHON:
        package, code, written, options = _PYTHON[kind]
        out = path.with_suffix(written)
        code = code.replace("PATH", repr(str(path))).replace("OUT", repr(str(out)))
        return _then(f"convert it (pip install {package})", f"python -c {shlex.quote(code)}", out, options)
    return _text(path, head)


def json_lines(path: Path) -> str:
    """The options that read one link a line of JSON, or a list of links, with all columns that the file has."""
    cells: dict[str, list[object]] = {}
    for record in _records(head_of(path, _BLOCK).decode("utf-8-sig", "replace")):
        for name, cell in record.items():
            cells.setdefault(name, []).append(cell)
    return sql_option(f"FROM read_json({literal(path)})") + (options_behind(cells) if cells else "")


def _records(text: str) -> list[dict[str, object]]:
    """The first objects of lines of JSON, or of a list."""
    decoder = json.JSONDecoder()
    records: list[dict[str, object]] = []
    at = len(text) - len(text.lstrip("[ \t\r\n"))
    while len(records) < LOOKED_AT:
        try:
            record, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):  # the end, or where the first bytes end
            break
        if isinstance(record, dict):
            records.append(record)
        at = end + len(text[end:]) - len(text[end:].lstrip(", \t\r\n"))
    return records


def disguise(path: Path) -> str:
    """How to read a text that is none: a file of another format under its name; empty where it is a text."""
    head = head_of(path, _BLOCK)
    for start, way in _NO_DATA.items():
        if head[:1000].lower().lstrip().startswith(start.lower()):
            return way
    if packed := next((suffix for start, suffix in _PACKED.items() if head.startswith(start)), ""):
        named = str(path) == fspath(
            path
        )  # What messages call otherwise, such as stdin, has no name that says its format.
        way = f"add {packed} to its name" if named else f"pass --format {format_suffix(path)[1:]}{packed}"
        return f"it is packed: {way}"
    other = head[:1000].removeprefix(BOM_UTF8).lstrip().startswith((*_BEGINS, b"<?xml"))
    return conversion(path) if other else ""


def _then(why: str, command: str, out: Path, options: str = "") -> str:
    return f"{why}: {command}, then --edges {_shell(out)}{options}"


def _is_utf8(head: bytes) -> bool:
    """Whether the first bytes are UTF-8, but for a character that is cut off."""
    try:
        head[: head.rfind(b"\n") + 1].decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(path: Path, head: bytes) -> str:
    """How to read a text whose suffix says nothing; empty where it is no text."""
    text = format_suffix(path) not in DELIMITERS and head and b"\0" not in head and _is_utf8(head)
    return "if it is a table in text, pass --format txt" if text else ""


def _shell(path: Path) -> str:
    """The path as a shell takes it."""
    return shlex.quote(str(path))
