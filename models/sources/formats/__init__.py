"""Readers of one file format each. A new format is a line in `models.file_formats`, and a reader here.

`delimited` reads CSV, TSV and other tables in text; `columnar` tables with types, through DuckDB, and `records` what it needs for
them; `networks` whole graphs; `matrices` arrays of links; `arrays` features. They share `tables` (what they return), `packing`,
`guards` against broken files, `numbers`, `moments` and, where DuckDB reads, `duck` and `mapping`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from latentlink.models.file_formats import FILE_FORMATS, FileFormat
from latentlink.models.sources.formats import arrays, columnar, delimited, matrices, networks
from latentlink.models.sources.formats.packing import format_suffix
from latentlink.models.sources.formats.tables import EdgeColumns, EdgeTable, NodeTable

_ReadEdges = Callable[[Path, EdgeColumns], EdgeTable]
_ReadFeatures = Callable[[Path], NodeTable]


class Format(NamedTuple):
    """How files of one format are read.

    Attributes:
        about: what is known of the format.
        read_edges: the links of a file, or None where the format holds none.
        read_features: the node table of a file, or None where the format holds none.
    """

    about: FileFormat
    read_edges: _ReadEdges | None
    read_features: _ReadFeatures | None


_DELIMITED = (delimited.read_edges, delimited.read_features)
_COLUMNAR = (columnar.read_edges, columnar.read_features)
_READERS: dict[str, tuple[_ReadEdges | None, _ReadFeatures | None]] = {
    **dict.fromkeys(("CSV", "TSV", "text", "edge list", "KONECT"), _DELIMITED),
    "Parquet": _COLUMNAR,
    "Arrow": _COLUMNAR,
    "JSON Lines": _COLUMNAR,
    "Excel": _COLUMNAR,
    **{form.name: (networks.read_network, None) for form in FILE_FORMATS if form.suffixes[0] in networks.NETWORKS},
    "Matrix Market": (lambda path, _: matrices.read_mtx(path), None),
    "NumPy or SciPy": (lambda path, _: matrices.read_sparse_npz(path), arrays.read_npz_features),
    "NumPy array": (None, arrays.read_npy_features),
    "PyTorch Geometric": (None, None),  # by `memory.geometric`, as its objects
}
FORMATS = {suffix: Format(form, *_READERS[form.name]) for form in FILE_FORMATS for suffix in form.suffixes}


def format_of(path: Path) -> str:
    """The format in `FORMATS` of a file, by its name, also of one of KONECT's, which are called `out.NAME`; else its suffix."""
    suffix = format_suffix(path)
    return "out.*" if suffix not in FORMATS and path.name.lower().startswith("out.") else suffix


def suffixes(*, edges: bool) -> str:
    """The suffixes of files of links, or of node tables, for messages."""
    return ", ".join(
        suffix for suffix, one in FORMATS.items() if (one.about.edges if edges else one.about.features == "yes")
    )
