"""The one list of file formats: readers, the help of options, messages and the documentation take it from here.

It imports no reader, since the command line shows it without the packages that read.
"""

import re
from typing import Literal, NamedTuple

_TABLE = ("source", "target", "weight", "time", "relation", "split")


class FileFormat(NamedTuple):
    """Files of one format.

    Attributes:
        name: what reports call it.
        suffixes: of the names of files.
        unit: what messages call a row or a link of the file.
        library: what reads it.
        edges: whether it holds links.
        features: whether it is a node table, or holds the attributes of nodes beside links, or neither.
        packed: whether .gz, .bz2, .xz or .zst may stand behind the name.
        columns: which columns of links the caller may name.
        extra: the extra that installs the library, if that isn't `train`.
    """

    name: str
    suffixes: tuple[str, ...]
    unit: Literal["line", "row", "link"]
    library: str
    edges: bool = True
    features: Literal["yes", "inside", "no"] = "yes"
    packed: bool = False
    columns: tuple[str, ...] = _TABLE
    extra: str = ""


def _graph(name: str, *suffixes: str, library: str = "Python", inside: bool = True, extra: str = "") -> FileFormat:
    """A format that lists nodes and links."""
    features: Literal["inside", "no"] = "inside" if inside else "no"
    return FileFormat(name, suffixes, "link", library, True, features, packed=True, columns=_TABLE[2:], extra=extra)


FILE_FORMATS = (
    FileFormat("CSV", (".csv",), "line", "DuckDB", packed=True),
    FileFormat("TSV", (".tsv", ".tab"), "line", "DuckDB", packed=True),
    FileFormat("text", (".txt", ".dat", ".data"), "line", "DuckDB", packed=True),
    FileFormat("edge list", (".edges", ".edgelist", ".el"), "line", "DuckDB", packed=True),
    FileFormat("KONECT", ("out.*",), "line", "DuckDB", packed=True),
    FileFormat("Parquet", (".parquet",), "row", "DuckDB"),
    FileFormat("Arrow", (".arrow", ".feather"), "row", "DuckDB, arro3"),
    FileFormat("JSON Lines", (".jsonl", ".ndjson"), "row", "DuckDB", packed=True),
    FileFormat("Excel", (".xlsx", ".xlsm"), "row", "openpyxl"),
    _graph("GraphML", ".graphml"),
    _graph("GEXF", ".gexf", library="networkx"),
    _graph("GML", ".gml"),
    _graph("JSON", ".json"),
    _graph("Cytoscape.js", ".cyjs"),
    _graph("SIF", ".sif", inside=False),
    _graph("Pajek", ".net", ".paj", inside=False),
    _graph("adjacency list", ".adjlist", library="networkx", inside=False),
    _graph("N-Triples", ".nt", library="rdflib", inside=False, extra="rdf"),
    _graph("Turtle", ".ttl", library="rdflib", inside=False, extra="rdf"),
    FileFormat("Matrix Market", (".mtx",), "link", "SciPy", features="no", packed=True, columns=()),
    FileFormat("NumPy or SciPy", (".npz",), "row", "NumPy, SciPy", columns=()),
    FileFormat("NumPy array", (".npy",), "row", "NumPy", edges=False),
    FileFormat("PyTorch Geometric", (".pt",), "link", "PyTorch", features="inside", columns=_TABLE[2:]),
)
NAMES = {suffix: form.name for form in FILE_FORMATS for suffix in form.suffixes}

_QUERY = re.compile(r"\s*(SELECT|WITH|FROM)\s", re.IGNORECASE)


def is_query(text: str) -> bool:
    """Whether a text is a query in SQL, and no name of a file."""
    return _QUERY.match(text) is not None


def edge_formats() -> str:
    """The names of the formats of links, for people."""
    return _joined([form.name for form in FILE_FORMATS if form.edges])


def node_formats() -> str:
    """The names of the formats of node tables, for people."""
    return _joined([form.name for form in FILE_FORMATS if form.features == "yes"])


def _joined(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
