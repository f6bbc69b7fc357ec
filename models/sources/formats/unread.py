"""Files that aren't read: the command that turns one into a file that is.

A text is looked at for its delimiter; other formats are known by their suffix or by how they begin.
"""

import gzip
import json
import re
import shlex
import zlib
from pathlib import Path

from latentlink.models.sources.formats.duck import literal, sql_option
from latentlink.models.sources.formats.ends import LOOKED_AT, options_behind
from latentlink.models.sources.formats.rows import COMMENTS, DELIMITER_NAMES, format_suffix, opened

_BEGINS = {
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"<graphml": ".graphml",
    b"<gexf": ".gexf",
    b"graph [": ".gml",
    b"graph[": ".gml",
    b'{"': ".json",
    b"{\n": ".json",
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
    b"\xff\xfe": "it is UTF-16: iconv -f UTF-16 -t UTF-8 PATH > OUT, then --edges OUT",
    b"\xfe\xff": "it is UTF-16: iconv -f UTF-16 -t UTF-8 PATH > OUT, then --edges OUT",
    b"PK\x03\x04": "it is packed with zip, as spreadsheets are: unpack it, or save the sheet as CSV",
}
_READ = {".parquet", ".arrow", ".graphml", ".gml", ".json", ".gexf", ".mtx", ".net"}
_NETWORKX = {
    ".g6": "read_graph6(PATH)",
    ".graph6": "read_graph6(PATH)",
    ".s6": "read_sparse6(PATH)",
    ".sparse6": "read_sparse6(PATH)",
    "attributes": "read_edgelist(PATH, create_using=nx.MultiGraph)",
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
_UNPACK = {".zip": "unzip", ".bz2": "bunzip2 -k", ".xz": "unxz -k", ".zst": "unzstd", ".7z": "7z x", ".tgz": "tar xf"}
_OTHERS = {
    **{suffix: f"unpack it: {command} PATH" for suffix, command in _UNPACK.items()},
    **dict.fromkeys((".xls", ".ods"), _SHEET),
    **dict.fromkeys((".pkl", ".pickle", ".gpickle", ".pth"), _PICKLE),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), _DATABASE),
}
# A link as networkx writes it: two ids, and a dict of attributes.
_ATTRIBUTES = re.compile(rb"(?:\s*#[^\n]*\n)*[^\s{]+[ \t]+[^\s{]+[ \t]+\{[^\n]*\}\s*(?:\n|\Z)")
_BLOCK = 1 << 16  # bytes that decide


def conversion(path: Path) -> str:
    """How to read a file that isn't read as it is; empty where no way is known."""
    suffix, head = format_suffix(path), _head(path)
    kind = next((kind for start, kind in _BEGINS.items() if start in head[:1000]), suffix)
    kind = "attributes" if _ATTRIBUTES.match(head) else kind
    other = ".sqlite" if kind == ".sqlite" else suffix
    if other in _OTHERS:
        return _OTHERS[other].replace("PATH", _shell(path))
    if kind in _READ and kind != suffix:
        out = path.with_suffix(kind)
        return _then(f"it looks like {kind}", f"cp {_shell(path)} {_shell(out)}", out)
    if kind in _PYTHON:
        package, code, written, options = _PYTHON[kind]
        out = path.with_suffix(written)
        code = code.replace("PATH", repr(str(path))).replace("OUT", repr(str(out)))
        return _then(f"convert it (pip install {package})", f"python -c {shlex.quote(code)}", out, options)
    return _text(path, head)


def json_lines(path: Path) -> str:
    """The options that read one link a line of JSON, or a list of links, with all columns that the file has."""
    cells: dict[str, list[object]] = {}
    for record in _records(_head(path).decode("utf-8-sig", "replace")):
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
    head = _head(path)
    for start, way in _NO_DATA.items():
        if head[:1000].lower().lstrip().startswith(start.lower()):
            out = _shell(path.with_name(f"{path.stem}-utf8{path.suffix}"))
            return way.replace("PATH", _shell(path)).replace("OUT", out)
    binary = head.startswith((b"PAR1", b"ARROW1")) or head[:1000].lstrip().startswith((b"<graphml", b"<?xml", b"<gexf"))
    return conversion(path) if binary else ""


def _then(why: str, command: str, out: Path, options: str = "") -> str:
    return f"{why}: {command}, then --edges {_shell(out)}{options}"


def _head(path: Path) -> bytes:
    """The first bytes, unpacked; none where the file can't be read."""
    try:
        with opened(path) as file:
            return file.read(_BLOCK)
    except (OSError, EOFError, gzip.BadGzipFile, zlib.error):
        return b""


def _text(path: Path, head: bytes) -> str:
    """How to read a text by the delimiter of its first line; empty where it is no text."""
    try:
        lines = head[: head.rfind(b"\n") + 1 or None].decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return ""
    lines = [line for line in lines if line.strip() and not line.startswith(COMMENTS)]
    if not lines or "\0" in lines[0]:
        return ""
    delimiter = next((mark for mark in ("\t", "::", ",", ";", "|") if mark in lines[0]), " ")
    if len(re.split(r"\s+", lines[0].strip()) if delimiter == " " else lines[0].split(delimiter)) < 2:
        return ""
    if delimiter == ";" and any("," in line for line in lines):  # decimals as Excel writes them in much of Europe
        query = f"FROM read_csv({literal(path)}, delim = ';', decimal_separator = ',')"
        return f"its fields stand between semicolons: {sql_option(query)}{options_behind(_cells(lines, delimiter))}"
    options = _options(lines, delimiter)
    suffix = ".tsv" if delimiter == "\t" else ".csv"
    if delimiter in ("\t", ",") and suffix != format_suffix(path):
        out = path.with_suffix(suffix)
        convert = f"cp {_shell(path)} {_shell(out)}"
    else:
        out = path.with_name(f"{path.name.split('.')[0]}-commas.csv")
        blanks = "sed -E 's/^[ \\t]+|[ \\t]+$//g; s/[ \\t]+/,/g'"
        replace = blanks if delimiter == " " else f"sed 's/{delimiter}/,/g'"
        convert = f"{'zcat' if path.suffix.lower() == '.gz' else 'cat'} {_shell(path)} | {replace} > {_shell(out)}"
    return _then(f"its fields stand between {DELIMITER_NAMES[delimiter]}", convert, out, options)


def _options(lines: list[str], delimiter: str) -> str:
    """Options by the first line: names, if it has no number and the second has one; else a link."""
    first, second = (_fields(line, delimiter) for line in (lines + lines)[:2])
    numbers = [any(re.fullmatch(r"[\d.]+", field) for field in fields) for fields in (first, second)]
    if numbers == [False, True] or {"source", "target"} & {field.casefold() for field in first}:
        return options_behind(_cells(lines, delimiter))
    return " --no-header" if numbers[0] else ", and --no-header if its first row is a link"


def _cells(lines: list[str], delimiter: str) -> dict[str, list[str]]:
    """The first cells of each column below a line of names."""
    names, *rows = (_fields(line, delimiter) for line in lines[: LOOKED_AT + 1])
    return {name: [row[place] for row in rows if place < len(row)] for place, name in enumerate(names)}


def _fields(line: str, delimiter: str) -> list[str]:
    return [field.strip() for field in (line.split() if delimiter == " " else line.split(delimiter))]


def _shell(path: Path) -> str:
    """The path as a shell takes it."""
    return shlex.quote(str(path))
