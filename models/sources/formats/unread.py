"""Files that aren't read: the command that turns one into a file that is.

Formats are known by their suffix or by how they begin.
"""

import json
import shlex
from codecs import BOM_UTF8
from pathlib import Path

from latentlink.models.sources.formats.duck import literal, sql_option
from latentlink.models.sources.formats.ends import LOOKED_AT, options_behind
from latentlink.models.sources.formats.packing import format_suffix, packing
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
}
_NO_DATA = {
    b"<!doctype html": "it is a web page: download the file itself",
    b"<html": "it is a web page: download the file itself",
    b"version https://git-lfs": "it is a pointer of Git LFS: git lfs pull",
    **dict.fromkeys(
        (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"), "it is packed: add .gz, .bz2, .xz or .zst to its name"
    ),
    b"PK\x03\x04": "it is packed with zip, as spreadsheets are: unpack it, or save the sheet as CSV",
}
_READ = {".parquet", ".arrow", ".graphml", ".gml", ".json"}
_NETWORKX = {
    ".gexf": "read_gexf(PATH)",
    ".g6": "read_graph6(PATH)",
    ".graph6": "read_graph6(PATH)",
    ".s6": "read_sparse6(PATH)",
    ".sparse6": "read_sparse6(PATH)",
    ".adjlist": "read_adjlist(PATH)",
    ".leda": "read_leda(PATH)",
}
_PAJEK = (".net", ".paj")
_WITH_NETWORKX = "convert it (pip install networkx)"
_SHEET = "save the sheet as CSV"
_PICKLE = "write the links as CSV with the columns source and target: pickles are never opened, since they can run code"
_UNPACK = {".zip": "unzip", ".7z": "7z x", ".tgz": "tar xf"}
_OTHERS = {
    **{suffix: f"unpack it: {command} PATH" for suffix, command in _UNPACK.items()},
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".ods"), _SHEET),
    **dict.fromkeys((".pkl", ".pickle", ".gpickle", ".pt", ".pth"), _PICKLE),
}
_BLOCK = 1 << 16  # bytes that decide


def conversion(path: Path) -> str:
    """How to read a file that isn't read as it is; empty where no way is known."""
    suffix, head = format_suffix(path), head_of(path, _BLOCK)
    kind = next((kind for start, kind in _BEGINS.items() if start in head[:1000]), suffix)
    if suffix in (".jsonl", ".ndjson"):
        return f"read it with {json_lines(path)}"
    if suffix in _OTHERS:
        return _OTHERS[suffix].replace("PATH", _shell(path))
    if kind in _READ and kind != suffix:
        return f"it looks like {kind}: call it so, or pass --format {kind[1:]} for --edges"
    if kind in _NETWORKX:
        out = path.with_suffix(".json")
        graph = f"nx.node_link_data(nx.{_NETWORKX[kind].replace('PATH', repr(str(path)))}, edges='links')"
        code = f"import json, networkx as nx; json.dump({graph}, open({str(out)!r}, 'w'))"
        return _then(_WITH_NETWORKX, f"python -c {shlex.quote(code)}", out)
    if kind in _PAJEK:
        out = path.with_suffix(".json")
        return _then(_WITH_NETWORKX, f"python -c {shlex.quote(_pajek(path, out, head))}", out)
    if kind == ".mtx":
        out = path.with_suffix(".csv")
        return _then("convert it", f"python -c {shlex.quote(_matrix(path, out, head))}", out)
    if suffix == ".sif":
        out, blank = path.with_suffix(".csv"), " -F'\\t'" if b"\t" in head else ""
        command = f"""awk{blank} '{{ for (i = 3; i <= NF; i++) print $1 "," $i }}' {_shell(path)} > {_shell(out)}"""
        return _then("convert it", command, out, " --no-header")
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
    other = head[:1000].removeprefix(BOM_UTF8).lstrip().startswith((*_BEGINS, b"<?xml"))
    return conversion(path) if other else ""


def _then(why: str, command: str, out: Path, options: str = "") -> str:
    return f"{why}: {command}, then --edges {_shell(out)}{options}"


def _pajek(path: Path, out: Path, head: bytes) -> str:
    """Python for a network of Pajek.

    networkx takes partitions and vectors behind the network for links, and a list of neighbours for a link with a weight: the
    former are cut off, the latter written as pairs. It needs a list of vertices: without one they are called by their numbers.
    """
    opened_by = "gzip.open" if packing(path) == ".gz" else "open"
    encoding = "utf-8-sig" if _is_utf8(head) else "latin-1"
    sections = r"r'(?im)^\*(?!network|vertices|arcs|edges|matrix)'"
    lists = r"r'(?im)^\*(arcs|edges)list.*\n([^*]*)'"
    rows = "filter(None, map(str.split, m[2].splitlines()))"
    pairs = rf"'\n'.join(['*' + m[1], *(a + ' ' + b for a, *to in {rows} for b in to), ''])"
    unlisted = r"r'(?im)^(\*vertices +(\d+))\s+(?=\*)'"
    numbers = r"m[1] + ''.join('\n%d %d' % (i, i) for i in range(1, int(m[2]) + 1)) + '\n'"
    return (
        f"import gzip, json, re, networkx as nx; text = {opened_by}({str(path)!r}, 'rt', encoding='{encoding}').read(); "
        f"text = re.sub({lists}, lambda m: {pairs}, re.split({sections}, text)[0]); "
        f"text = re.sub({unlisted}, lambda m: {numbers}, text); "
        "graph = nx.node_link_data(nx.parse_pajek(text.splitlines()), edges='links'); "
        f"json.dump(graph, open({str(out)!r}, 'w'))"
    )


def _is_utf8(head: bytes) -> bool:
    """Whether the first bytes are UTF-8, but for a character that is cut off."""
    try:
        head[: head.rfind(b"\n") + 1].decode()
    except UnicodeDecodeError:
        return False
    return True


def _matrix(path: Path, out: Path, head: bytes) -> str:
    """Python for a matrix of Matrix Market; rows and columns are of two kinds where it isn't square."""
    size = next((line.split() for line in head.decode("latin-1").splitlines() if not line.startswith("%")), [])
    ids = "%d,%d" if len(size) > 1 and size[0] == size[1] else "row%d,column%d"
    return (
        f"import scipy.io, numpy as np; m = scipy.io.mmread({str(path)!r}).tocoo(); np.savetxt({str(out)!r}, "
        f"np.c_[m.row, m.col, m.data], fmt='{ids},%g', header='source,target,weight', comments='')"
    )


def _text(path: Path, head: bytes) -> str:
    """How to read a text whose suffix says nothing; empty where it is no text."""
    text = format_suffix(path) not in DELIMITERS and head and b"\0" not in head and _is_utf8(head)
    return "if it is a table in text, pass --format txt" if text else ""


def _shell(path: Path) -> str:
    """The path as a shell takes it."""
    return shlex.quote(str(path))
